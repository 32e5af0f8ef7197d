/*
 * The EXIF of a PNG: see png_exif.h.
 *
 * Rows go through the resampler as they are read, so the orientation must be
 * known before the first one, and its chunk may stand behind the last. This is
 * a walk over the chunks' heads; only the few that can hold it are read, and
 * what may be inflated is bounded over the whole file.
 */
#include "image/codec/png_exif.h"

#include <stdbool.h>
#include <string.h>
#include <zlib.h>

#include "base/error.h"
#include "image/byte_order.h"
#include "image/codec/png_text.h"

enum {
    SIGNATURE_SIZE = 8,
    CHUNK_HEAD = 8, /* length, type */
    CRC_SIZE = 4,
    CHUNK_FRAME = 12, /* and checksum */
    MAX_CHUNKS = 1 << 18,
    MAX_TEXT = 1 << 20,      /* inflated, of one chunk */
    MAX_ALL_TEXT = 64 << 20, /* and of all */
    MAX_KEY = 24             /* the longest one of interest, with its end */
};

enum key {
    KEY_NONE,
    KEY_EXIF,
    KEY_PROFILE,
    KEY_XMP,
};

struct scan {
    const struct fovea_input *input;
    bool has_exif;
    bool is_animated;
    bool has_image; /* an IDAT has been passed */
    struct fovea_exif exif;
    struct fovea_exif profile;
    unsigned xmp;
    size_t inflated; /* bytes, over all chunks */
};

struct chunk {
    uint8_t type[4];
    uint64_t at; /* of the data */
    uint32_t size;
};

static bool
is_type(const struct chunk *chunk, const char *type)
{
    return memcmp(chunk->type, type, 4) == 0;
}

static bool
text_kind(const struct chunk *chunk, enum fovea_png_text_kind *kind_out)
{
    if (is_type(chunk, "tEXt")) {
        *kind_out = FOVEA_PNG_TEXT_PLAIN;
    } else if (is_type(chunk, "zTXt")) {
        *kind_out = FOVEA_PNG_TEXT_COMPRESSED;
    } else if (is_type(chunk, "iTXt")) {
        *kind_out = FOVEA_PNG_TEXT_INTERNATIONAL;
    } else {
        return false;
    }
    return true;
}

static enum key
key_of(const uint8_t *head, size_t size)
{
    static const struct {
        enum key key;
        char name[MAX_KEY];
    } keys[] = {
        { KEY_EXIF, "exif" },
        { KEY_PROFILE, "Raw profile type exif" },
        { KEY_XMP, "XML:com.adobe.xmp" },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(keys); i++) {
        size_t length = strlen(keys[i].name) + 1;
        if (size >= length && memcmp(head, keys[i].name, length) == 0) {
            return keys[i].key;
        }
    }
    return KEY_NONE;
}

static void
take_text(struct scan *scan, enum key key, bool is_utf8, uint8_t *text,
        size_t size)
{
    if (is_utf8 && !fovea_png_text_is_utf8(text, size)) {
        return;
    }
    if (key == KEY_PROFILE) {
        scan->profile = fovea_png_profile_exif(text, size);
    } else if (key == KEY_XMP) {
        scan->xmp = fovea_png_xmp_orientation(text, size);
    } else {
        scan->has_exif = true;
        scan->exif = fovea_exif_read(text, size);
    }
}

static enum fovea_status
take_deflated(struct scan *scan, enum key key,
        const struct fovea_png_text *deflated, struct fovea_error *err)
{
    if (scan->inflated + MAX_TEXT > MAX_ALL_TEXT) {
        return FOVEA_OK;
    }
    scan->inflated += MAX_TEXT;
    FOVEA_AUTO_FREE uint8_t *text = malloc(MAX_TEXT);
    if (!text) {
        return fovea_fail_memory(err, MAX_TEXT, "a text chunk");
    }
    size_t size = 0;
    if (fovea_png_text_inflate(deflated, text, MAX_TEXT, &size)) {
        take_text(scan, key, deflated->is_utf8, text, size);
    }
    return FOVEA_OK;
}

