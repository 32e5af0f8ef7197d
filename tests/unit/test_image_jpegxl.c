/* JPEG XL: colours, orientation, frames, and damage. */
#include <dlfcn.h>

#include "base/macros.h"
#include "support/decoded.h"
#include "support/image_jpegxl.h"

static struct decoded
decode(const char *name)
{
    size_t size = 0;
    uint8_t *bytes = read_picture(name, &size);
    struct decoded decoded;
    struct fovea_error error;
    if (decode_bytes(bytes, size, NULL, &decoded, &error)) {
        fail_msg("%s: %s", name, error.message);
    }
    free(bytes);
    return decoded;
}

static void
the_corpus_is_read_as_djxl_reads_it(void **state)
{
    (void)state;
    assert_known("jpegxl");
}

static void
every_limit_is_checked_before_pixels(void **state)
{
    (void)state;
    static const char *const names[] = { "jpegxl/lossless", "jpegxl/lossy",
        "jpegxl/container", "jpegxl/turned", "jpegxl/animated" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(names); i++) {
        assert_limits(names[i]);
    }
}

/* The pixels of the corpus, as they were before they were encoded. */
static void
lossless_pictures_are_what_was_encoded(void **state)
{
    (void)state;
    static const char *const names[] = { "jpegxl/lossless", "jpegxl/container",
        "jpegxl/squeeze", "jpegxl/alpha", "jpegxl/animated", "jpegxl/deep",
        "jpegxl/wide" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(names); i++) {
        struct decoded decoded = decode(names[i]);
        for (uint32_t y = 0; y < 14; y++) {
            for (uint32_t x = 0; x < 20; x++) {
                assert_pixel(&decoded, x, y, (uint8_t)(x * 255 / 19),
                        (uint8_t)(y * 255 / 13), (uint8_t)(x * y * 3));
            }
        }
        assert_int_equal(decoded.info.orientation, 1);
        decoded_finish(&decoded);
    }
}

/* As it is stored; the resampler turns it, once. */
static void
the_orientation_is_told_and_not_applied(void **state)
{
    (void)state;
    struct decoded turned = decode("jpegxl/turned");
    struct decoded upright = decode("jpegxl/lossless");
    assert_int_equal(turned.info.orientation, 6);
    assert_int_equal(turned.info.width_px, 20);
    assert_int_equal(turned.info.height_px, 14);
    unsigned long total = 0;
    for (size_t i = 0; i < (size_t)20 * 14 * 3; i++) {
        total += (unsigned long)abs(
                (int)turned.pixels[i] - (int)upright.pixels[i]);
    }
    assert_in_range(total, 1, 20 * 14 * 3 * 16);
    decoded_finish(&turned);
    decoded_finish(&upright);
}

/* Of a wider space the same numbers mean stronger colours: what was coded by
   vision comes out as such, and not as its profile's numbers. */
static void
colours_coded_by_vision_come_in_srgb(void **state)
{
    (void)state;
    struct decoded wide = decode("jpegxl/wide_lossy");
    struct decoded plain = decode("jpegxl/lossy");
    const uint8_t *w = wide.pixels + (size_t)3 * (7 * 20 + 7);
    const uint8_t *p = plain.pixels + (size_t)3 * (7 * 20 + 7);
    assert_true(w[0] + 15 < p[0]); /* less red beside its green */
    decoded_finish(&wide);
    decoded_finish(&plain);
}

/* Frames that are laid over each other make one picture, and each counts. */
static void
layers_are_added_up_and_counted(void **state)
{
    (void)state;
    static const uint8_t pixels[] = { 20, 30, 40, 1, 2, 3 };
    for (uint32_t n = 1; n <= 3; n++) {
        for (int animated = 0; animated < 2; animated++) {
            const struct jpegxl how = {
                .width = 2,
                .height = 1,
                .n_channels = 3,
                .is_lossless = true,
                .n_frames = n,
                .is_animated = animated,
            };
            struct picture picture = picture_jpegxl(&how, pixels);
            struct decoded decoded;
            struct fovea_error error;
            assert_ok(decode_bytes(picture.bytes, picture.size, NULL, &decoded,
                              &error),
                    &error);
            uint8_t n_added = animated ? 1 : (uint8_t)n;
            assert_pixel(&decoded, 0, 0, 20 * n_added, 30 * n_added,
                    40 * n_added);
            assert_int_equal(decoded.info.decode_work, 2 * 8 * n_added);
            decoded_finish(&decoded);
            free(picture.bytes);
        }
    }
}

static void
cut_files_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t n_spare;
    } cases[] = { { "jpegxl/lossless", 0 }, { "jpegxl/lossy", 0 },
        { "jpegxl/container", 0 }, { "jpegxl/grey", 0 },
        { "jpegxl/progressive", 0 }, { "jpegxl/alpha", 0 } };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        assert_int_equal(assert_cut(cases[i].name, cases[i].n_spare), 0);
    }
}

static void
what_is_wrong_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum fovea_status status;
        const char *part;
    } cases[] = {
        { "jpegxl/bad_header", FOVEA_ERR_IMAGE_CORRUPT, "JPEG XL: " },
        { "jpegxl/bad_bits", FOVEA_ERR_IMAGE_CORRUPT, "JPEG XL: " },
        { "jpegxl/bad_container", FOVEA_ERR_IMAGE_TRUNCATED, "the data end" },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        size_t size = 0;
        uint8_t *bytes = read_picture(cases[i].name, &size);
        assert_undecodable(bytes, size, cases[i].status, cases[i].part);
        free(bytes);
    }
}

/* libhwy would read its clock for 3 ms when it is loaded. */
static void
no_clock_is_measured_by_loading(void **state)
{
    (void)state;
    uint64_t (*tick)(void) = NULL;
    void *symbol = dlsym(RTLD_DEFAULT, "_ZN3hwy8platform15TimerResolutionEv");
    assert_non_null(symbol);
    memcpy(&tick, &symbol, sizeof tick);
    assert_int_equal(tick(), 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_corpus_is_read_as_djxl_reads_it),
        cmocka_unit_test(every_limit_is_checked_before_pixels),
        cmocka_unit_test(lossless_pictures_are_what_was_encoded),
        cmocka_unit_test(the_orientation_is_told_and_not_applied),
        cmocka_unit_test(colours_coded_by_vision_come_in_srgb),
        cmocka_unit_test(layers_are_added_up_and_counted),
        cmocka_unit_test(cut_files_are_told),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(no_clock_is_measured_by_loading),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
