/*
 * API keys: who may ask.
 *
 * Only digests are kept. A key is compared by the digests of both, with all
 * keys and without an early end: the time tells neither how much of a key was
 * right nor which one it was.
 */
#ifndef FOVEA_HTTP_KEYS_H
#define FOVEA_HTTP_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "fovea/export.h"
#include "fovea/status.h"

enum {
    FOVEA_HTTP_KEY_DIGEST_SIZE = 32,
    FOVEA_HTTP_MAX_KEYS = 1024,
    FOVEA_HTTP_MAX_KEY_BYTES = 512
};

/** All zero: no keys, nobody is asked for one. */
struct fovea_http_keys {
    size_t n;
    unsigned char (*digests)[FOVEA_HTTP_KEY_DIGEST_SIZE];
};

/**
 * Read keys: one, and those of a file (a line each, blanks around it cut, empty
 * lines and lines that begin with # left out). Both may be NULL.
 *
 * @param keys_out  changed on success only; what it held is freed then.
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT (a file without keys, a key too long or
 *         with characters that a header cannot have, too many); a file status;
 *         FOVEA_ERR_IO; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_http_keys_read(const char *key,
        const char *path, struct fovea_http_keys *keys_out,
        struct fovea_error *err);

/** Whether a key of size bytes is one of them. */
bool fovea_http_keys_have(const struct fovea_http_keys *keys, const char *key,
        size_t size);

void fovea_http_keys_finish(struct fovea_http_keys *keys);

#endif
