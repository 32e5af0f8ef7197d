/* A script for psql: a table with an array of real, which takes no extension. */
#include "export/copy_text.h"

static enum fovea_status
open_script(const struct fovea_export_settings *settings, void *opaque,
        struct fovea_error *err)
{
    struct fovea_copy_state *state = opaque;
    state->vector_begin = "{";
    state->vector_end = "}";
    return fovea_copy_open(state, settings, "", "real[]", err);
}

const struct fovea_export_format fovea_export_postgres = {
    .name = "postgres",
    .form = &fovea_copy_form,
    .is_text = true,
    .state_size = sizeof(struct fovea_copy_state),
    .open = open_script,
    .write = fovea_copy_write,
    .commit = fovea_copy_commit,
    .finish = fovea_copy_finish,
};
