/* SHA-256 as the table has it: bytes for hexadecimal digits. */
#ifndef FOVEA_INDEX_DIGEST_H
#define FOVEA_INDEX_DIGEST_H

#include <stdint.h>

#include "base/sha256.h"

enum {
    FOVEA_DIGEST_BYTES = 32,
};

/** FOVEA_ERR_ARGUMENT if it is none. Digits are lower-case. */
FOVEA_NODISCARD enum fovea_status fovea_digest_parse(const char *digest,
        uint8_t bytes_out[FOVEA_DIGEST_BYTES], struct fovea_error *err);

void fovea_digest_print(const uint8_t bytes[FOVEA_DIGEST_BYTES],
        char digest_out[FOVEA_SHA256_SIZE]);

#endif
