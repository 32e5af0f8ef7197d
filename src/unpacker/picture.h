/* A member that is a file: told, with its bytes if it is a picture. */
#ifndef FOVEA_UNPACKER_PICTURE_H
#define FOVEA_UNPACKER_PICTURE_H

#include "unpacker/unpacker.h"

/**
 * Tell of unpacker->member, which is a file: its bytes if they begin like a
 * picture's and are not too many, else why not. What is left of it is passed over
 * by the caller.
 *
 * @return false: reading has failed.
 */
FOVEA_NODISCARD bool fovea_unpack_picture(struct fovea_unpacker *unpacker);

#endif
