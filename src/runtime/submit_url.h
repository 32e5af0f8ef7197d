/* Items whose bytes are fetched before the pool gets them. */
#ifndef FOVEA_RUNTIME_SUBMIT_URL_H
#define FOVEA_RUNTIME_SUBMIT_URL_H

#include "runtime/model.h"

/**
 * Fetch a URL and submit what it leads to.
 *
 * @param group       Whose queue it comes into.
 * @param image       As it will be submitted, but for its file, its size and
 *                    its ticket unless that is given.
 * @param ticket_out  May be NULL.
 * @return as fovea_request_submit().
 */
FOVEA_NODISCARD enum fovea_status fovea_url_submit(struct fovea_model *model,
        const char *url, struct fovea_group *group,
        const struct fovea_pool_request *image, uint64_t *ticket_out,
        struct fovea_error *err);

/** Ask for the end of what has this ticket and is being fetched. The pool has the
 *  rest, or will have it cancelled. */
void fovea_url_cancel(struct fovea_model *model, uint64_t ticket);

#endif
