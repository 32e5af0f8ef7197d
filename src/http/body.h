/* The body of a request, as it comes in. All bodies together keep to a limit,
   of bytes that have really come: announcing many takes nothing from others. */
#ifndef FOVEA_HTTP_BODY_H
#define FOVEA_HTTP_BODY_H

#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

/** What all bodies share. Loop thread. */
struct fovea_http_body_budget {
    uint64_t max_bytes;
    uint64_t used_bytes;
};

/** All zero: empty. */
struct fovea_http_body {
    char *data; /* size bytes */
    size_t size;
    size_t capacity;
};

/**
 * Append.
 *
 * @param expected  the size that was announced, 0 if none was: memory for more
 *                  is not taken.
 * @return FOVEA_OK; FOVEA_ERR_BUSY where the budget does not allow it now;
 *         FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_http_body_add(
        struct fovea_http_body *body, struct fovea_http_body_budget *budget,
        const char *bytes, size_t size, uint64_t expected,
        struct fovea_error *err);

/** Free it, and its share of the budget; fine twice. */
void fovea_http_body_finish(struct fovea_http_body *body,
        struct fovea_http_body_budget *budget);

#endif
