/*
 * Lists of names as a source: on standard input (-), in a file, or where a URL leads
 * (--list); see list.h. A list of a name that cannot be read is a bad input.
 *
 * Whoever writes a list that is elsewhere may not choose what is read with rights of
 * this user: files of the machine, and, where no credentials were needed to read the
 * list, objects of stores. Such names are bad inputs. Who saves the list and gives the
 * file has seen it.
 */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "bulk/list.h"
#include "bulk/list_file.h"
#include "bulk/remote.h"
#include "bulk/source.h"
#include "s3/s3.h"

struct source {
    struct fovea_list list;
    struct fovea_remote remote; /* of a list that has a name */
    const struct fovea_options *options;
    bool is_open;
    bool has_ended;
};

static bool
takes(const struct fovea_source_settings *settings,
        const struct fovea_input_word *word)
{
    return word->kind == FOVEA_WORD_LIST ||
            (!settings->image && fovea_word_is_stdin(word));
}

/* Standard input, a pipe and what is elsewhere are not read again. */
static bool
repeats(const struct fovea_input_word *word)
{
    struct stat info;
    return strcmp(word->word, "-") != 0 && !fovea_is_url(word->word) &&
            stat(word->word, &info) == 0 && S_ISREG(info.st_mode);
}

static enum fovea_status
open_list(const struct fovea_source_settings *settings,
        const struct fovea_input_word *word, void *state,
        struct fovea_error *err)
{
    struct source *source = state;
    source->options = settings->options;
    source->list.fd = -1;
    source->list.separator = settings->separator;
    enum fovea_status status =
            fovea_remote_init(&source->remote, word->word, err);
    if (!status && strcmp(word->word, "-") != 0) {
        source->list.name = source->remote.url;
    }
    return status;
}

/* The file, or a pipe that a thread fills. */
static enum fovea_status
open_named(struct source *source, struct fovea_error *err)
{
    enum fovea_status status = fovea_is_url(source->remote.url)
            ? fovea_remote_open(&source->remote, source->options, err)
            : fovea_list_file_open(source->remote.url, &source->list.fd, err);
    if (!status && source->remote.fd >= 0) {
        source->list.fd = source->remote.fd;
    }
    source->is_open = true;
    return status;
}

/* A bad input that stands for the list, behind what came before. */
static enum fovea_status
report(struct source *source, const struct fovea_error *problem,
        enum fovea_source_step *step_out, struct fovea_entry *entry_out,
        struct fovea_error *err)
{
    source->has_ended = true;
    *step_out = FOVEA_SOURCE_ENTRY;
    return fovea_entry_of_list(source->remote.url, problem, entry_out, err);
}

/* Whether a list may have this name. */
static enum fovea_status
check_name(const struct source *source, const char *name, size_t size,
        struct fovea_error *err)
{
    const char *list = source->remote.url;
    if (strlen(name) != size) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "the name has a NUL byte in it; if the list is NUL-separated, "
                "add -0");
    }
    if (fovea_is_url(list) && !fovea_is_url(name)) {
        return fovea_fail(err, FOVEA_ERR_FILE_DENIED,
                "a list at a URL opens no file of this machine: download the "
                "list, and give --list its file");
    }
    return !fovea_is_url(list) || fovea_s3_is_url(list) ||
                    !fovea_s3_is_url(name)
            ? FOVEA_OK
            : fovea_fail(err, FOVEA_ERR_URL_REFUSED,
                      "a list at https:// reads no object of a store: download "
                      "the list, and give --list its file");
}

static enum fovea_status
take_name(const struct source *source, const char *name, size_t size,
        enum fovea_source_step *step_out, struct fovea_entry *entry_out,
        struct fovea_error *err)
{
    entry_out->path = strdup(name);
    if (!entry_out->path) {
        return fovea_fail_memory(err, size, "a name");
    }
    *step_out = check_name(source, name, size, &entry_out->problem)
            ? FOVEA_SOURCE_ENTRY
            : FOVEA_SOURCE_NAME;
    return FOVEA_OK;
}

static enum fovea_status
next(void *state, enum fovea_source_step *step_out,
        struct fovea_entry *entry_out, struct fovea_error *err)
{
    struct source *source = state;
    struct fovea_error problem = { .code = FOVEA_OK };
    enum fovea_list_step step = FOVEA_LIST_END;
    char *name = NULL;
    size_t size = 0;
    *step_out = FOVEA_SOURCE_END;
    if (source->has_ended) {
        return FOVEA_OK;
    }
    if (!source->is_open && open_named(source, &problem)) {
        return report(source, &problem, step_out, entry_out, err);
    }
    enum fovea_status status =
            fovea_list_next(&source->list, &step, &name, &size, err);
    if (status) {
        return status;
    }
    /* One that nothing ends may be half of a name, where the list broke off. */
    bool is_half = step == FOVEA_LIST_NAME && source->list.at_end &&
            fovea_remote_failure(&source->remote, &problem);
    if (step == FOVEA_LIST_NAME && !is_half) {
        return take_name(source, name, size, step_out, entry_out, err);
    }
    if (step == FOVEA_LIST_WAIT) {
        *step_out = FOVEA_SOURCE_WAIT;
        return FOVEA_OK;
    }
    return fovea_remote_failure(&source->remote, &problem)
            ? report(source, &problem, step_out, entry_out, err)
            : FOVEA_OK;
}

static int
wait_fd(const void *state)
{
    const struct source *source = state;
    return source->list.fd;
}

static void
finish(void *state)
{
    struct source *source = state;
    fovea_list_finish(&source->list);
    if (source->remote.fd < 0) {
        fovea_list_file_close(source->list.fd);
    }
    fovea_remote_finish(&source->remote);
}

const struct fovea_source_kind fovea_source_list = {
    .is_list = true,
    .takes = takes,
    .repeats = repeats,
    .state_size = sizeof(struct source),
    .open = open_list,
    .next = next,
    .wait_fd = wait_fd,
    .finish = finish,
};
