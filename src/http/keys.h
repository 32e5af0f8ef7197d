/*
 * API keys: who may ask, and who may write.
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

/* What stands behind a key of a writer, in a file of keys. */
#define FOVEA_HTTP_WRITER "writer"

/** What a key is good for: each for what stands before it too. */
enum fovea_http_right {
    FOVEA_HTTP_RIGHT_NONE,
    FOVEA_HTTP_RIGHT_READ,
    FOVEA_HTTP_RIGHT_WRITE,
};

struct fovea_http_key {
    unsigned char digest[FOVEA_HTTP_KEY_DIGEST_SIZE];
    enum fovea_http_right right;
};

/** All zero: no keys, nobody is asked for one. */
struct fovea_http_keys {
    size_t n;
    struct fovea_http_key *all;
};

/**
 * Read keys: one, which may read, and those of a file (a line each, with a blank
 * and "writer" behind those that may write; blanks around it cut, empty lines and
 * lines that begin with # left out). Both may be NULL.
 *
 * @param keys_out  changed on success only; what it held is freed then.
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT (a file without keys, a key too long or
 *         with characters that a header cannot have, too many); a file status;
 *         FOVEA_ERR_IO; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_http_keys_read(const char *key,
        const char *path, struct fovea_http_keys *keys_out,
        struct fovea_error *err);

/** What a key of size bytes is good for. */
enum fovea_http_right fovea_http_keys_right(const struct fovea_http_keys *keys,
        const char *key, size_t size);

/** Whether there is one that may write. */
bool fovea_http_keys_have_writer(const struct fovea_http_keys *keys);

void fovea_http_keys_finish(struct fovea_http_keys *keys);

#endif
