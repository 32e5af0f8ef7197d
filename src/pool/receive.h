/* What workers say. Loop thread, mu not held. */
#ifndef FOVEA_POOL_RECEIVE_H
#define FOVEA_POOL_RECEIVE_H

#include "pool/internal.h"

void fovea_receive(struct fovea_slot *slot, unsigned max_frames);

#endif
