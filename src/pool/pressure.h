/* How much of the memory is in use, as the governor is to know it. */
#ifndef FOVEA_POOL_PRESSURE_H
#define FOVEA_POOL_PRESSURE_H

#include "pool/internal.h"

/** Read the machine's memory, unless that was done so lately. Loop thread. */
void fovea_pressure_refresh(struct fovea_pool *pool, int64_t max_age_ns);

#endif
