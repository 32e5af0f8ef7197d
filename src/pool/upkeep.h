/* What time does to workers. Loop thread, mu not held. */
#ifndef FOVEA_POOL_UPKEEP_H
#define FOVEA_POOL_UPKEEP_H

#include "pool/internal.h"

/** A worker's process has ended: read what it still said and wrote, and take it
 *  out of the table. */
void fovea_upkeep_reap(struct fovea_slot *slot);
/** The same if it has ended and nothing else would tell. */
void fovea_upkeep_check_end(struct fovea_slot *slot);
/** Timers of one worker. */
void fovea_upkeep_slot(struct fovea_slot *slot);

#endif
