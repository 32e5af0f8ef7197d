/*
 * Room for a group that has no worker: what it needs, and who has to go for it.
 *
 * Who wants a cold start takes a turn (turns.h), in the order in which the
 * items came. The first one takes the memory that it needs, or waits for it:
 * workers of others that have nothing to do end; those that are busy may
 * finish what they have in flight, and after FOVEA_TURN_NS they end although
 * their group has more. Nobody else starts a worker meanwhile. Refused is only
 * what would not fit if all others had ended. Items wait no longer than their
 * deadlines.
 *
 * Loop thread, mu not held, but where it says otherwise.
 */
#ifndef FOVEA_POOL_ROOM_H
#define FOVEA_POOL_ROOM_H

#include "pool/internal.h"

/* So long a group that works keeps its workers from one that waits; and so long
   that one has to wait before. */
#define FOVEA_TURN_NS (2 * FOVEA_NS_PER_S)

/** Bytes for so many workers, with the weights if nobody holds them yet. */
uint64_t fovea_room_need(const struct fovea_group *group, unsigned n);

/** FOVEA_ERR_MEMORY_EXHAUSTED if a worker would not fit even if those of all
 *  other models had gone. memory: fresh facts, or NULL. Any thread, mu held. */
FOVEA_NODISCARD enum fovea_status fovea_room_check(
        const struct fovea_group *group, const struct fovea_memory *memory,
        struct fovea_error *err);

/** Make as many others end as it takes for this one's worker. */
void fovea_room_make(const struct fovea_group *group);
/** The same for a place in the table of workers. */
void fovea_room_make_place(const struct fovea_group *group);

/** "Cannot spawn workers for ...". */
void fovea_room_refusal(const struct fovea_group *group,
        struct fovea_error *error_out);

/** What those need who wait behind this one, with a worker each. */
uint64_t fovea_room_need_of_others(const struct fovea_group *group);
/** Whether this worker is to go for the one whose turn it is, although there is
 *  work for it. */
bool fovea_room_must_yield(const struct fovea_slot *slot);

#endif
