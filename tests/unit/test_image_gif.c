/* GIF: the first frame on its canvas, written out byte by byte. */
#include "base/macros.h"
#include "support/decoded.h"

/* A canvas of 3x2 with the palette 10, 20, 30, 40 (greys). */
#define SCREEN  "GIF89a\3\0\2\0\x81\1\0"
#define PALETTE "\12\12\12\24\24\24\36\36\36\50\50\50"
/* A frame of 2x1 pixels with the indices 1 and 2: codes of 3 bits, clear (4),
   1, 2, end (5). */
#define PIXELS "\2\2\x8c\12\0"

static void
decode_as(const char *bytes, size_t size, const uint8_t *greys, uint32_t width,
        uint32_t height)
{
    struct decoded decoded;
    struct fovea_error error;
    assert_ok(decode_bytes(bytes, size, NULL, &decoded, &error), &error);
    assert_int_equal(decoded.info.width_px, width);
    assert_int_equal(decoded.info.height_px, height);
    for (uint32_t i = 0; i < width * height; i++) {
        assert_pixel(&decoded, i % width, i / width, greys[i], greys[i],
                greys[i]);
    }
    decoded_finish(&decoded);
}

#define DECODE_AS(file, greys, width, height) \
    decode_as(file, sizeof(file) - 1, greys, width, height)

#define REFUSE(file, expected, part) \
    assert_undecodable(file, sizeof(file) - 1, expected, part)

static void
known_pictures_have_known_pixels(void **state)
{
    (void)state;
    assert_known("gif/");
}

static void
bare_canvas_has_colour_0(void **state)
{
    (void)state;
    static const uint8_t greys[] = { 10, 10, 10, 10, 20, 30 };
    DECODE_AS(SCREEN PALETTE ",\1\0\1\0\2\0\1\0\0" PIXELS ";", greys, 3, 2);
}

static void
bare_canvas_has_the_transparent_colour(void **state)
{
    (void)state;
    static const uint8_t greys[] = { 40, 40, 40, 40, 20, 30 };
    DECODE_AS(SCREEN PALETTE "!\xf9\4\1\0\0\3\0,\1\0\1\0\2\0\1\0\0" PIXELS ";",
            greys, 3, 2);
}

static void
frame_makes_the_canvas_grow(void **state)
{
    (void)state;
    static const uint8_t greys[] = { 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 20,
        30 };
    DECODE_AS(SCREEN PALETTE ",\2\0\2\0\2\0\1\0\0" PIXELS ";", greys, 4, 3);
}

static void
a_local_palette_wins(void **state)
{
    (void)state;
    static const uint8_t greys[] = { 1, 1, 1, 1, 2, 3 };
    DECODE_AS(SCREEN PALETTE
            ",\1\0\1\0\2\0\1\0\x81\1\1\1\2\2\2\3\3\3\4\4\4" PIXELS ";",
            greys, 3, 2);
}

static void
ramp_is_no_palette(void **state)
{
    (void)state;
    static const uint8_t global[] = { 10, 10, 10, 10, 20, 30 };
    DECODE_AS(SCREEN PALETTE
            ",\1\0\1\0\2\0\1\0\x81\0\0\0\1\1\1\2\2\2\3\3\3" PIXELS ";",
            global, 3, 2);
    static const uint8_t none[] = { 0, 0, 0, 0, 1, 2 };
    DECODE_AS("GIF89a\3\0\2\0\0\1\0,\1\0\1\0\2\0\1\0\0" PIXELS ";", none, 3, 2);
}

static void
index_past_the_palette_is_grey(void **state)
{
    (void)state;
    static const uint8_t greys[] = { 200, 200, 200, 200, 20, 30 };
    DECODE_AS(SCREEN PALETTE "!\xf9\4\1\0\0\xc8\0,\1\0\1\0\2\0\1\0\0" PIXELS
                             ";",
            greys, 3, 2);
}

static void
stray_bytes_and_comments_are_passed_over(void **state)
{
    (void)state;
    static const uint8_t greys[] = { 10, 10, 10, 10, 20, 30 };
    DECODE_AS(SCREEN PALETTE "\0\0!\xfe\2hi\1!\0,\1\0\1\0\2\0\1\0\0" PIXELS,
            greys, 3, 2);
}

static void
end_marks_may_be_missing(void **state)
{
    (void)state;
    static const uint8_t greys[] = { 10, 10, 10, 10, 20, 30 };
    DECODE_AS(SCREEN PALETTE ",\1\0\1\0\2\0\1\0\0\2\2\x8c\12", greys, 3, 2);
}

