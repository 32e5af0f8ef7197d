/* See names_source.h. */
#include "shards/names_source.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/macros.h"
#include "shards/manifest.h"
#include "shards/names.h"

struct source {
    const struct fovea_source_settings *settings;
    struct fovea_names_reader reader;
    uint64_t n;                   /* inputs so far */
    struct fovea_shard_name name; /* the archive that is open, */
    struct fovea_input_part part; /* what is read of it, */
    void *archive;                /* and its source's state; NULL: none is */
};

static enum fovea_status
open_names(const struct fovea_source_settings *settings,
        const struct fovea_input_word *word, void *state,
        struct fovea_error *err)
{
    struct source *source = state;
    const struct fovea_names *names = (const void *)word->word;
    (void)err;
    source->settings = settings;
    source->reader = (struct fovea_names_reader){
        .at = names->bytes,
        .end = names->bytes + names->size,
    };
    return FOVEA_OK;
}

static void
close_archive(struct source *source)
{
    if (source->archive) {
        fovea_source_archive.finish(source->archive);
        free(source->archive);
        source->archive = NULL;
    }
    fovea_shard_name_finish(&source->name);
}

/* Begin with the members that a line stands for. */
static enum fovea_status
open_archive(struct source *source, struct fovea_error *err)
{
    const struct fovea_shard_name *name = &source->name;
    source->part = (struct fovea_input_part){
        .part = {
            .first = name->first,
            .count = name->count == FOVEA_SHARD_UNCOUNTED ? 0 : name->count,
            .offset = name->offset,
        },
        .version = name->version[0] ? name->version : NULL,
    };
    const struct fovea_input_word word = {
        .word = name->name,
        .kind = FOVEA_WORD_LISTED,
        .part = &source->part,
    };
    source->archive = calloc(1, fovea_source_archive.state_size);
    return source->archive
            ? fovea_source_archive.open(source->settings, &word,
                      source->archive, err)
            : fovea_fail_memory(err, fovea_source_archive.state_size,
                      "an archive");
}

/* The next line; of an archive only that it is open. */
static enum fovea_status
next_line(struct source *source, enum fovea_source_step *step_out,
        struct fovea_entry *entry_out, struct fovea_error *err)
{
    struct fovea_shard_name name;
    bool is_end = false;
    enum fovea_status status =
            fovea_names_read(&source->reader, &is_end, &name, err);
    *step_out = FOVEA_SOURCE_END;
    if (status || is_end) {
        return status;
    }
    if (name.is_archive) {
        source->name = name;
        return open_archive(source, err);
    }
    *step_out = FOVEA_SOURCE_ENTRY;
    *entry_out = (struct fovea_entry){
        .path = FOVEA_TAKE(name.name),
        .found = name.found,
        .problem = name.problem,
    };
    fovea_shard_name_finish(&name);
    return FOVEA_OK;
}

static enum fovea_status
next(void *state, enum fovea_source_step *step_out,
        struct fovea_entry *entry_out, struct fovea_error *err)
{
    struct source *source = state;
    enum fovea_status status = FOVEA_OK;
    bool was_archive = false;
    do {
        was_archive = source->archive != NULL;
        status = was_archive ? fovea_source_archive.next(source->archive,
                                       step_out, entry_out, err)
                             : next_line(source, step_out, entry_out, err);
        if (was_archive && !status && *step_out == FOVEA_SOURCE_END) {
            close_archive(source);
        }
        /* Behind an archive there may be another line, and of one that was just
           opened nothing is known yet. */
    } while (!status && *step_out == FOVEA_SOURCE_END &&
            (was_archive || source->archive));
    if (!status && *step_out == FOVEA_SOURCE_ENTRY) {
        entry_out->number = source->n++;
    }
    return status;
}

static int
wait_fd(const void *state)
{
    const struct source *source = state;
    return fovea_source_archive.wait_fd(source->archive);
}

static void
finish(void *state)
{
    struct source *source = state;
    close_archive(source);
}

const struct fovea_source_kind fovea_source_names = {
    .state_size = sizeof(struct source),
    .open = open_names,
    .next = next,
    .wait_fd = wait_fd,
    .finish = finish,
};
