/*
 * An item's end: counted, its file closed, its caller told. Loop thread, mu not
 * held.
 */
#ifndef FOVEA_POOL_COMPLETE_H
#define FOVEA_POOL_COMPLETE_H

#include "pool/internal.h"

/** row: NULL on failure. Frees the item. timings may lack total_ns. */
void fovea_complete(struct fovea_pool_item *item,
        const struct fovea_error *result, const void *row,
        struct fovea_timings timings);
void fovea_complete_all(struct fovea_items *items,
        const struct fovea_error *result);
/** Everything that waits for this group's workers: items and prewarms. */
void fovea_complete_waiting(struct fovea_group *group,
        const struct fovea_error *result);

#endif
