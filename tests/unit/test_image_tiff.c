/* TIFF: the corpus, limits, and what is refused. */
#include "base/macros.h"
#include "support/decoded.h"
#include "support/image_tiff.h"

static void
refuse(const struct tiff_file *file, enum fovea_status expected,
        const char *part)
{
    assert_undecodable(file->bytes, file->size, expected, part);
}

static void
known_pictures_have_known_pixels(void **state)
{
    (void)state;
    assert_known("tiff/");
}

static void
what_is_not_supported_is_refused(void **state)
{
    (void)state;
    struct tiff_file file = tiff_grey(2, 1, 8, 2);
    tiff_entry(&file, 262)->value = 32803;
    tiff_write(&file, "\1\2", 2);
    refuse(&file, FOVEA_ERR_IMAGE_UNSUPPORTED, "raw camera sensor");
    tiff_entry(&file, 262)->value = 1;
    tiff_entry(&file, 259)->value = 34661;
    tiff_write(&file, "\1\2", 2);
    refuse(&file, FOVEA_ERR_IMAGE_UNSUPPORTED, "compression 34661");
    file = tiff_grey(2, 1, 64, 16);
    tiff_write(&file, "\1\2\3\4\5\6\7\10\1\2\3\4\5\6\7\10", 16);
    refuse(&file, FOVEA_ERR_IMAGE_UNSUPPORTED, "64-bit");
    file = tiff_grey(2, 1, 8, 18);
    tiff_entry(&file, 277)->value = 9;
    tiff_write(&file, "\1\2\3\4\5\6\7\10\1\2\3\4\5\6\7\10\1\2", 18);
    refuse(&file, FOVEA_ERR_IMAGE_UNSUPPORTED, "9 samples");
}

static void
a_palette_is_needed(void **state)
{
    (void)state;
    struct tiff_file file = tiff_grey(2, 1, 4, 1);
    tiff_entry(&file, 262)->value = 3;
    tiff_write(&file, "\x12", 1);
    refuse(&file, FOVEA_ERR_IMAGE_CORRUPT, "Colormap");
}

static void
sides_are_limited(void **state)
{
    (void)state;
    struct tiff_file file = tiff_grey(UINT32_MAX, 1, 8, 2);
    tiff_write(&file, "\1\2", 2);
    refuse(&file, FOVEA_ERR_IMAGE_SIDE_TOO_LONG, "limit");
    file = tiff_grey(60000, 60000, 8, 2);
    tiff_write(&file, "\1\2", 2);
    refuse(&file, FOVEA_ERR_IMAGE_TOO_MANY_PIXELS, "limit");
}

/* Tiles are memory too, however small the picture in them. */
static void
huge_tiles_are_priced(void **state)
{
    (void)state;
    struct tiff_file file = {
        .entries = {
            { 256, TIFF_LONG, 1, 4 },
            { 257, TIFF_LONG, 1, 4 },
            { 258, TIFF_SHORT, 1, 8 },
            { 259, TIFF_SHORT, 1, 1 },
            { 262, TIFF_SHORT, 1, 1 },
            { 277, TIFF_SHORT, 1, 1 },
            { 322, TIFF_LONG, 1, 1 << 20 },
            { 323, TIFF_LONG, 1, 1 << 20 },
            { 324, TIFF_LONG, 1, 8 },
            { 325, TIFF_LONG, 1, 16 },
        },
        .n_entries = 10,
    };
    tiff_write(&file, "0123456789abcdef", 16);
    refuse(&file, FOVEA_ERR_IMAGE_TOO_MANY_PIXELS, "tiles");
}

static void
put_u32(uint8_t *at, uint32_t value)
{
    for (size_t i = 0; i < 4; i++) {
        at[i] = (uint8_t)(value >> 8 * i);
    }
}

/* Rows that are each a strip of a million bytes, and all the same one. */
static void
decode_shared_strips(uint32_t n_rows, enum fovea_status expected)
{
    enum {
        STRIP = 1000000
    };
    struct tiff_file file = tiff_grey(16, n_rows, 8, STRIP);
    tiff_entry(&file, 278)->value = 1;
    tiff_write(&file, "", 0);
    uint32_t lists = (uint32_t)file.size;
    tiff_entry(&file, 273)->count = n_rows;
    tiff_entry(&file, 273)->value = lists;
    tiff_entry(&file, 279)->count = n_rows;
    tiff_entry(&file, 279)->value = lists + 4 * n_rows;
    tiff_write(&file, "", 0);
    size_t size = lists + 8 * (size_t)n_rows + STRIP;
    uint8_t *bytes = calloc(1, size);
    assert_non_null(bytes);
    memcpy(bytes, file.bytes, file.size);
    for (uint32_t y = 0; y < n_rows; y++) {
        uint8_t *list = bytes + lists + 4 * (size_t)y;
        put_u32(list, lists + 8 * n_rows);
        put_u32(list + 4 * (size_t)n_rows, STRIP);
    }
    struct fovea_limits limits = { .max_pixels = UINT64_C(16) * n_rows };
    struct decoded decoded;
    struct fovea_error error;
    enum fovea_status status =
            decode_bytes(bytes, size, &limits, &decoded, &error);
    assert_int_equal(status, expected);
    assert_true(!status || strstr(error.message, "share the same bytes"));
    decoded_finish(&decoded);
    free(bytes);
}

static void
shared_strips_cost_each_time(void **state)
{
    (void)state;
    decode_shared_strips(4, FOVEA_OK);
    decode_shared_strips(1000, FOVEA_ERR_IMAGE_CORRUPT);
}

static void
limits_hold_from_the_header(void **state)
{
    (void)state;
    assert_limits("tiff/none");
    assert_limits("tiff/tiles");
    assert_limits("tiff/planes");
    assert_limits("tiff/jpeg");
}

/* Of a picture that is one compressed strip no row comes before another. */
static void
cut_files_are_damaged(void **state)
{
    (void)state;
    assert_true(assert_cut("tiff/none", 0) > 0);
    assert_int_equal(assert_cut("tiff/lzw", 0), 0);
    assert_int_equal(assert_cut("tiff/deflate", 0), 0);
    assert_int_equal(assert_cut("tiff/packbits", 0), 0);
    assert_int_equal(assert_cut("tiff/jpeg", 0), 0);
    assert_int_equal(assert_cut("tiff/g4", 0), 0);
    assert_int_equal(assert_cut("tiff/planes", 0), 0);
    assert_int_equal(assert_cut("tiff/tile_planes", 0), 0);
    assert_int_equal(assert_cut("tiff/big", 0), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_pictures_have_known_pixels),
        cmocka_unit_test(what_is_not_supported_is_refused),
        cmocka_unit_test(a_palette_is_needed),
        cmocka_unit_test(sides_are_limited),
        cmocka_unit_test(huge_tiles_are_priced),
        cmocka_unit_test(shared_strips_cost_each_time),
        cmocka_unit_test(limits_hold_from_the_header),
        cmocka_unit_test(cut_files_are_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
