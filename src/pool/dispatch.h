/* Items that wait go to workers that have nothing to do. Loop thread, mu not
   held. */
#ifndef FOVEA_POOL_DISPATCH_H
#define FOVEA_POOL_DISPATCH_H

#include "pool/internal.h"

/** As many of a group's as its workers can take now. */
void fovea_dispatch(struct fovea_group *group);

#endif
