/* A script for psql: a table with a column of pgvector's type. */
#include <stdio.h>

#include "export/copy_text.h"

static enum fovea_status
open_script(const struct fovea_export_settings *settings, void *opaque,
        struct fovea_error *err)
{
    struct fovea_copy_state *state = opaque;
    char type[32];
    state->vector_begin = "[";
    state->vector_end = "]";
    (void)snprintf(type, sizeof type, "vector(%u)", settings->set->dimension);
    return fovea_copy_open(state, settings,
            "CREATE EXTENSION IF NOT EXISTS vector;\n", type, err);
}

const struct fovea_export_format fovea_export_pgvector = {
    .name = "pgvector",
    .form = &fovea_copy_form,
    .is_text = true,
    .state_size = sizeof(struct fovea_copy_state),
    .open = open_script,
    .write = fovea_copy_write,
    .commit = fovea_copy_commit,
    .finish = fovea_copy_finish,
};
