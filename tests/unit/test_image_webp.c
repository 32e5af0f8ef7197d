/* WebP: pixels, orientation, and what is refused. */
#include "base/macros.h"
#include "support/decoded.h"

static void
known_pictures_have_known_pixels(void **state)
{
    (void)state;
    assert_known("webp/");
}

static void
orientation_comes_from_exif(void **state)
{
    (void)state;
    size_t size = 0;
    uint8_t *bytes = read_picture("webp/exif", &size);
    struct decoded decoded;
    struct fovea_error error;
    assert_ok(decode_bytes(bytes, size, NULL, &decoded, &error), &error);
    assert_int_equal(decoded.info.orientation, 6);
    assert_int_equal(decoded.info.width_px, 20);
    decoded_finish(&decoded);
    free(bytes);
    bytes = read_picture("webp/lossy", &size);
    assert_ok(decode_bytes(bytes, size, NULL, &decoded, &error), &error);
    assert_int_equal(decoded.info.orientation, 1);
    decoded_finish(&decoded);
    free(bytes);
}

/* The frame of 8x6 stands at 4, 2; around it the canvas is black. */
static void
the_first_frame_stands_on_its_canvas(void **state)
{
    (void)state;
    size_t size = 0;
    uint8_t *bytes = read_picture("webp/animated", &size);
    struct decoded decoded;
    struct fovea_error error;
    assert_ok(decode_bytes(bytes, size, NULL, &decoded, &error), &error);
    assert_int_equal(decoded.info.width_px, 12);
    assert_int_equal(decoded.info.height_px, 8);
    assert_pixel(&decoded, 0, 0, 0, 0, 0);
    assert_pixel(&decoded, 3, 7, 0, 0, 0);
    const uint8_t *last = decoded.pixels + (size_t)(12 * 8 - 1) * 3;
    assert_true(last[0] + last[1] + last[2] > 64);
    decoded_finish(&decoded);
    free(bytes);
}

static void
damage_is_corrupt(void **state)
{
    (void)state;
    size_t size = 0;
    uint8_t *bytes = read_picture("webp/lossy", &size);
    bytes[23] ^= 1; /* of the start code 9d 01 2a */
    assert_undecodable(bytes, size, FOVEA_ERR_IMAGE_CORRUPT, "chunks");
    bytes[23] ^= 1;
    memcpy(bytes + 12, "ABCD", 4);
    assert_undecodable(bytes, size, FOVEA_ERR_IMAGE_CORRUPT, "chunks");
    free(bytes);
}

static void
limits_hold_from_the_header(void **state)
{
    (void)state;
    assert_limits("webp/lossy");
    assert_limits("webp/lossless");
    assert_limits("webp/animated");
}

/* These are so small that all their rows come at once. libwebp does without the
   last byte, which only fills up. */
static void
cut_files_are_damaged(void **state)
{
    (void)state;
    assert_int_equal(assert_cut("webp/lossy", 1), 0);
    assert_int_equal(assert_cut("webp/lossless", 1), 0);
    assert_int_equal(assert_cut("webp/alpha", 1), 0);
    /* 248 bytes are of the other frames. */
    assert_int_equal(assert_cut("webp/animated", 248), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_pictures_have_known_pixels),
        cmocka_unit_test(orientation_comes_from_exif),
        cmocka_unit_test(the_first_frame_stands_on_its_canvas),
        cmocka_unit_test(damage_is_corrupt),
        cmocka_unit_test(limits_hold_from_the_header),
        cmocka_unit_test(cut_files_are_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
