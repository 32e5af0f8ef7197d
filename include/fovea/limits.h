/*
 * Limits on what one item may cost; each has its own status code and its own
 * flag of the command. Those of images are checked from the file's size and
 * header, before memory for pixels is taken; scans of a progressive JPEG as they
 * come. And what becomes of an image that is damaged, and of a text that is too
 * long for its model.
 */
#ifndef FOVEA_LIMITS_H
#define FOVEA_LIMITS_H

#include <stdint.h>

/** What becomes of an image that cannot be decoded whole. */
enum fovea_damaged {
    FOVEA_DAMAGED_REFUSE, /* FOVEA_ERR_IMAGE_TRUNCATED, _CORRUPT; the default */
    /* If at least half of its rows come before the first damage that is found:
       the others become grey, and the result has FOVEA_NOTE_DAMAGED. */
    FOVEA_DAMAGED_ACCEPT,
};

/** What becomes of a text that has more tokens than its model takes. */
enum fovea_truncate {
    /* Those beyond are left out, as the model's own tokenizer would leave them
       out, and the result has FOVEA_NOTE_TRUNCATED; the default. */
    FOVEA_TRUNCATE_CUT,
    FOVEA_TRUNCATE_REFUSE, /* FOVEA_ERR_TEXT_TRUNCATED */
};

/** Most that a single item may be. A zero field means its default. What later
 *  versions add takes room of `reserved`: the struct lies inside another one and
 *  cannot get larger. */
struct fovea_limits {
    uint64_t max_bytes;   /* size of the file: FOVEA_ERR_IMAGE_TOO_MANY_BYTES */
    uint64_t max_pixels;  /* width * height: FOVEA_ERR_IMAGE_TOO_MANY_PIXELS */
    uint32_t max_side_px; /* either side: FOVEA_ERR_IMAGE_SIDE_TOO_LONG */
    enum fovea_damaged damaged;
    uint64_t max_decode_bytes; /* working memory of decoding, of formats that
                              must have the picture as a whole:
                              FOVEA_ERR_IMAGE_TOO_MUCH_MEMORY */
    uint64_t max_decode_work;  /* pixel passes: pixels times how often each is
                              gone over. A pixel of a baseline JPEG or of a PNG
                              is one, of each scan of a progressive JPEG one
                              more, of WebP 2, of HEIC and AVIF 8, tiles that
                              are used twice twice, of JPEG 2000 4, and 16 for
                              each byte of it, of each frame of JPEG XL 8:
                              FOVEA_ERR_IMAGE_TOO_COSTLY */
    uint32_t max_text_bytes;   /* of a text, up to FOVEA_MAX_TEXT_BYTES:
                              FOVEA_ERR_TEXT_TOO_LARGE */
    enum fovea_truncate truncate;
    uint64_t reserved[5]; /* zero */
};

#define FOVEA_DEFAULT_MAX_BYTES        (UINT64_C(256) << 20)
#define FOVEA_DEFAULT_MAX_PIXELS       (UINT64_C(1) << 28)
#define FOVEA_DEFAULT_MAX_SIDE_PX      UINT32_C(65535)
#define FOVEA_DEFAULT_MAX_DECODE_BYTES (UINT64_C(1) << 30)
#define FOVEA_DEFAULT_MAX_DECODE_WORK  (UINT64_C(1) << 32)
#define FOVEA_DEFAULT_MAX_TEXT_BYTES   (UINT32_C(64) << 10)
#define FOVEA_MAX_TEXT_BYTES           (UINT32_C(4) << 20)

#endif
