/*
 * Files of boxes (ISO/IEC 14496-12), told by their brands, and of EBML, told by
 * their type. See head.h. Sources: ISO/IEC 23008-12 and AVIF for the brands of
 * pictures, the register of mp4ra.org for the others.
 */
#include <string.h>

#include "base/macros.h"
#include "image/byte_order.h"
#include "image/head.h"

/* "ftyp" box: length, "ftyp", major brand, version, compatible brands. */
static bool
has_brand(const struct fovea_head *head, const char (*brands)[5], size_t n,
        bool compatible_too)
{
    enum {
        MAX_BRANDS_END = 256
    };
    if (head->size < 12 || memcmp(head->bytes + 4, "ftyp", 4) != 0) {
        return false;
    }
    uint64_t box = fovea_big_endian(head->bytes, 4);
    size_t end = head->size < MAX_BRANDS_END ? head->size : MAX_BRANDS_END;
    end = box < end ? (size_t)box : end;
    for (size_t at = 8; at == 8 || (compatible_too && at + 4 <= end);
            at += at == 8 ? 8 : 4) {
        for (size_t i = 0; i < n; i++) {
            if (memcmp(head->bytes + at, brands[i], 4) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* Pictures of codecs that libheif does not have are its to refuse. */
bool
fovea_head_is_heif(const struct fovea_head *head)
{
    static const char brands[][5] = { "heic", "heix", "heim", "heis", "hevc",
        "hevx", "mif1", "msf1", "mif2", "avif", "avis", "jpeg", "jpgs", "avci",
        "avcs", "vvic", "vvis", "evbi", "j2ki", "j2is" };
    return has_brand(head, brands, FOVEA_ARRAY_LEN(brands), true);
}

bool
fovea_head_is_cr3(const struct fovea_head *head)
{
    static const char brands[][5] = { "crx " };
    return has_brand(head, brands, FOVEA_ARRAY_LEN(brands), false);
}

bool
fovea_head_is_sound_in_mp4(const struct fovea_head *head)
{
    static const char brands[][5] = { "M4A ", "M4B ", "F4A " };
    return has_brand(head, brands, FOVEA_ARRAY_LEN(brands), false);
}

/* Any other brand: most are of videos. */
bool
fovea_head_is_mp4(const struct fovea_head *head)
{
    return fovea_head_has(head, 4, "ftyp", 4);
}

/* Older files begin with some other box. */
bool
fovea_head_is_quicktime(const struct fovea_head *head)
{
    static const char brands[][5] = { "qt  " };
    static const char boxes[][5] = { "moov", "mdat", "wide", "pnot" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(boxes); i++) {
        if (fovea_head_has(head, 4, boxes[i], 4)) {
            return true;
        }
    }
    return has_brand(head, brands, FOVEA_ARRAY_LEN(brands), false);
}

bool
fovea_head_is_webm(const struct fovea_head *head)
{
    enum {
        NEAR = 64 /* where the type of the document stands */
    };
    return fovea_head_has(head, 0, "\x1a\x45\xdf\xa3", 4) &&
            memmem(head->bytes, head->size < NEAR ? head->size : NEAR, "webm",
                    4);
}
