/*
 * What a worker is at: the items of its job, and the memory that it asks for.
 * The fields of a slot that tell of a job are written here alone.
 *
 * Loop thread, mu not held, but where it says otherwise.
 */
#ifndef FOVEA_POOL_INFLIGHT_H
#define FOVEA_POOL_INFLIGHT_H

#include "pool/internal.h"

/** A job was sent: it takes the items, which leave the list. is_trial: they are
 *  the canary, and stay the caller's. */
void fovea_inflight_begin(struct fovea_slot *slot, struct fovea_items *items,
        bool is_trial);

/** The item that a frame of a job speaks of; NULL if it is none of this one's
 *  that has yet to be done, or waits for memory. */
struct fovea_inflight *fovea_inflight_find(struct fovea_slot *slot,
        uint64_t job_id, uint32_t index);

/** It is decoded: its memory is free. */
void fovea_inflight_decoded(struct fovea_slot *slot,
        struct fovea_inflight *inflight);

/** Its result came. NULL: it was completed before. */
struct fovea_pool_item *fovea_inflight_done(struct fovea_slot *slot,
        struct fovea_inflight *inflight);

/** All results have come. */
void fovea_inflight_end(struct fovea_slot *slot);

/** The worker has the canary no more; fine if it had none. */
void fovea_inflight_end_trial(struct fovea_slot *slot);

/** Take all that is not completed: there is no job any more. mu held. */
void fovea_inflight_take_all(struct fovea_slot *slot,
        struct fovea_items *items_out);

/** Take what is past its deadline. The worker goes on with it. */
void fovea_inflight_take_expired(struct fovea_slot *slot,
        struct fovea_items *items_out);

/** The same with what was cancelled. mu held. */
void fovea_inflight_take_cancelled(struct fovea_slot *slot,
        struct fovea_items *items_out);

/** Mark the items of a ticket as cancelled, if any are here. Any thread, mu held. */
bool fovea_inflight_cancel(struct fovea_slot *slot, uint64_t ticket);

/** A NEED came. False: it makes no sense. */
FOVEA_NODISCARD bool fovea_inflight_ask(struct fovea_slot *slot,
        uint64_t job_id, const struct fovea_need *need);

/** The item that waits for an answer. */
struct fovea_inflight *fovea_inflight_asker(struct fovea_slot *slot);

/** Reserve what it needs; false: there is no room. */
FOVEA_NODISCARD bool fovea_inflight_reserve(struct fovea_slot *slot);

/** It is answered. */
void fovea_inflight_answered(struct fovea_slot *slot);
/** The answer is that there is not enough. */
void fovea_inflight_refused(struct fovea_slot *slot);

/** The worker's process is gone, and all memory of its items with it. */
void fovea_inflight_release_all(struct fovea_slot *slot);

#endif
