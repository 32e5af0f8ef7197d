/*
 * Whose turn it is to start: groups that want a cold start take turns, in the
 * order in which their items came (room.h says what a turn is good for).
 *
 * Loop thread, mu not held.
 */
#ifndef FOVEA_POOL_TURNS_H
#define FOVEA_POOL_TURNS_H

#include "pool/internal.h"

/** Everybody who wants a cold start and has no turn yet gets one. */
void fovea_turns_take(struct fovea_pool *pool);
/** It wants none any more, or has started. */
void fovea_turn_end(struct fovea_group *group);
/** It has waited for memory. */
bool fovea_turn_waits(const struct fovea_group *group);
/** The one whose turn it is; NULL if nobody waits. */
struct fovea_group *fovea_turn_first(struct fovea_pool *pool);

#endif
