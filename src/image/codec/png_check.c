/* See png_check.h. */
#include "image/codec/png_check.h"

#include <string.h>
#include <zlib.h>

#include "base/error.h"
#include "image/byte_order.h"

enum {
    SIGNATURE_SIZE = 8,
    HEAD_SIZE = 8, /* length, type */
    CRC_SIZE = 4,
    READ_SIZE = 4 << 10,
    MAX_CHUNKS = 1 << 18,
    MAX_EXCESS = 1 << 20 /* inflated, behind the last pixel */
};

/* A chunk, and a way through its data. */
struct chunk {
    const struct fovea_input *input;
    uint64_t at; /* of its head */
    uint32_t size;
    char type[5];
    uint64_t n_read; /* of its data */
    uLong crc;
    bool is_cut;
    uint8_t bytes[READ_SIZE];
};

/* Read the head at chunk->at; false: there is none. */
static enum fovea_status
open_chunk(struct chunk *chunk, bool *is_out, struct fovea_error *err)
{
    uint8_t head[HEAD_SIZE];
    size_t n = 0;
    enum fovea_status status = fovea_input_read(chunk->input, chunk->at, head,
            sizeof head, &n, err);
    *is_out = !status && n == sizeof head;
    if (*is_out) {
        chunk->size = (uint32_t)fovea_big_endian(head, 4);
        memcpy(chunk->type, head + 4, 4);
        chunk->crc = crc32(0, head + 4, 4);
        chunk->n_read = 0;
        chunk->is_cut = false;
    }
    return status;
}

/* Some of its data, none at its end. */
static enum fovea_status
read_chunk(struct chunk *chunk, size_t *n_out, struct fovea_error *err)
{
    uint64_t left = chunk->size - chunk->n_read;
    size_t size = left < READ_SIZE ? (size_t)left : READ_SIZE;
    enum fovea_status status = fovea_input_read(chunk->input,
            chunk->at + HEAD_SIZE + chunk->n_read, chunk->bytes, size, n_out,
            err);
    if (!status) {
        chunk->is_cut = *n_out < size;
        chunk->n_read += *n_out;
        chunk->crc = crc32(chunk->crc, chunk->bytes, (uInt)*n_out);
    }
    return status;
}

/* To its end; whether its checksum is right. One that is cut has none. */
static enum fovea_status
finish_chunk(struct chunk *chunk, bool *is_right_out, struct fovea_error *err)
{
    size_t n = 0;
    enum fovea_status status;
    do {
        status = read_chunk(chunk, &n, err);
    } while (!status && n > 0 && !chunk->is_cut);
    *is_right_out = true;
    if (status || chunk->is_cut) {
        return status;
    }
    uint8_t crc[CRC_SIZE];
    status = fovea_input_read(chunk->input, chunk->at + HEAD_SIZE + chunk->size,
            crc, sizeof crc, &n, err);
    *is_right_out = n < sizeof crc ||
            fovea_big_endian(crc, sizeof crc) == (uint64_t)chunk->crc;
    return status;
}

static void
go_on(struct chunk *chunk)
{
    chunk->at += (uint64_t)HEAD_SIZE + chunk->size + CRC_SIZE;
}

static bool
is_type(const struct chunk *chunk, const char *type)
{
    return strcmp(chunk->type, type) == 0;
}

static enum fovea_status
check_chunk(struct chunk *chunk, struct fovea_png_check *check,
        struct fovea_error *err)
{
    bool is_right = true;
    enum fovea_status status = finish_chunk(chunk, &is_right, err);
    if (is_type(chunk, "IHDR")) {
        check->header_is_bad = check->header_is_bad || !is_right;
    } else if (is_type(chunk, "PLTE")) {
        check->palette_is_bad = check->palette_is_bad || !is_right;
    } else {
        check->data_at = check->data_at ? check->data_at : chunk->at;
        check->is_cut = chunk->is_cut;
        if (!is_right && check->bad_at == FOVEA_PNG_SOUND) {
            check->bad_at = chunk->at;
        }
    }
    return status;
}

static enum fovea_status
check_chunks(struct chunk *chunk, struct fovea_png_check *check,
        struct fovea_error *err)
{
    for (int i = 0; i < MAX_CHUNKS; i++) {
        bool is_chunk = false;
        enum fovea_status status = open_chunk(chunk, &is_chunk, err);
        bool is_data = is_type(chunk, "IDAT");
        check->is_open = !is_chunk;
        if (status || !is_chunk || (check->data_at && !is_data)) {
            return status;
        }
        if (is_data || is_type(chunk, "IHDR") || is_type(chunk, "PLTE")) {
            status = check_chunk(chunk, check, err);
            if (status) {
                return status;
            }
        }
        go_on(chunk);
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_png_check(const struct fovea_input *input,
        struct fovea_png_check *check_out, struct fovea_error *err)
{
    struct chunk chunk = { .input = input, .at = SIGNATURE_SIZE };
    *check_out = (struct fovea_png_check){ .bad_at = FOVEA_PNG_SOUND };
    return check_chunks(&chunk, check_out, err);
}

/* Inflate what was read of a chunk, into nothing. Z_OK: go on. */
static int
inflate_some(z_stream *stream, struct chunk *chunk, size_t n, uint64_t most)
{
    uint8_t out[READ_SIZE];
    int code = Z_OK;
    stream->next_in = chunk->bytes;
    stream->avail_in = (uInt)n;
    do {
        stream->next_out = out;
        stream->avail_out = sizeof out;
        code = inflate(stream, Z_NO_FLUSH);
    } while (code == Z_OK && stream->total_out <= most &&
            (stream->avail_in > 0 || stream->avail_out == 0));
    if (stream->total_out > most) {
        return Z_DATA_ERROR;
    }
    return code == Z_BUF_ERROR ? Z_OK : code; /* all was taken */
}

static enum fovea_status
inflate_chunks(struct chunk *chunk, uint64_t most, z_stream *stream,
        int *code_out, struct fovea_error *err)
{
    *code_out = Z_OK;
    for (;;) {
        bool is_chunk = false;
        enum fovea_status status = open_chunk(chunk, &is_chunk, err);
        if (status || !is_chunk || !is_type(chunk, "IDAT")) {
            return status;
        }
        size_t n = 0;
        do {
            status = read_chunk(chunk, &n, err);
            if (!status && n > 0) {
                *code_out = inflate_some(stream, chunk, n, most);
            }
            if (status || *code_out != Z_OK) {
                return status;
            }
        } while (n > 0 && !chunk->is_cut);
        go_on(chunk);
    }
}

enum fovea_status
fovea_png_check_data(const struct fovea_input *input, uint64_t n_bytes,
        struct fovea_png_check *check, struct fovea_error *err)
{
    if (!check->data_at ||
            (!check->is_open && check->bad_at == FOVEA_PNG_SOUND)) {
        return FOVEA_OK;
    }
    struct chunk chunk = { .input = input, .at = check->data_at };
    z_stream stream = { .next_in = NULL };
    if (inflateInit(&stream) != Z_OK) {
        return fovea_fail_memory(err, sizeof stream, "the PNG decoder");
    }
    int code = Z_OK;
    enum fovea_status status =
            inflate_chunks(&chunk, n_bytes + MAX_EXCESS, &stream, &code, err);
    uint64_t n_inflated = stream.total_out;
    (void)inflateEnd(&stream);
    if (code == Z_STREAM_END && n_inflated >= n_bytes) {
        check->bad_at = FOVEA_PNG_SOUND; /* zlib's checksum is right */
        check->has_all_data = check->is_open && !check->is_cut;
    }
    return status;
}
