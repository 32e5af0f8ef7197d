/* Who packs a group's weights, who maps them, what is cached. Loop thread, mu
   not held. */
#ifndef FOVEA_POOL_GROUP_WEIGHTS_H
#define FOVEA_POOL_GROUP_WEIGHTS_H

#include "pool/internal.h"

/** Begin to look for a packed copy, if nobody did. */
void fovea_group_weights_find(struct fovea_group *group);
/** Its HELLO named the engine. */
void fovea_group_weights_greeted(struct fovea_slot *slot, const char *engine);
/** fd: owned, -1 if there came none. False: it makes no sense. */
FOVEA_NODISCARD bool fovea_group_weights_ready(struct fovea_slot *slot, int fd,
        const struct fovea_ready *ready);
/** It says that what it was given is of no use. True: that is no fault of ours,
 *  and it will go better without. */
FOVEA_NODISCARD bool fovea_group_weights_bad(struct fovea_slot *slot);
/** Whether a worker that said hello can have its LOAD now: there are weights to
 *  map, or it is the one to pack them. */
bool fovea_group_weights_may_load(struct fovea_slot *slot);
/** A worker is gone; the last one takes the weights with it. */
void fovea_group_weights_gone(struct fovea_slot *slot);

#endif
