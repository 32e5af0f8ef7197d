/* See digest.h. */
#include "index/digest.h"

#include <stddef.h>
#include <string.h>

#include "base/error.h"

static const char digits[] = "0123456789abcdef";

enum fovea_status
fovea_digest_parse(const char *digest, uint8_t bytes_out[FOVEA_DIGEST_BYTES],
        struct fovea_error *err)
{
    size_t n = strnlen(digest, FOVEA_SHA256_SIZE);
    if (n != FOVEA_SHA256_SIZE - 1 || strspn(digest, digits) != n) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "a digest has %d hexadecimal digits in lower case",
                FOVEA_SHA256_SIZE - 1);
    }
    for (size_t i = 0; i < FOVEA_DIGEST_BYTES; i++) {
        ptrdiff_t high = strchr(digits, digest[2 * i]) - digits;
        ptrdiff_t low = strchr(digits, digest[2 * i + 1]) - digits;
        bytes_out[i] = (uint8_t)(high << 4 | low);
    }
    return FOVEA_OK;
}

void
fovea_digest_print(const uint8_t bytes[FOVEA_DIGEST_BYTES],
        char digest_out[FOVEA_SHA256_SIZE])
{
    for (size_t i = 0; i < FOVEA_DIGEST_BYTES; i++) {
        digest_out[2 * i] = digits[bytes[i] >> 4];
        digest_out[2 * i + 1] = digits[bytes[i] & 15];
    }
    digest_out[FOVEA_SHA256_SIZE - 1] = '\0';
}
