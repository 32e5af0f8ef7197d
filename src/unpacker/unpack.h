/* Going through an archive: what an order asks for, told to the host. */
#ifndef FOVEA_UNPACKER_UNPACK_H
#define FOVEA_UNPACKER_UNPACK_H

#include "unpacker/unpacker.h"

/** Tell all that was ordered, up to END or FAILED. */
void fovea_unpack(struct fovea_unpacker *unpacker);

#endif
