/* SHA-256 (FIPS 180-4), for comparing large results with a line of text. */
#ifndef FOVEA_SUPPORT_SHA256_H
#define FOVEA_SUPPORT_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum {
    SHA256_HEX_SIZE = 65
};

/** Hash size bytes; hex_out gets 64 lower-case digits and a NUL. */
void sha256_hex(const void *bytes, size_t size, char hex_out[SHA256_HEX_SIZE]);

#endif
