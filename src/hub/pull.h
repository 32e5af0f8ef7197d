/* Fetching a model's files. */
#ifndef FOVEA_HUB_PULL_H
#define FOVEA_HUB_PULL_H

#include "fovea/pull.h"

/** fovea_pull(), on a CPU that can run it. */
FOVEA_NODISCARD enum fovea_status fovea_pull_model(const char *key,
        const struct fovea_pull_options *options, char **directory_out,
        struct fovea_error *err);

#endif
