/* JPEG 2000: boxes and codestream, components of every kind, and damage. */
#include "base/macros.h"
#include "support/decoded.h"

/* A picture of the corpus. To be ended with finish(). */
struct file {
    uint8_t *bytes;
    size_t size;
};

static struct file
read_file(const char *name)
{
    struct file file = { 0 };
    file.bytes = read_picture(name, &file.size);
    return file;
}

static struct decoded
decode(const char *name)
{
    struct file file = read_file(name);
    struct decoded decoded;
    struct fovea_error error;
    if (decode_bytes(file.bytes, file.size, NULL, &decoded, &error)) {
        fail_msg("%s: %s", name, error.message);
    }
    free(file.bytes);
    return decoded;
}

/* Where a marker, or the type of a box, stands. */
static size_t
find(const struct file *file, const char *what, size_t size)
{
    const uint8_t *at = memmem(file->bytes, file->size, what, size);
    assert_non_null(at);
    return (size_t)(at - file->bytes);
}

static void
the_corpus_is_read_as_pillow_reads_it(void **state)
{
    (void)state;
    assert_known("jpeg2000");
}

static void
every_limit_is_checked_before_pixels(void **state)
{
    (void)state;
    static const char *const names[] = { "jpeg2000/lossless", "jpeg2000/bare",
        "jpeg2000/tiles", "jpeg2000/offset", "jpeg2000/ycc420" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(names); i++) {
        assert_limits(names[i]);
    }
}

static void
few_bits_are_spread_and_many_are_rounded(void **state)
{
    (void)state;
    struct decoded decoded = decode("jpeg2000/grey1");
    assert_pixel(&decoded, 0, 0, 0, 0, 0);
    assert_pixel(&decoded, 19, 13, 255, 255, 255);
    decoded_finish(&decoded);
    decoded = decode("jpeg2000/grey4");
    assert_pixel(&decoded, 0, 0, 0, 0, 0);
    assert_pixel(&decoded, 7, 3, 85, 85, 85); /* 5 of 15 */
    assert_pixel(&decoded, 19, 13, 255, 255, 255);
    decoded_finish(&decoded);
    /* Pillow wraps around to black here. */
    decoded = decode("jpeg2000/white16");
    assert_pixel(&decoded, 0, 0, 255, 255, 255);
    assert_pixel(&decoded, 1, 0, 127, 128, 1);
    decoded_finish(&decoded);
}

static void
a_palette_is_looked_up(void **state)
{
    (void)state;
    static const uint8_t palette[5][3] = { { 10, 20, 30 }, { 40, 50, 60 },
        { 70, 80, 90 }, { 100, 110, 120 }, { 250, 240, 230 } };
    struct decoded decoded = decode("jpeg2000/palette");
    for (uint32_t y = 0; y < 14; y++) {
        for (uint32_t x = 0; x < 20; x++) {
            const uint8_t *rgb = palette[(x + y) % 5];
            assert_pixel(&decoded, x, y, rgb[0], rgb[1], rgb[2]);
        }
    }
    decoded_finish(&decoded);
}

/* Its numbers are the red, green and blue of the others, read as luma and
   chroma: Pillow's conversion of such a picture. */
static void
the_colour_space_of_the_boxes_counts(void **state)
{
    (void)state;
    struct decoded decoded = decode("jpeg2000/sycc");
    assert_pixel(&decoded, 0, 0, 0, 135, 0);
    assert_pixel(&decoded, 7, 7, 119, 76, 108);
    decoded_finish(&decoded);
    static const struct {
        const char *name;
        const char *part;
    } cases[] = { { "jpeg2000/bad_cmyk", "of CMYK (12)" },
        { "jpeg2000/bad_lab", "of L*a*b* (14)" },
        { "jpeg2000/bad_esycc", "of e-sYCC (24)" },
        { "jpeg2000/bad_colours", "of an unknown colour space (99)" } };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        struct file file = read_file(cases[i].name);
        assert_undecodable(file.bytes, file.size, FOVEA_ERR_IMAGE_UNSUPPORTED,
                cases[i].part);
        free(file.bytes);
    }
}

/* All or nothing; an end marker is not needed. */
static void
cut_files_are_told(void **state)
{
    (void)state;
    static const char *const names[] = { "jpeg2000/lossless", "jpeg2000/bare",
        "jpeg2000/lossy", "jpeg2000/tiles", "jpeg2000/parts", "jpeg2000/layers",
        "jpeg2000/palette", "jpeg2000/ycc420" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(names); i++) {
        assert_int_equal(assert_cut(names[i], 2), 0);
    }
}

/* A last tile-part whose length is not given, as it is written by those who do
   not know it yet. */
static void
a_length_that_is_not_given_is_found(void **state)
{
    (void)state;
    struct file file = read_file("jpeg2000/bare");
    struct decoded whole = decode("jpeg2000/bare");
    struct fovea_error error;
    size_t at = find(&file, "\xff\x90", 2);
    memset(file.bytes + at + 6, 0, 4);
    assert_int_equal(decode_by_both(file.bytes, file.size, &whole, &error),
            FOVEA_OK);
    assert_undecodable(file.bytes, file.size - file.size / 4,
            FOVEA_ERR_IMAGE_TRUNCATED, "JPEG 2000: ");
    decoded_finish(&whole);
    free(file.bytes);
}

