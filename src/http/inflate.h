/*
 * Bodies that come packed (Content-Encoding): unpacked as they come, in pieces,
 * so that whoever takes the pieces can stop what unpacks to more than there may
 * be. Leaf: knows no connection.
 */
#ifndef FOVEA_HTTP_INFLATE_H
#define FOVEA_HTTP_INFLATE_H

#include <stddef.h>

#include "fovea/export.h"
#include "fovea/status.h"

struct fovea_http_inflate;

enum fovea_http_coding {
    FOVEA_HTTP_CODING_IDENTITY,
    FOVEA_HTTP_CODING_GZIP,
    FOVEA_HTTP_CODING_DEFLATE, /* zlib's format, and bare deflate, which some send by
                             that name */
};

/* What packed bytes may become in any case, however few they are; beyond it a
   setting says how many times as much. Pictures that are not compressed themselves
   stay far below that; a body that is nothing but one byte would keep the server
   busy for those who send little. */
enum {
    FOVEA_HTTP_INFLATE_FREE_BYTES = 1 << 20
};

/** What Accept-Encoding says where another coding was refused. */
#define FOVEA_HTTP_CODINGS "gzip, deflate"

/** The coding of a Content-Encoding; false if it is none of these, or several. */
bool fovea_http_coding_find(const char *value,
        enum fovea_http_coding *coding_out);

/** Take unpacked bytes; anything but FOVEA_OK ends it. */
typedef enum fovea_status fovea_http_inflated_fn(void *context,
        const char *data, size_t size, struct fovea_error *err);

/** coding: GZIP or DEFLATE. FOVEA_ERR_NO_MEMORY. */
FOVEA_NODISCARD enum fovea_status fovea_http_inflate_create(
        enum fovea_http_coding coding, struct fovea_http_inflate **packed_out,
        struct fovea_error *err);

/** Unpack a piece: FOVEA_OK; FOVEA_ERR_ARGUMENT if the data is malformed;
 *  FOVEA_ERR_NO_MEMORY; what take returned. */
FOVEA_NODISCARD enum fovea_status fovea_http_inflate_add(
        struct fovea_http_inflate *packed, const char *data, size_t size,
        fovea_http_inflated_fn *take, void *context, struct fovea_error *err);

/** No more comes: FOVEA_ERR_ARGUMENT if the data is not complete. */
FOVEA_NODISCARD enum fovea_status fovea_http_inflate_end(
        const struct fovea_http_inflate *packed, struct fovea_error *err);

/** NULL is fine. */
void fovea_http_inflate_destroy(struct fovea_http_inflate *packed);

#endif
