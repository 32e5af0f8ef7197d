/* A list of names on standard input as a source: see list.h. */
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "bulk/list.h"
#include "bulk/source.h"

static bool
takes(const struct fovea_source_settings *settings,
        const struct fovea_input_word *word)
{
    return !settings->image && fovea_word_is_stdin(word);
}

static bool
repeats(const struct fovea_input_word *word)
{
    (void)word;
    return false;
}

static enum fovea_status
open_list(const struct fovea_source_settings *settings,
        const struct fovea_input_word *word, void *state,
        struct fovea_error *err)
{
    (void)word;
    (void)err;
    struct fovea_list *list = state;
    list->fd = STDIN_FILENO;
    list->separator = settings->separator;
    return FOVEA_OK;
}

static enum fovea_status
take_name(const char *name, size_t size, enum fovea_source_step *step_out,
        struct fovea_entry *entry_out, struct fovea_error *err)
{
    entry_out->path = strdup(name);
    if (!entry_out->path) {
        return fovea_fail_memory(err, size, "a name");
    }
    *step_out = FOVEA_SOURCE_NAME;
    if (strlen(name) != size) {
        *step_out = FOVEA_SOURCE_ENTRY;
        (void)fovea_fail(&entry_out->problem, FOVEA_ERR_ARGUMENT,
                "the name has a NUL byte in it; if the list is NUL-separated, "
                "add -0");
    }
    return FOVEA_OK;
}

static enum fovea_status
next(void *state, enum fovea_source_step *step_out,
        struct fovea_entry *entry_out, struct fovea_error *err)
{
    enum fovea_list_step step = FOVEA_LIST_END;
    char *name = NULL;
    size_t size = 0;
    enum fovea_status status = fovea_list_next(state, &step, &name, &size, err);
    if (status) {
        return status;
    }
    if (step == FOVEA_LIST_NAME) {
        return take_name(name, size, step_out, entry_out, err);
    }
    *step_out = step == FOVEA_LIST_WAIT ? FOVEA_SOURCE_WAIT : FOVEA_SOURCE_END;
    return FOVEA_OK;
}

static int
wait_fd(const void *state)
{
    const struct fovea_list *list = state;
    return list->fd;
}

static void
finish(void *state)
{
    fovea_list_finish(state);
}

const struct fovea_source_kind fovea_source_list = {
    .is_list = true,
    .takes = takes,
    .repeats = repeats,
    .state_size = sizeof(struct fovea_list),
    .open = open_list,
    .next = next,
    .wait_fd = wait_fd,
    .finish = finish,
};
