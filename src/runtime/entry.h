/* What the public calls of entry.c lead to. */
#ifndef FOVEA_RUNTIME_ENTRY_H
#define FOVEA_RUNTIME_ENTRY_H

#include "fovea/fovea.h"
#include "fovea/pull.h"

FOVEA_NODISCARD enum fovea_status fovea_library_open(
        const struct fovea_options *options, struct fovea **library_out,
        struct fovea_error *err);
void fovea_library_close(struct fovea *library);
void fovea_model_release(struct fovea_model *model);
FOVEA_NODISCARD enum fovea_status fovea_pull_model(const char *key,
        const struct fovea_pull_options *options, char **directory_out,
        struct fovea_error *err);

#endif
