/*
 * Damaged PNGs. Everything in a PNG has a checksum, so each byte of a file can
 * be turned, and what comes of it must be right: the whole picture, or rows
 * that are exact.
 */
#include <zlib.h>

#include "base/macros.h"
#include "support/decoded.h"
#include "support/image_png.h"
#include "support/test.h"

enum {
    WIDTH = 12,
    HEIGHT = 22,
    GREY = 0,
    RGB = 2,
    PALETTE = 3,
    N_CHUNK = 90, /* bytes of pixels in a chunk */
    N_PASSES = 7,
    MAX_ROWS = 2048,
    SIGNATURE_SIZE = 8,
    CRC_SIZE = 4,
    END_SIZE = 12, /* of IEND */
};

static const struct png_header headers[] = {
    { WIDTH, HEIGHT, 8, RGB, 0 },
    { WIDTH, HEIGHT, 8, PALETTE, 0 },
    { WIDTH, HEIGHT, 8, RGB, 1 },
    { WIDTH, HEIGHT, 4, GREY, 1 },
};

struct written {
    struct png_file file;
    size_t data_end; /* of the last IDAT's data */
    struct decoded whole;
};

/* Rows of pixels that are all different, each behind filter 0. */
static size_t
fill_rows(uint8_t *rows, size_t n_rows, size_t size, uint32_t *seed)
{
    for (size_t y = 0; y < n_rows; y++) {
        rows[y * (size + 1)] = 0;
        for (size_t i = 1; i <= size; i++) {
            *seed = *seed * 1664525 + 1013904223;
            rows[y * (size + 1) + i] = (uint8_t)(*seed >> 24);
        }
    }
    return n_rows * (size + 1);
}

static size_t
bytes_of(const struct png_header *header, size_t n_pixels)
{
    size_t n_samples = header->colour_type == RGB ? 3 : 1;
    return (n_pixels * n_samples * header->depth + 7) / 8;
}

static size_t
make_rows(const struct png_header *header, uint8_t *rows)
{
    static const size_t x0[N_PASSES] = { 0, 4, 0, 2, 0, 1, 0 };
    static const size_t y0[N_PASSES] = { 0, 0, 4, 0, 2, 0, 1 };
    static const size_t dx[N_PASSES] = { 8, 8, 4, 4, 2, 2, 1 };
    static const size_t dy[N_PASSES] = { 8, 8, 8, 4, 4, 2, 2 };
    uint32_t seed = 1;
    size_t size = 0;
    if (!header->interlace) {
        return fill_rows(rows, HEIGHT, bytes_of(header, WIDTH), &seed);
    }
    for (size_t i = 0; i < N_PASSES; i++) {
        size_t columns = (WIDTH - x0[i] + dx[i] - 1) / dx[i];
        size_t n_rows = (HEIGHT - y0[i] + dy[i] - 1) / dy[i];
        size += fill_rows(rows + size, n_rows, bytes_of(header, columns),
                &seed);
    }
    return size;
}

/* The pixels in several chunks; before is put in front of them. */
static void
write_file(struct written *written, const struct png_header *header,
        const char *before, const void *data, size_t size)
{
    uint8_t rows[MAX_ROWS];
    uint8_t deflated[MAX_ROWS];
    uLongf n = sizeof deflated;
    struct png_file *file = &written->file;
    size_t n_rows = make_rows(header, rows);
    assert_int_equal(compress(deflated, &n, rows, n_rows), Z_OK);
    png_begin(file, header);
    if (header->colour_type == PALETTE) {
        uint8_t colours[768];
        for (size_t i = 0; i < sizeof colours; i++) {
            colours[i] = (uint8_t)(i * 7 + 3);
        }
        png_chunk(file, "PLTE", colours, sizeof colours);
    }
    if (before) {
        png_chunk(file, before, data, size);
    }
    for (size_t at = 0; at < n; at += N_CHUNK) {
        png_chunk(file, "IDAT", deflated + at,
                n - at < N_CHUNK ? n - at : N_CHUNK);
    }
    written->data_end = file->size - CRC_SIZE;
    png_end(file);
    struct fovea_error error;
    assert_ok(decode_bytes(file->bytes, file->size, NULL, &written->whole,
                      &error),
            &error);
}

static void
write_picture(struct written *written, const struct png_header *header)
{
    write_file(written, header, NULL, NULL, 0);
}

static void
a_file_that_is_cut_keeps_its_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(headers); i++) {
        struct written written;
        struct fovea_error error;
        write_picture(&written, &headers[i]);
        size_t n_worth = 0;
        for (size_t n = SIGNATURE_SIZE; n < written.file.size; n++) {
            enum fovea_status status = decode_by_both(written.file.bytes, n,
                    &written.whole, &error);
            n_worth += strstr(error.message, "--damaged accept") != NULL;
            /* Behind the data nothing is needed, not even their checksum. */
            if (status !=
                    (n < written.data_end ? FOVEA_ERR_IMAGE_TRUNCATED
                                          : FOVEA_OK)) {
                fail_msg("%zu: %zu bytes of %zu: %s", i, n, written.data_end,
                        error.message);
            }
        }
        assert_true(n_worth > 0);
        decoded_finish(&written.whole);
    }
}

