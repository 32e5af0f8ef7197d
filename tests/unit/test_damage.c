/*
 * The policy of damage, and what is no damage: files whose ends and sizes are
 * odd, and that have all their pixels. JPEG and PNG have tests of their own.
 */
#include "base/macros.h"
#include "support/decoded.h"
#include "support/test.h"

enum {
    HEAD_SIZE = 54, /* of the BMP below */
    WIDTH = 4,
    STRIDE = 12
};

/* A BMP with rows from the top down, of which so many are there. */
static size_t
write_bmp(uint8_t *bytes, int32_t height, size_t n_rows)
{
    int32_t stored = -height;
    memset(bytes, 0, HEAD_SIZE);
    memcpy(bytes, "BM", 2);
    bytes[10] = HEAD_SIZE;
    bytes[14] = 40;
    bytes[18] = WIDTH;
    memcpy(bytes + 22, &stored, sizeof stored);
    bytes[26] = 1;
    bytes[28] = 24;
    for (size_t i = 0; i < n_rows * STRIDE; i++) {
        bytes[HEAD_SIZE + i] = (uint8_t)(i + 1);
    }
    return HEAD_SIZE + n_rows * STRIDE;
}

static void
at_least_half_of_the_rows_are_needed(void **state)
{
    (void)state;
    static const struct {
        int32_t height;
        size_t n_rows;
        bool is_enough;
    } cases[] = { { 4, 1, false }, { 4, 2, true }, { 4, 3, true },
        { 5, 2, false }, { 5, 3, true }, { 1, 0, false }, { 2, 1, true } };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        uint8_t bytes[HEAD_SIZE + 6 * STRIDE];
        struct decoded whole;
        struct decoded picture;
        struct fovea_error error;
        size_t size =
                write_bmp(bytes, cases[i].height, (size_t)cases[i].height);
        assert_ok(decode_bytes(bytes, size, NULL, &whole, &error), &error);
        size = write_bmp(bytes, cases[i].height, cases[i].n_rows);
        assert_int_equal(decode_by_both(bytes, size, &whole, &error),
                FOVEA_ERR_IMAGE_TRUNCATED);
        const struct fovea_limits accepting = {
            .damaged = FOVEA_DAMAGED_ACCEPT,
        };
        assert_int_equal(
                !decode_bytes(bytes, size, &accepting, &picture, &error),
                cases[i].is_enough);
        decoded_finish(&picture);
        decoded_finish(&whole);
    }
}

static void
the_message_says_what_could_be_had(void **state)
{
    (void)state;
    const struct fovea_limits accepting = { .damaged = FOVEA_DAMAGED_ACCEPT };
    uint8_t bytes[HEAD_SIZE + 6 * STRIDE];
    struct decoded picture;
    struct fovea_error error;
    size_t size = write_bmp(bytes, 5, 3);
    (void)!decode_bytes(bytes, size, NULL, &picture, &error);
    assert_string_equal(error.message,
            "BMP: the file ends before its pixels do; 3 of 5 rows could be "
            "decoded (--damaged accept takes it)");
    decoded_finish(&picture);
    assert_ok(decode_bytes(bytes, size, &accepting, &picture, &error), &error);
    assert_string_equal(error.message,
            "BMP: the file ends before its pixels do; 3 of 5 rows could be "
            "decoded, the others are grey");
    decoded_finish(&picture);
    size = write_bmp(bytes, 5, 2);
    (void)!decode_bytes(bytes, size, &accepting, &picture, &error);
    assert_string_equal(error.message,
            "BMP: the file ends before its pixels do; 2 of 5 rows could be "
            "decoded, less than half");
    decoded_finish(&picture);
}

/* A picture of the corpora, and room behind it. */
struct odd {
    uint8_t *bytes;
    size_t size;
    struct decoded whole;
};

static void
read_odd(struct odd *odd, const char *name)
{
    struct fovea_error error;
    odd->bytes = read_picture(name, &odd->size);
    assert_ok(decode_bytes(odd->bytes, odd->size, NULL, &odd->whole, &error),
            &error);
}

static void
add_bytes(struct odd *odd, const void *bytes, size_t size)
{
    uint8_t *more = realloc(odd->bytes, odd->size + size);
    assert_non_null(more);
    memcpy(more + odd->size, bytes, size);
    odd->bytes = more;
    odd->size += size;
}

static void
finish_odd(struct odd *odd)
{
    decoded_finish(&odd->whole);
    free(odd->bytes);
}

static void
assert_still_whole(const struct odd *odd, const char *name)
{
    struct fovea_error error;
    if (decode_by_both(odd->bytes, odd->size, &odd->whole, &error)) {
        fail_msg("%s: %s", name, error.message);
    }
}

static void
what_follows_the_end_does_not_matter(void **state)
{
    (void)state;
    static const char *const names[] = { "gif/plain", "gif/interlaced",
        "bmp/rgb24", "bmp/rle4", "pnm/p3", "pnm/p6", "ico/bits24", "ico/png",
        "jpeg2000/bare", "jpeg2000/tiles", "jpegxl/lossless", "jpegxl/lossy",
        "jpegxl/container", "webp/lossy", "webp/lossless", "webp/animated",
        "webp/exif", "tiff/none", "tiff/lzw", "tiff/jpeg", "heif/heic",
        "heif/avif", "png/rgb", "png/interlaced16", "jpeg/baseline",
        "jpeg/progressive" };
    static const char *const trailers[] = { "SEFT of a phone, and more",
        "\xff\xd8\xff\xe1 another picture", "RIFFWEBPftypmoov" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(names); i++) {
        for (size_t k = 0; k < FOVEA_ARRAY_LEN(trailers); k++) {
            struct odd odd;
            read_odd(&odd, names[i]);
            add_bytes(&odd, trailers[k], strlen(trailers[k]));
            assert_still_whole(&odd, names[i]);
            finish_odd(&odd);
        }
    }
}

static void
set_le32(uint8_t *bytes, uint32_t value)
{
    for (size_t i = 0; i < 4; i++) {
        bytes[i] = (uint8_t)(value >> (8 * i));
    }
}

/* Sizes that no reader needs. */
static void
a_wrong_size_of_the_file_does_not_matter(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t at; /* of the size in the header */
    } cases[] = { { "webp/lossy", 4 }, { "webp/lossless", 4 },
        { "webp/animated", 4 }, { "webp/exif", 4 }, { "bmp/rgb24", 2 },
        { "bmp/palette8", 2 } };
    static const uint32_t sizes[] = { 0, 12, 60, 100, 0x10000, 0x7ffffff0 };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        for (size_t k = 0; k < FOVEA_ARRAY_LEN(sizes); k++) {
            struct odd odd;
            read_odd(&odd, cases[i].name);
            set_le32(odd.bytes + cases[i].at, sizes[k]);
            assert_still_whole(&odd, cases[i].name);
            finish_odd(&odd);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_least_half_of_the_rows_are_needed),
        cmocka_unit_test(the_message_says_what_could_be_had),
        cmocka_unit_test(what_follows_the_end_does_not_matter),
        cmocka_unit_test(a_wrong_size_of_the_file_does_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
