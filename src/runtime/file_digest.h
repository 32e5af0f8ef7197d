/* The SHA-256 of files, piece by piece. */
#ifndef FOVEA_RUNTIME_FILE_DIGEST_H
#define FOVEA_RUNTIME_FILE_DIGEST_H

#include <stdint.h>

#include "base/sha256.h"
#include "sys/input.h"

/** Add all bytes of an input to a digest. FOVEA_OK, FOVEA_ERR_IO,
 *  FOVEA_ERR_NO_MEMORY. */
FOVEA_NODISCARD enum fovea_status fovea_sha256_add_input(
        struct fovea_sha256 *hash, const struct fovea_input *input,
        struct fovea_error *err);

/** That of the first bytes of an open file. As above. */
FOVEA_NODISCARD enum fovea_status fovea_file_digest(int fd, uint64_t size,
        char digest_out[FOVEA_SHA256_SIZE], struct fovea_error *err);

#endif
