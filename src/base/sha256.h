/* SHA-256 in hexadecimal, piece by piece, by libcrypto. */
#ifndef FOVEA_BASE_SHA256_H
#define FOVEA_BASE_SHA256_H

#include <stdbool.h>
#include <stddef.h>

#include "fovea/export.h"
#include "fovea/status.h"

enum {
    FOVEA_SHA256_SIZE = 65 /* hexadecimal digits and NUL */
};

/* A failure on the way is kept and told by fovea_sha256_end(). */
struct fovea_sha256 {
    void *context; /* of the library; owned until the end */
    bool failed;
};

/** Begin; must be ended. */
void fovea_sha256_begin(struct fovea_sha256 *hash);

void fovea_sha256_add(struct fovea_sha256 *hash, const void *bytes,
        size_t size);

/** Add a string and its NUL, so that it does not run into the next one. */
void fovea_sha256_add_text(struct fovea_sha256 *hash, const char *text);

/**
 * Release what the hash holds; tell its digits.
 *
 * @param hex_out  Lower-case; written on success only.
 * @return FOVEA_OK; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_sha256_end(struct fovea_sha256 *hash,
        char hex_out[FOVEA_SHA256_SIZE], struct fovea_error *err);

/** Whether a text is a digest: its 64 digits, lower-case, and nothing else. */
bool fovea_sha256_is_hex(const char *text);

#endif
