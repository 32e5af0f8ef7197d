/* Sealing the unpacker, or saying why it cannot be. */
#ifndef FOVEA_UNPACKER_SEAL_H
#define FOVEA_UNPACKER_SEAL_H

#include "unpacker/unpacker.h"

/** Seal the process as its order says, and tell the host: READY, or FAILED and
 *  false. */
FOVEA_NODISCARD bool fovea_unpacker_seal(struct fovea_unpacker *unpacker);

#endif
