/* Ends: of a group that nobody has open, and of everything. */
#ifndef FOVEA_POOL_CLOSE_H
#define FOVEA_POOL_CLOSE_H

#include "pool/internal.h"

/** The end of everything: complete all, stop all. */
void fovea_close_all(struct fovea_pool *pool);
/** Groups that nobody has open and that hold nothing. all: whatever they
 *  hold. */
void fovea_close_groups(struct fovea_pool *pool, bool all);

#endif
