/*
 * The format of an image from its first bytes. Sources: the signatures in each
 * format's specification; for HEIF the brands of ISO/IEC 23008-12 and AVIF.
 */
#include <stdbool.h>
#include <string.h>

#include "base/error.h"
#include "image/bytes.h"
#include "image/image.h"

enum {
    SNIFF_BYTES = 64
};

static bool
starts_with(const uint8_t *head, size_t size, const char *magic, size_t length)
{
    return size >= length && memcmp(head, magic, length) == 0;
}

#define STARTS_WITH(magic) starts_with(head, size, magic, sizeof(magic) - 1)

static bool
is_heif_brand(const uint8_t *brand)
{
    static const char brands[][5] = { "heic", "heix", "heim", "heis", "hevc",
        "hevx", "mif1", "msf1", "mif2", "avif", "avis" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(brands); i++) {
        if (memcmp(brand, brands[i], 4) == 0) {
            return true;
        }
    }
    return false;
}

/* "ftyp" box: length, "ftyp", major brand, version, compatible brands. */
static bool
is_heif(const uint8_t *head, size_t size)
{
    if (size < 12 || memcmp(head + 4, "ftyp", 4) != 0) {
        return false;
    }
    size_t box = fovea_big_endian(head + 2, 2);
    size_t end = head[0] || head[1] || box > size ? size : box;
    if (is_heif_brand(head + 8)) {
        return true;
    }
    for (size_t at = 16; at + 4 <= end; at += 4) {
        if (is_heif_brand(head + at)) {
            return true;
        }
    }
    return false;
}

static bool
is_webp(const uint8_t *head, size_t size)
{
    return STARTS_WITH("RIFF") && size >= 12 &&
            memcmp(head + 8, "WEBP", 4) == 0;
}

static bool
is_tiff(const uint8_t *head, size_t size)
{
    return STARTS_WITH("II*\0") || STARTS_WITH("MM\0*") ||
            STARTS_WITH("II+\0") || STARTS_WITH("MM\0+");
}

/* Two letters are few: text may begin with them. The second header's size has a
   small number's three bytes of zero. */
static bool
is_bmp(const uint8_t *head, size_t size)
{
    enum {
        HEADER_SIZE_AT = 14
    };
    if (!STARTS_WITH("BM")) {
        return false;
    }
    return size < HEADER_SIZE_AT + 4
            ? memchr(head, 0, size) != NULL
            : memcmp(head + HEADER_SIZE_AT + 1, "\0\0\0", 3) == 0;
}

static bool
find_format(const uint8_t *head, size_t size, enum fovea_format *format_out)
{
    if (STARTS_WITH("\xff\xd8\xff")) {
        *format_out = FOVEA_FORMAT_JPEG;
    } else if (STARTS_WITH("\x89PNG\r\n\x1a\n")) {
        *format_out = FOVEA_FORMAT_PNG;
    } else if (is_webp(head, size)) {
        *format_out = FOVEA_FORMAT_WEBP;
    } else if (STARTS_WITH("GIF87a") || STARTS_WITH("GIF89a")) {
        *format_out = FOVEA_FORMAT_GIF;
    } else if (is_tiff(head, size)) {
        *format_out = FOVEA_FORMAT_TIFF;
    } else if (is_heif(head, size)) {
        *format_out = FOVEA_FORMAT_HEIF;
    } else if (is_bmp(head, size)) {
        *format_out = FOVEA_FORMAT_BMP;
    } else {
        return false;
    }
    return true;
}

enum fovea_status
fovea_image_sniff(const struct fovea_input *input,
        enum fovea_format *format_out, struct fovea_error *err)
{
    uint8_t head[SNIFF_BYTES];
    size_t size = 0;
    enum fovea_status status =
            fovea_input_read(input, 0, head, sizeof head, &size, err);
    if (status) {
        return status;
    }
    if (size == 0) {
        return fovea_fail(err, FOVEA_ERR_NOT_AN_IMAGE, "the input is empty");
    }
    if (!find_format(head, size, format_out)) {
        return fovea_fail(err, FOVEA_ERR_NOT_AN_IMAGE,
                "not an image: the first bytes are of no known format");
    }
    return FOVEA_OK;
}

const char *
fovea_format_name(enum fovea_format format)
{
    static const char *const names[] = {
        [FOVEA_FORMAT_JPEG] = "JPEG",
        [FOVEA_FORMAT_PNG] = "PNG",
        [FOVEA_FORMAT_WEBP] = "WebP",
        [FOVEA_FORMAT_GIF] = "GIF",
        [FOVEA_FORMAT_TIFF] = "TIFF",
        [FOVEA_FORMAT_HEIF] = "HEIF",
        [FOVEA_FORMAT_BMP] = "BMP",
    };
    return names[format];
}
