/* What `fovea embed --shard` and `fovea job create` begin with: a model, and all of it
   that a manifest freezes. */
#ifndef FOVEA_CLI_FROZEN_MODEL_H
#define FOVEA_CLI_FROZEN_MODEL_H

#include "cli/request.h"
#include "cli/watch.h"
#include "shards/frozen.h"

/** All zero: none. */
struct fovea_frozen_model {
    struct fovea_watch watch; /* told of the library's events */
    struct fovea *library;
    struct fovea_model *model;
    struct fovea_frozen frozen; /* with the request's shard size */
};

/**
 * Open the library and the model of a request; no worker is started but one that
 * measures what FOVEA_DTYPE_AUTO means. Of a place that has a manifest it means what
 * that says.
 *
 * @param opened  Stays where it is until it is closed, which it is whatever comes.
 * @return As fovea_open(), fovea_model_open() and fovea_frozen_of_model().
 */
FOVEA_NODISCARD enum fovea_status fovea_frozen_model_open(
        const struct fovea_run_request *request,
        struct fovea_frozen_model *opened, struct fovea_error *err);

void fovea_frozen_model_close(struct fovea_frozen_model *opened);

#endif
