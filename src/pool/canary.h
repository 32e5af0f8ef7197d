/*
 * The canary: a picture, or a text, that every worker that is well can embed. It tells
 * whether items are to blame for the ends of workers, or the workers (see
 * blame.h).
 */
#ifndef FOVEA_POOL_CANARY_H
#define FOVEA_POOL_CANARY_H

#include "pool/queue.h"

/** An item like any, but nobody waits for it. NULL: there is no
 *  memory for it. */
struct fovea_pool_item *fovea_canary_create(struct fovea_group *group);
void fovea_canary_destroy(struct fovea_pool_item *item);

#endif
