/* See cache_key.h. */
#include "pool/cache_key.h"

#include <string.h>

#include "base/sha256.h"

_Static_assert((int)FOVEA_CACHE_KEY_SIZE == (int)FOVEA_SHA256_SIZE,
        "keys are digests");

bool
fovea_cache_is_key(const char *text)
{
    return strspn(text, "0123456789abcdef") == FOVEA_CACHE_KEY_SIZE - 1 &&
            text[FOVEA_CACHE_KEY_SIZE - 1] == '\0';
}

void
fovea_cache_key(const char *weights_digest, const char *dtype,
        const char *engine, char key_out[FOVEA_CACHE_KEY_SIZE])
{
    struct fovea_sha256 hash;
    fovea_sha256_begin(&hash);
    fovea_sha256_add_text(&hash, weights_digest);
    fovea_sha256_add_text(&hash, dtype);
    fovea_sha256_add_text(&hash, engine);
    if (fovea_sha256_end(&hash, key_out, NULL)) {
        key_out[0] = '\0';
    }
}