static void
headers_that_cost_too_much_are_refused_before_they_are_believed(void **state)
{
    (void)state;
    static const struct {
        size_t at; /* behind the marker of the size */
        const char *bytes;
        size_t size;
        enum fovea_status status;
        const char *part;
    } cases[] = {
        { 22, "\0\0\0\1\0\0\0\1", 8, FOVEA_ERR_IMAGE_TRUNCATED, "before" },
        { 38, "\x40\0", 2, FOVEA_ERR_IMAGE_UNSUPPORTED, "16384 components" },
        { 38, "\0\0", 2, FOVEA_ERR_IMAGE_CORRUPT, "too few components" },
        { 40, "\x25", 1, FOVEA_ERR_IMAGE_UNSUPPORTED, "samples of 38 bits" },
        { 41, "\0", 1, FOVEA_ERR_IMAGE_CORRUPT, "without samples" },
        { 22, "\0\0\0\0", 4, FOVEA_ERR_IMAGE_CORRUPT, "the first tile" },
        { 6, "\0\0\0\0", 4, FOVEA_ERR_IMAGE_CORRUPT, "a side is 0" },
        { 6, "\x7f\xff\xff\xff", 4, FOVEA_ERR_IMAGE_CORRUPT, "65535 tiles" },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        struct file file = read_file("jpeg2000/bare");
        size_t at = find(&file, "\xff\x51", 2);
        memcpy(file.bytes + at + cases[i].at, cases[i].bytes, cases[i].size);
        assert_undecodable(file.bytes, file.size, cases[i].status,
                cases[i].part);
        free(file.bytes);
    }
}

/* What a few bytes of a header make of the price. */
static void
blocks_layers_and_tiles_have_their_price(void **state)
{
    (void)state;
    static const struct {
        size_t at; /* behind the marker of the coding style */
        uint8_t byte;
    } cases[] = {
        { 6, 0xff }, /* layers, by 256 */
        { 10, 0 },   /* the width of a block: 4 */
        { 9, 5 },    /* levels */
    };
    struct decoded plain = decode("jpeg2000/bare");
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        struct file file = read_file("jpeg2000/bare");
        size_t at = find(&file, "\xff\x52", 2);
        file.bytes[at + cases[i].at] = cases[i].byte;
        const struct fovea_limits limits = {
            .max_decode_bytes = plain.info.decode_bytes,
        };
        struct decoded decoded;
        struct fovea_error error;
        assert_fails(
                decode_bytes(file.bytes, file.size, &limits, &decoded, &error),
                &error, FOVEA_ERR_IMAGE_TOO_MUCH_MEMORY, "--max-image-memory");
        decoded_finish(&decoded);
        free(file.bytes);
    }
    decoded_finish(&plain);
}

/* Whatever the limits are: 2^64 samples are not none. */
static void
a_price_does_not_wrap_around(void **state)
{
    (void)state;
    const struct fovea_limits limits = {
        .max_side_px = UINT32_MAX,
        .max_pixels = UINT64_MAX,
        .max_decode_work = UINT64_MAX,
    };
    struct file file = read_file("jpeg2000/bare");
    size_t at = find(&file, "\xff\x51", 2);
    memset(file.bytes + at + 6, 0xff, 8);  /* sides */
    memset(file.bytes + at + 22, 0xff, 8); /* of the one tile, too */
    struct decoded decoded;
    struct fovea_error error;
    assert_fails(decode_bytes(file.bytes, file.size, &limits, &decoded, &error),
            &error, FOVEA_ERR_IMAGE_TOO_MUCH_MEMORY, "--max-image-memory");
    decoded_finish(&decoded);
    free(file.bytes);
}

static void
what_is_said_in_tiles_counts_too(void **state)
{
    (void)state;
    /* A second coding style, in the header of the first tile: 4x4 blocks. */
    static const uint8_t cod[] = { 0xff, 0x52, 0, 12, 0, 0, 0, 1, 1, 2, 0, 0, 0,
        1 };
    struct decoded plain = decode("jpeg2000/bare");
    struct file file = read_file("jpeg2000/bare");
    size_t at = find(&file, "\xff\x93", 2);
    uint8_t *bytes = malloc(file.size + sizeof cod);
    assert_non_null(bytes);
    memcpy(bytes, file.bytes, at);
    memcpy(bytes + at, cod, sizeof cod);
    memcpy(bytes + at + sizeof cod, file.bytes + at, file.size - at);
    size_t sot = find(&file, "\xff\x90", 2);
    memset(bytes + sot + 6, 0, 4);
    const struct fovea_limits limits = {
        .max_decode_bytes = plain.info.decode_bytes + 100,
    };
    struct decoded decoded;
    struct fovea_error error;
    assert_fails(decode_bytes(bytes, file.size + sizeof cod, &limits, &decoded,
                         &error),
            &error, FOVEA_ERR_IMAGE_TOO_MUCH_MEMORY, "--max-image-memory");
    decoded_finish(&decoded);
    decoded_finish(&plain);
    free(bytes);
    free(file.bytes);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_corpus_is_read_as_pillow_reads_it),
        cmocka_unit_test(every_limit_is_checked_before_pixels),
        cmocka_unit_test(few_bits_are_spread_and_many_are_rounded),
        cmocka_unit_test(a_palette_is_looked_up),
        cmocka_unit_test(the_colour_space_of_the_boxes_counts),
        cmocka_unit_test(cut_files_are_told),
        cmocka_unit_test(a_length_that_is_not_given_is_found),
        cmocka_unit_test(
                headers_that_cost_too_much_are_refused_before_they_are_believed),
        cmocka_unit_test(blocks_layers_and_tiles_have_their_price),
        cmocka_unit_test(a_price_does_not_wrap_around),
        cmocka_unit_test(what_is_said_in_tiles_counts_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
