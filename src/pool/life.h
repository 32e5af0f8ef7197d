/* A worker's start and its end. Loop thread, mu not held. */
#ifndef FOVEA_POOL_LIFE_H
#define FOVEA_POOL_LIFE_H

#include "pool/internal.h"

/** Start a worker in a free slot; the reservation moves to it. DEAD if that did
 *  not work: it is still to be judged then. */
struct fovea_slot *fovea_life_start(struct fovea_group *group,
        struct fovea_reservation *own);
/** End it at once. why: for its items and the event. */
void fovea_life_kill(struct fovea_slot *slot, enum fovea_stop_reason reason,
        const struct fovea_error *why);
/** Ask it to end. It has no item. */
void fovea_life_stop(struct fovea_slot *slot, enum fovea_stop_reason reason);
/** Something could not be sent to it: it is gone, or about to be killed. */
void fovea_life_send_failed(struct fovea_slot *slot,
        const struct fovea_error *why);
/** It closed its end of the channel. */
void fovea_life_lose_channel(struct fovea_slot *slot);
/** Its process has ended; all that it said and wrote has been read. */
void fovea_life_reap(struct fovea_slot *slot);
/** It should end: ask soon whether it has, where nothing tells. */
void fovea_life_check_soon(const struct fovea_slot *slot);

#endif
