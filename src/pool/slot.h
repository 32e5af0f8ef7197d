/* The table of workers, and their states. Loop thread, or mu held. */
#ifndef FOVEA_POOL_SLOT_H
#define FOVEA_POOL_SLOT_H

#include "pool/internal.h"

bool fovea_slot_lives(const struct fovea_slot *slot); /* SPAWNING to IDLE */
bool fovea_slot_is_free_to_work(const struct fovea_slot *slot);
bool fovea_slot_is_ready(const struct fovea_slot *slot);  /* was and lives */
bool fovea_slot_is_here(const struct fovea_slot *slot);   /* not DEAD */
bool fovea_slot_is_ending(const struct fovea_slot *slot); /* and is here */
unsigned fovea_slot_count(const struct fovea_group *group,
        bool (*test)(const struct fovea_slot *slot));
/** A free one; NULL if all are taken. */
struct fovea_slot *fovea_slot_find(struct fovea_pool *pool);
/** The only place where a state changes. Loop thread, mu not held. */
void fovea_slot_set_state(struct fovea_slot *slot,
        enum fovea_worker_state state);

#endif