static void
what_is_not_supported_is_refused(void **state)
{
    (void)state;
    REFUSE(SCREEN PALETTE ";", FOVEA_ERR_IMAGE_CORRUPT, "no frame");
    REFUSE(SCREEN PALETTE, FOVEA_ERR_IMAGE_TRUNCATED, "ends");
    REFUSE(SCREEN PALETTE ",\0\0\0\0\0\0\1\0\0" PIXELS, FOVEA_ERR_IMAGE_CORRUPT,
            "empty");
    REFUSE(SCREEN PALETTE ",\0\0\0\0\2\0\1\0\0\xff\1\0\0",
            FOVEA_ERR_IMAGE_CORRUPT, "GIF:");
    REFUSE(SCREEN PALETTE ",\xff\xff\0\0\2\0\1\0\0" PIXELS,
            FOVEA_ERR_IMAGE_SIDE_TOO_LONG, "limit");
    /* The end code comes before the last pixel: 4, 1, 5. */
    REFUSE(SCREEN PALETTE ",\0\0\0\0\2\0\1\0\0\2\2\x4c\1\0;",
            FOVEA_ERR_IMAGE_CORRUPT, "GIF:");
}

/* An extension of blocks of one byte each, and then a sound frame. */
static void
decode_behind_blocks(size_t n_blocks, enum fovea_status expected)
{
    static const char head[] = SCREEN PALETTE "!\xfe";
    static const char tail[] = "\0,\1\0\1\0\2\0\1\0\0" PIXELS ";";
    size_t n_head = sizeof head - 1;
    size_t n_tail = sizeof tail - 1;
    size_t size = n_head + 2 * n_blocks + n_tail;
    uint8_t *bytes = malloc(size);
    assert_non_null(bytes);
    memcpy(bytes, head, n_head);
    memset(bytes + n_head, 1, 2 * n_blocks);
    memcpy(bytes + size - n_tail, tail, n_tail);
    struct decoded decoded;
    struct fovea_error error;
    enum fovea_status status =
            decode_bytes(bytes, size, NULL, &decoded, &error);
    assert_int_equal(status, expected);
    assert_true(!status || strstr(error.message, "before the first frame"));
    decoded_finish(&decoded);
    free(bytes);
}

static void
blocks_without_end_are_refused(void **state)
{
    (void)state;
    decode_behind_blocks(100000, FOVEA_OK);
    decode_behind_blocks(5000000, FOVEA_ERR_IMAGE_CORRUPT);
}

/* Stray bytes between blocks are counted like them. */
static void
stray_bytes_without_end_are_refused(void **state)
{
    (void)state;
    size_t size = 5000000;
    char *bytes = malloc(size);
    assert_non_null(bytes);
    memset(bytes, 1, size);
    memcpy(bytes, SCREEN PALETTE, sizeof SCREEN PALETTE - 1);
    assert_undecodable(bytes, size, FOVEA_ERR_IMAGE_CORRUPT,
            "before the first frame");
    free(bytes);
}

static void
limits_hold_from_the_header(void **state)
{
    (void)state;
    assert_limits("gif/plain");
    assert_limits("gif/interlaced");
    assert_limits("gif/offset");
}

static void
cut_files_are_damaged(void **state)
{
    (void)state;
    /* The end of the blocks, and of the file, are not needed. All data are in
       one block, so no row comes before another. */
    assert_int_equal(assert_cut("gif/plain", 2), 0);
    assert_int_equal(assert_cut("gif/interlaced", 2), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_pictures_have_known_pixels),
        cmocka_unit_test(bare_canvas_has_colour_0),
        cmocka_unit_test(bare_canvas_has_the_transparent_colour),
        cmocka_unit_test(frame_makes_the_canvas_grow),
        cmocka_unit_test(a_local_palette_wins),
        cmocka_unit_test(ramp_is_no_palette),
        cmocka_unit_test(index_past_the_palette_is_grey),
        cmocka_unit_test(stray_bytes_and_comments_are_passed_over),
        cmocka_unit_test(end_marks_may_be_missing),
        cmocka_unit_test(what_is_not_supported_is_refused),
        cmocka_unit_test(blocks_without_end_are_refused),
        cmocka_unit_test(stray_bytes_without_end_are_refused),
        cmocka_unit_test(limits_hold_from_the_header),
        cmocka_unit_test(cut_files_are_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
