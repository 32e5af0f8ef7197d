/*
 * What a group's workers map: the weights, packed by one of them, and the table
 * that one of them compiled of the tokenizer. Who makes it, who maps it, what is
 * cached. Both come and go together, and "weights" is said of both.
 *
 * Loop thread, mu not held.
 */
#ifndef FOVEA_POOL_GROUP_WEIGHTS_H
#define FOVEA_POOL_GROUP_WEIGHTS_H

#include "pool/internal.h"

/** Begin to look for a packed copy, if nobody did. */
void fovea_group_weights_find(struct fovea_group *group);
/** Its HELLO named the engine. */
void fovea_group_weights_greeted(struct fovea_slot *slot, const char *engine);
/** Takes the frame's descriptors if they make sense; false: they do not. */
FOVEA_NODISCARD bool fovea_group_weights_ready(struct fovea_slot *slot,
        struct fovea_frame *frame, const struct fovea_ready *ready);
/** It says that what it was given is of no use. True: that is no fault of ours,
 *  and it will go better without. */
FOVEA_NODISCARD bool fovea_group_weights_bad(struct fovea_slot *slot);
/** Whether a worker that said hello can have its LOAD now: there are weights to
 *  map, or it is the one to pack them. */
bool fovea_group_weights_may_load(struct fovea_slot *slot);
/** What is to be mapped, borrowed; 0: a worker must make it, or there is
 *  nothing. */
size_t fovea_group_weights_list(const struct fovea_group *group,
        int fds_out[FOVEA_N_SHARED]);
/** A worker is gone; the last one takes the weights with it. */
void fovea_group_weights_gone(struct fovea_slot *slot);

#endif
