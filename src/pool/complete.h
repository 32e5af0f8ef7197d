/*
 * An item's end: counted, its file closed, its caller told. Loop thread, mu not
 * held.
 */
#ifndef FOVEA_POOL_COMPLETE_H
#define FOVEA_POOL_COMPLETE_H

#include "pool/internal.h"

/** Frees the item. The outcome's timings are those of its worker; the others are
 *  filled in. */
void fovea_complete(struct fovea_pool_item *item,
        struct fovea_pool_outcome *outcome);
/** With a failure, which no worker worked on. */
void fovea_complete_failed(struct fovea_pool_item *item,
        const struct fovea_error *result);
void fovea_complete_all(struct fovea_items *items,
        const struct fovea_error *result);
/** Everything that waits for this group's workers: items and prewarms. */
void fovea_complete_waiting(struct fovea_group *group,
        const struct fovea_error *result);

#endif