/* What has the wrong checksum may say anything. */
static bool
is_right(const struct chunk *chunk, const uint8_t *data)
{
    uLong crc =
            crc32(crc32(0, chunk->type, sizeof chunk->type), data, chunk->size);
    return fovea_big_endian(data + chunk->size, CRC_SIZE) == (uint64_t)crc;
}

/* A text under key "exif" counts only in tEXt: elsewhere it is not bytes. */
static enum fovea_status
take_chunk(struct scan *scan, const struct chunk *chunk, enum key key,
        struct fovea_error *err)
{
    size_t size = chunk->size;
    FOVEA_AUTO_FREE uint8_t *data = malloc(size + CRC_SIZE);
    if (!data) {
        return fovea_fail_memory(err, size, "a chunk of the PNG");
    }
    size_t n = 0;
    enum fovea_status status = fovea_input_read(scan->input, chunk->at, data,
            size + CRC_SIZE, &n, err);
    if (status || n < size + CRC_SIZE || !is_right(chunk, data)) {
        return status;
    }
    enum fovea_png_text_kind kind = FOVEA_PNG_TEXT_PLAIN;
    if (!text_kind(chunk, &kind)) {
        take_text(scan, KEY_EXIF, false, data, size);
        return FOVEA_OK;
    }
    struct fovea_png_text text = { 0 };
    if (!fovea_png_text_find(kind, data, size, &text) ||
            (key == KEY_EXIF && kind != FOVEA_PNG_TEXT_PLAIN)) {
        return FOVEA_OK;
    }
    if (text.deflated) {
        return take_deflated(scan, key, &text, err);
    }
    take_text(scan, key, text.is_utf8, data + (text.bytes - data), text.size);
    return FOVEA_OK;
}

/* Whether nothing behind this chunk counts. */
static bool
is_last(struct scan *scan, const struct chunk *chunk)
{
    if (is_type(chunk, "IDAT")) {
        scan->has_image = true;
        return scan->has_exif;
    }
    if (is_type(chunk, "acTL")) {
        scan->is_animated = true;
    }
    /* The next frame: what follows belongs to it. */
    if (is_type(chunk, "fcTL")) {
        return scan->is_animated && scan->has_image;
    }
    return is_type(chunk, "IEND");
}

static enum fovea_status
scan_chunks(struct scan *scan, struct fovea_error *err)
{
    uint64_t at = SIGNATURE_SIZE;
    for (int i = 0; i < MAX_CHUNKS; i++) {
        uint8_t head[CHUNK_HEAD + MAX_KEY];
        size_t n = 0;
        enum fovea_status status =
                fovea_input_read(scan->input, at, head, sizeof head, &n, err);
        if (status || n < CHUNK_HEAD) {
            return status;
        }
        struct chunk chunk = {
            .at = at + CHUNK_HEAD,
            .size = (uint32_t)fovea_big_endian(head, 4),
        };
        memcpy(chunk.type, head + 4, 4);
        if (is_last(scan, &chunk)) {
            break;
        }
        enum fovea_png_text_kind kind;
        size_t n_key =
                n - CHUNK_HEAD < chunk.size ? n - CHUNK_HEAD : chunk.size;
        enum key key = KEY_NONE;
        if (is_type(&chunk, "eXIf")) {
            key = KEY_EXIF;
        } else if (text_kind(&chunk, &kind)) {
            key = key_of(head + CHUNK_HEAD, n_key);
        }
        if (key != KEY_NONE && chunk.size <= FOVEA_EXIF_MAX_BYTES) {
            status = take_chunk(scan, &chunk, key, err);
            if (status) {
                return status;
            }
        }
        at += (uint64_t)chunk.size + CHUNK_FRAME;
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_png_exif(const struct fovea_input *input, struct fovea_exif *exif_out,
        struct fovea_error *err)
{
    struct scan scan = { .input = input };
    enum fovea_status status = scan_chunks(&scan, err);
    if (status) {
        return status;
    }
    struct fovea_exif exif = scan.has_exif ? scan.exif : scan.profile;
    if (exif.orientation == FOVEA_EXIF_NO_ORIENTATION) {
        exif.orientation = scan.xmp;
    }
    exif.orientation += exif.orientation == FOVEA_EXIF_NO_ORIENTATION;
    *exif_out = exif;
    return FOVEA_OK;
}
