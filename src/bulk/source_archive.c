/*
 * An archive: the members of it that are files, as inputs (archive/archive.h).
 *
 * What is wrong with the archive is a bad input by its own name, behind the members
 * that came before.
 */
#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "bulk/source.h"

struct source {
    char *name; /* owned */
    const struct fovea_filter *filter;
    bool counts;
    struct fovea_archive *archive;
};

static bool
takes(const struct fovea_source_settings *settings,
        const struct fovea_input_word *word)
{
    return settings->purpose != FOVEA_PURPOSE_NAMES &&
            fovea_archive_is_named(word->word);
}

static void
finish(void *state)
{
    struct source *source = state;
    fovea_archive_close(source->archive);
    free(source->name);
}

static enum fovea_status
open_archive(const struct fovea_source_settings *settings,
        const struct fovea_input_word *word, void *state,
        struct fovea_error *err)
{
    struct source *source = state;
    const struct fovea_archive_settings archive = {
        .name = word->word,
        .version = word->part ? word->part->version : NULL,
        .part = word->part ? word->part->part
                           : (struct fovea_archive_part){ 0 },
        .limits = settings->archive,
        .options = settings->options,
        .counts = settings->purpose == FOVEA_PURPOSE_COUNT,
    };
    source->name = strdup(word->word);
    source->filter = settings->filter;
    source->counts = archive.counts;
    return source->name ? fovea_archive_open(&archive, &source->archive, err)
                        : fovea_fail_memory(err, strlen(word->word), "a name");
}

/* "a.tar/b.jpg", or of the archive itself its name. */
static char *
path_of(const struct source *source, const char *member)
{
    size_t size = strlen(source->name);
    size_t more = member ? strlen(member) + 1 : 0;
    char *path = malloc(size + more + 1);
    if (path) {
        memcpy(path, source->name, size + 1);
    }
    if (path && member) {
        path[size] = '/';
        memcpy(path + size + 1, member, more);
    }
    return path;
}

/* Make an input of a member; its bytes go over. */
static enum fovea_status
make_entry(const struct source *source, struct fovea_archive_member *member,
        struct fovea_entry *entry_out, struct fovea_error *err)
{
    char *path = path_of(source, member->name);
    if (!path) {
        return fovea_fail_memory(err, strlen(source->name), "a name");
    }
    *entry_out = (struct fovea_entry){
        .path = path,
        .found = member->name != NULL,
        .is_bytes = true,
        .bytes = member->bytes,
        .owned = FOVEA_TAKE(member->bytes),
        .size = member->size,
        .archive = strlen(source->name),
        .problem = member->problem,
    };
    return FOVEA_OK;
}

/* Members that are counted have no name for a filter. */
static bool
has_filter(const struct source *source)
{
    const struct fovea_filter *filter = source->filter;
    return filter && (filter->include.n > 0 || filter->exclude.n > 0);
}

static bool
is_left_out(const struct source *source,
        const struct fovea_archive_member *member)
{
    return source->filter && member->name &&
            !fovea_filter_takes(source->filter, member->name);
}

static enum fovea_status
next(void *state, enum fovea_source_step *step_out,
        struct fovea_entry *entry_out, struct fovea_error *err)
{
    struct source *source = state;
    FOVEA_AUTO(fovea_archive_member_finish)
    struct fovea_archive_member member = { .name = NULL };
    enum fovea_archive_step step = FOVEA_ARCHIVE_END;
    if (source->counts && has_filter(source)) {
        return fovea_fail(err, FOVEA_ERR_CANCELLED,
                "members are not counted by their names");
    }
    do {
        fovea_archive_member_finish(&member);
        step = fovea_archive_next(source->archive, &member);
    } while (step == FOVEA_ARCHIVE_MEMBER && is_left_out(source, &member));
    if (step != FOVEA_ARCHIVE_MEMBER) {
        *step_out = step == FOVEA_ARCHIVE_WAIT ? FOVEA_SOURCE_WAIT
                                               : FOVEA_SOURCE_END;
        return FOVEA_OK;
    }
    if (source->counts && member.problem.code == FOVEA_ERR_CANCELLED) {
        return fovea_fail(err, FOVEA_ERR_CANCELLED, "%s",
                member.problem.message);
    }
    *step_out = FOVEA_SOURCE_ENTRY;
    return make_entry(source, &member, entry_out, err);
}

static int
wait_fd(const void *state)
{
    const struct source *source = state;
    return fovea_archive_wait_fd(source->archive);
}

const struct fovea_source_kind fovea_source_archive = {
    .takes = takes,
    .reads_file = true,
    .state_size = sizeof(struct source),
    .open = open_archive,
    .next = next,
    .wait_fd = wait_fd,
    .finish = finish,
};
