/* Telling workers what to load. Loop thread, mu not held. */
#ifndef FOVEA_POOL_LOAD_SEND_H
#define FOVEA_POOL_LOAD_SEND_H

#include "pool/internal.h"

/** Send LOAD to every worker of a group that said hello and can have it now. */
void fovea_load_send(struct fovea_group *group);

#endif
