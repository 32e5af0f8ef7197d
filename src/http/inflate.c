/* Packed bodies: see inflate.h. zlib checks sums and lengths. */
#include "http/inflate.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#define ZLIB_CONST /* it does not write into its input */
#include <zlib.h>

#include "base/error.h"
#include "base/macros.h"

enum {
    PIECE_SIZE = 16 << 10,
    MAX_PIECE_IN = 1 << 20,
    GZIP = MAX_WBITS + 16, /* zlib's ways to name the formats */
    ZLIB = MAX_WBITS,
    BARE = -MAX_WBITS
};

struct fovea_http_inflate {
    enum fovea_http_coding coding;
    z_stream stream;
    bool is_begun;       /* there is a stream to end */
    bool is_whole;       /* a member has ended, and none has begun since */
    unsigned char first; /* of deflate: the byte that says little alone */
    bool has_first;
    char piece[PIECE_SIZE];
};

static const char *
name_of(enum fovea_http_coding coding)
{
    return coding == FOVEA_HTTP_CODING_GZIP ? "gzip" : "deflate";
}

bool
fovea_http_coding_find(const char *value, enum fovea_http_coding *coding_out)
{
    static const struct {
        const char *name;
        enum fovea_http_coding coding;
    } names[] = {
        { "identity", FOVEA_HTTP_CODING_IDENTITY },
        { "gzip", FOVEA_HTTP_CODING_GZIP },
        { "x-gzip", FOVEA_HTTP_CODING_GZIP },
        { "deflate", FOVEA_HTTP_CODING_DEFLATE },
    };
    size_t size = strlen(value);
    while (size > 0 && strchr(" \t", value[size - 1])) {
        size--;
    }
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(names); i++) {
        if (strlen(names[i].name) == size &&
                strncasecmp(value, names[i].name, size) == 0) {
            *coding_out = names[i].coding;
            return true;
        }
    }
    return false;
}

enum fovea_status
fovea_http_inflate_create(enum fovea_http_coding coding,
        struct fovea_http_inflate **packed_out, struct fovea_error *err)
{
    struct fovea_http_inflate *packed = calloc(1, sizeof *packed);
    if (!packed) {
        return fovea_fail_memory(err, sizeof *packed, "a packed body");
    }
    packed->coding = coding;
    *packed_out = packed;
    return FOVEA_OK;
}

static enum fovea_status
begin(struct fovea_http_inflate *packed, int format, struct fovea_error *err)
{
    if (inflateInit2(&packed->stream, format) != Z_OK) {
        return fovea_fail_memory(err, PIECE_SIZE, "a packed body");
    }
    packed->is_begun = true;
    return FOVEA_OK;
}

static enum fovea_status
malformed(const struct fovea_http_inflate *packed, const char *how,
        struct fovea_error *err)
{
    return fovea_fail(err, FOVEA_ERR_ARGUMENT,
            "the body is not the %s that Content-Encoding says: %.80s",
            name_of(packed->coding),
            packed->stream.msg ? packed->stream.msg : how);
}

/* Unpack what the stream has as input. */
static enum fovea_status
unpack(struct fovea_http_inflate *packed, fovea_http_inflated_fn *take,
        void *context, struct fovea_error *err)
{
    z_stream *stream = &packed->stream;
    enum fovea_status status = FOVEA_OK;
    bool is_full = false; /* there may be more without input */
    while (!status && (stream->avail_in > 0 || is_full)) {
        if (packed->is_whole) {
            /* gzip may go on with another member. */
            if (packed->coding != FOVEA_HTTP_CODING_GZIP) {
                return malformed(packed, "there is more behind its end", err);
            }
            (void)inflateReset(stream);
            packed->is_whole = false;
        }
        stream->next_out = (Bytef *)packed->piece;
        stream->avail_out = PIECE_SIZE;
        int code = inflate(stream, Z_NO_FLUSH);
        size_t size = PIECE_SIZE - stream->avail_out;
        if (size > 0) {
            status = take(context, packed->piece, size, err);
        }
        is_full = stream->avail_out == 0 && code == Z_OK;
        packed->is_whole = code == Z_STREAM_END;
        if (code == Z_MEM_ERROR) {
            return fovea_fail_memory(err, PIECE_SIZE, "a packed body");
        }
        if (!status && code != Z_OK && code != Z_STREAM_END &&
                code != Z_BUF_ERROR) {
            return malformed(packed, "it asks for a dictionary", err);
        }
    }
    return status;
}

static enum fovea_status
feed(struct fovea_http_inflate *packed, const unsigned char *data, size_t size,
        fovea_http_inflated_fn *take, void *context, struct fovea_error *err)
{
    enum fovea_status status = FOVEA_OK;
    while (!status && size > 0) {
        size_t n = size < MAX_PIECE_IN ? size : MAX_PIECE_IN;
        packed->stream.next_in = data;
        packed->stream.avail_in = (uInt)n;
        status = unpack(packed, take, context, err);
        data += n;
        size -= n;
    }
    return status;
}

enum fovea_status
fovea_http_inflate_add(struct fovea_http_inflate *packed, const char *data,
        size_t size, fovea_http_inflated_fn *take, void *context,
        struct fovea_error *err)
{
    const unsigned char *bytes = (const unsigned char *)data;
    enum fovea_status status = FOVEA_OK;
    if (size == 0 || packed->is_begun) {
        return feed(packed, bytes, size, take, context, err);
    }
    if (packed->coding == FOVEA_HTTP_CODING_GZIP) {
        status = begin(packed, GZIP, err);
        return status ? status : feed(packed, bytes, size, take, context, err);
    }
    /* The first two bytes tell zlib's format from bare deflate. */
    if (!packed->has_first) {
        packed->has_first = true;
        packed->first = *bytes;
        bytes++;
        size--;
    }
    if (size == 0) {
        return FOVEA_OK;
    }
    unsigned head = packed->first * 256U + *bytes;
    bool is_zlib = (packed->first & 15) == Z_DEFLATED && head % 31 == 0;
    status = begin(packed, is_zlib ? ZLIB : BARE, err);
    if (!status) {
        status = feed(packed, &packed->first, 1, take, context, err);
    }
    return status ? status : feed(packed, bytes, size, take, context, err);
}

enum fovea_status
fovea_http_inflate_end(const struct fovea_http_inflate *packed,
        struct fovea_error *err)
{
    return packed->is_whole
            ? FOVEA_OK
            : fovea_fail(err, FOVEA_ERR_ARGUMENT,
                      "the body ends before its %s does (Content-Encoding)",
                      name_of(packed->coding));
}

void
fovea_http_inflate_destroy(struct fovea_http_inflate *packed)
{
    if (packed && packed->is_begun) {
        (void)inflateEnd(&packed->stream);
    }
    free(packed);
}
