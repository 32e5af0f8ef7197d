/* When nobody is there to do the work. */
#ifndef FOVEA_BASE_NO_WORKER_H
#define FOVEA_BASE_NO_WORKER_H

#include <stddef.h>

#include "fovea/status.h"

/**
 * Whether all of n results say that no worker has seen the item, nor would see
 * any other: what is true of every item is said of the whole.
 *
 * @return FOVEA_OK if one of them does not, or there are none; else the first
 *         one's status, and *err is that result.
 */
enum fovea_status fovea_no_worker(const struct fovea_error *results, size_t n,
        struct fovea_error *err);

#endif