/* What is wrong anywhere is found, or does no harm. */
static void
any_byte_may_be_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(headers); i++) {
        struct written written;
        struct fovea_error error;
        write_picture(&written, &headers[i]);
        size_t n_worth = 0;
        for (size_t at = SIGNATURE_SIZE; at < written.file.size; at++) {
            for (unsigned bit = 0; bit < 8; bit++) {
                written.file.bytes[at] ^= (uint8_t)(1U << bit);
                enum fovea_status status = decode_by_both(written.file.bytes,
                        written.file.size, &written.whole, &error);
                bool is_worth = strstr(error.message, "--damaged accept");
                n_worth += is_worth;
                if (at >= written.data_end && status) {
                    fail_msg("%zu: byte %zu: %s", i, at, error.message);
                }
                written.file.bytes[at] ^= (uint8_t)(1U << bit);
            }
        }
        assert_true(n_worth > 0);
        decoded_finish(&written.whole);
    }
}

/* Turn a bit of the n-th chunk's checksum, if it is of this type. */
static size_t
spoil(struct png_file *file, const char *type, size_t n)
{
    size_t at = SIGNATURE_SIZE;
    while (at + END_SIZE <= file->size) {
        const uint8_t *head = file->bytes + at;
        size_t size = (size_t)head[2] << 8 | head[3];
        at += size + END_SIZE;
        if (memcmp(head + 4, type, 4) == 0 && n-- == 0) {
            file->bytes[at - 1] ^= 1;
            return at;
        }
    }
    fail_msg("no chunk %s", type);
    return 0;
}

static void
checksums_of_other_chunks_do_not_matter(void **state)
{
    (void)state;
    static const char *const types[] = { "tEXt", "iCCP", "gAMA", "pHYs", "sRGB",
        "bKGD", "tRNS", "eXIf", "PLTE", "tIME", "prVt" };
    static const uint8_t data[30] = "text\0 of sorts";
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(types); i++) {
        struct written written;
        struct fovea_error error;
        write_file(&written, &headers[0], types[i], data, sizeof data);
        (void)spoil(&written.file, types[i], 0);
        assert_ok(decode_by_both(written.file.bytes, written.file.size,
                          &written.whole, &error),
                &error);
        decoded_finish(&written.whole);
    }
}

static void
checksums_of_what_matters_do(void **state)
{
    (void)state;
    struct written written;
    struct fovea_error error;
    write_picture(&written, &headers[1]);
    (void)spoil(&written.file, "PLTE", 0);
    assert_fails(decode_by_both(written.file.bytes, written.file.size,
                         &written.whole, &error),
            &error, FOVEA_ERR_IMAGE_CORRUPT, "checksum of the palette");
    decoded_finish(&written.whole);
    write_picture(&written, &headers[0]);
    (void)spoil(&written.file, "IHDR", 0);
    assert_fails(decode_by_both(written.file.bytes, written.file.size,
                         &written.whole, &error),
            &error, FOVEA_ERR_IMAGE_CORRUPT, "checksum of the header");
    decoded_finish(&written.whole);
}

/* zlib's own sum at the end of the data decides what they are worth. */
static void
right_pixels_under_a_wrong_checksum_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(headers); i++) {
        struct written written;
        struct fovea_error error;
        write_picture(&written, &headers[i]);
        (void)spoil(&written.file, "IDAT", 0);
        (void)spoil(&written.file, "IDAT", 2);
        assert_ok(decode_by_both(written.file.bytes, written.file.size,
                          &written.whole, &error),
                &error);
        /* Now a pixel is wrong too, at the end. */
        written.file.bytes[written.data_end - 12] ^= 1;
        assert_int_equal(decode_by_both(written.file.bytes, written.file.size,
                                 &written.whole, &error),
                FOVEA_ERR_IMAGE_CORRUPT);
        decoded_finish(&written.whole);
    }
}

/* The rows before the first chunk that is wrong are good, those in it not. */
static void
rows_before_a_wrong_chunk_are_exact(void **state)
{
    (void)state;
    struct written written;
    struct fovea_error error;
    write_picture(&written, &headers[0]);
    size_t end = spoil(&written.file, "IDAT", 6);
    written.file.bytes[end - CRC_SIZE - 10] ^= 1;
    assert_fails(decode_by_both(written.file.bytes, written.file.size,
                         &written.whole, &error),
            &error, FOVEA_ERR_IMAGE_CORRUPT, "of 22 rows could be decoded (--");
    decoded_finish(&written.whole);
    write_picture(&written, &headers[0]);
    end = spoil(&written.file, "IDAT", 3);
    written.file.bytes[end - CRC_SIZE - 10] ^= 1;
    assert_fails(decode_by_both(written.file.bytes, written.file.size,
                         &written.whole, &error),
            &error, FOVEA_ERR_IMAGE_CORRUPT, "less than half");
    decoded_finish(&written.whole);
}

/* An orientation with a wrong checksum is none. */
static void
a_wrong_chunk_does_not_turn_the_picture(void **state)
{
    (void)state;
    static const uint8_t exif[] =
            "II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0\0\0\0";
    struct written written;
    struct decoded picture;
    struct fovea_error error;
    write_file(&written, &headers[0], "eXIf", exif, sizeof exif);
    assert_int_equal(written.whole.info.orientation, 6);
    (void)spoil(&written.file, "eXIf", 0);
    assert_ok(decode_bytes(written.file.bytes, written.file.size, NULL,
                      &picture, &error),
            &error);
    assert_int_equal(picture.info.orientation, 1);
    decoded_finish(&picture);
    decoded_finish(&written.whole);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_that_is_cut_keeps_its_rows),
        cmocka_unit_test(any_byte_may_be_wrong),
        cmocka_unit_test(checksums_of_other_chunks_do_not_matter),
        cmocka_unit_test(checksums_of_what_matters_do),
        cmocka_unit_test(right_pixels_under_a_wrong_checksum_are_read),
        cmocka_unit_test(rows_before_a_wrong_chunk_are_exact),
        cmocka_unit_test(a_wrong_chunk_does_not_turn_the_picture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
