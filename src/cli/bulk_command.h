/*
 * What embed, preprocess and similar have in common: opening a model and an
 * output, running, and saying how it went.
 */
#ifndef FOVEA_CLI_BULK_COMMAND_H
#define FOVEA_CLI_BULK_COMMAND_H

#include "cli/request.h"

struct fovea_run_work {
    struct fovea_model *model;
    unsigned flags; /* of the embedding calls */
};

/** A fovea_work_fn that embeds; context: struct fovea_run_work. */
FOVEA_NODISCARD enum fovea_status fovea_run_embed(void *context,
        const struct fovea_item *images, size_t n, void *rows,
        struct fovea_error *results, struct fovea_error *err);

/** The layout of an embedding. */
struct fovea_row_layout fovea_vector_layout(
        const struct fovea_model_info *info);

/** Parse argv and do it. The exit code. */
int fovea_bulk_command(const struct fovea_run_kind *kind, int argc,
        char **argv);

#endif
