/*
 * For the tests of the decoders: decode into memory, and the tiny pictures of
 * the fuzz corpora as inputs.
 */
#ifndef FOVEA_SUPPORT_DECODED_H
#define FOVEA_SUPPORT_DECODED_H

#include "image/image.h"
#include "test.h"

struct decoded {
    struct fovea_image_info info;
    uint32_t n_rows;
    uint8_t *pixels; /* [height_px][width_px][3], rows as stored */
};

/** A picture of the corpora and what Pillow makes of it. */
struct known_picture {
    const char *name; /* under tests/fuzz/corpus/fuzz_decode_ */
    uint32_t width_px;
    uint32_t height_px;
    uint64_t hash; /* of the samples, decoded_hash() */
};

/** Decode; the limits' zero fields are defaults. End with decoded_finish(). */
enum fovea_status decode_bytes(const void *bytes, size_t size,
        const struct fovea_limits *limits, struct decoded *decoded,
        struct fovea_error *err);

void decoded_finish(struct decoded *decoded);

/** Decoding fails with this code, and `part` in its message. */
void assert_undecodable(const void *bytes, size_t size,
        enum fovea_status expected, const char *part);

/** FNV-1a, 64 bits, of all samples. */
uint64_t decoded_hash(const struct decoded *decoded);

/** The pixel in row y, column x is this one. */
void assert_pixel(const struct decoded *decoded, uint32_t x, uint32_t y,
        uint8_t red, uint8_t green, uint8_t blue);

/** Read a file of the corpora whole; fails the test if it cannot. To be freed.
 */
uint8_t *read_picture(const char *name, size_t *size_out);

/** Decode each picture of a format and compare it with what is known. */
void assert_known(const char *format);

/** Every limit refuses the picture before its sink is begun. */
void assert_limits(const char *name);

/** A damaged picture was accepted as the policy says: it has the rows that its
 *  note counts, exactly, at least half of all, and grey instead of the others.
 */
void assert_damaged(const struct decoded *decoded, const struct decoded *whole,
        const struct fovea_error *error);

/**
 * Decode by either policy of damage. What is refused may be accepted, as
 * assert_damaged() has it, if the message says so, and not else; what is not
 * refused is exactly the whole picture by both, without a note.
 *
 * @return what came of refusing.
 */
enum fovea_status decode_by_both(const void *bytes, size_t size,
        const struct decoded *whole, struct fovea_error *err);

/**
 * Cut the picture after each of its bytes, and decode_by_both(): the format
 * once told, it must be FOVEA_ERR_IMAGE_TRUNCATED, or, where no more than
 * n_spare bytes are missing, the whole picture.
 *
 * @return how many of the cut ones are worth accepting.
 */
size_t assert_cut(const char *name, size_t n_spare);

#endif
