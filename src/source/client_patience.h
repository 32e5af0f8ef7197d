/* Inside of source/: how often a request of the client's is tried, and the pauses
 * between. */
#ifndef FOVEA_SOURCE_CLIENT_PATIENCE_H
#define FOVEA_SOURCE_CLIENT_PATIENCE_H

#include "source/client_try.h"

/** How long tries go on. */
struct fovea_patience {
    unsigned n_tries; /* that have failed */
};

void fovea_patience_begin(struct fovea_patience *patience);

/**
 * Whether the same request may be answered better now. Waits before it says so.
 *
 * @param status  In: what the try returned, with err. Out, where the wait was
 *                stopped: FOVEA_ERR_CANCELLED.
 */
FOVEA_NODISCARD bool fovea_patience_try_again(struct fovea_patience *patience,
        const struct fovea_client_try *try, enum fovea_status *status,
        struct fovea_error *err);

#endif
