/* What packed weights and digests are called in the cache. */
#ifndef FOVEA_POOL_CACHE_KEY_H
#define FOVEA_POOL_CACHE_KEY_H

#include <stdbool.h>

enum {
    FOVEA_CACHE_KEY_SIZE = 65 /* hexadecimal digits and NUL */
};

/** Whether a text is a key or a digest: 64 lower-case hexadecimal digits. */
bool fovea_cache_is_key(const char *text);

/** The key of a model's packed weights; empty if memory does not suffice:
 *  nothing is found or stored under that. */
void fovea_cache_key(const char *weights_digest, const char *dtype,
        const char *engine, char key_out[FOVEA_CACHE_KEY_SIZE]);

#endif
