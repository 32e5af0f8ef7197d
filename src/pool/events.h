/* Telling the program what happens. Loop thread, mu not held. */
#ifndef FOVEA_POOL_EVENTS_H
#define FOVEA_POOL_EVENTS_H

#include "pool/internal.h"

void fovea_event_report(struct fovea_pool *pool, enum fovea_event_kind kind,
        const struct fovea_group *group, const struct fovea_slot *slot,
        const char *format, ...) FOVEA_PRINTF(5, 6);

#endif
