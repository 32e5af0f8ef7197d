/*
 * Pixels of the fast profile, held against what Pillow, dwebp and OpenJPEG's own
 * program make of the samples: the cases are tests/golden/fast.inc, made by
 * tests/golden/make_fast.py.
 */
#include "base/macros.h"
#include "image/preprocess.h"
#include "option/limits.h"
#include "support/test.h"

struct golden_case {
    const char *name;
    uint32_t edge;
    enum fovea_filter filter;
    unsigned shrink;
    uint64_t hash;
};

static const struct golden_case cases[] = {
#include "../golden/fast.inc"
};

static uint64_t
fnv1a(const uint8_t *bytes, size_t n)
{
    uint64_t value = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < n; i++) {
        value = (value ^ bytes[i]) * UINT64_C(0x100000001b3);
    }
    return value;
}

static struct fovea_preprocess
settings_of(const struct golden_case *golden, enum fovea_pixels pixels)
{
    return (struct fovea_preprocess){
        .pixels = pixels,
        .filter = golden->filter,
        .resize = FOVEA_RESIZE_SHORTEST,
        .resize_height_px = golden->edge,
        .resize_width_px = golden->edge,
        .crop_height_px = golden->edge,
        .crop_width_px = golden->edge,
    };
}

static void
make_crop(const struct golden_case *golden, enum fovea_pixels pixels,
        uint8_t *crop, struct fovea_image_info *info_out)
{
    char path[512];
    const char *root = getenv("FOVEA_SOURCE_ROOT");
    struct fovea_error error;
    struct fovea_limits limits = { 0 };
    limits = fovea_limits_resolve(&limits);
    const struct fovea_preprocess settings = settings_of(golden, pixels);
    (void)snprintf(path, sizeof path, "%s/samples/%s", root ? root : ".",
            golden->name);
    struct fovea_input input = FOVEA_INPUT_INIT;
    assert_ok(fovea_input_open_file(path, &input, &error), &error);
    assert_ok(fovea_preprocess_image(&settings, &limits, NULL, &input, crop,
                      info_out, &error),
            &error);
    fovea_input_finish(&input);
}

static void
every_case_equals_the_reference(void **state)
{
    (void)state;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        const struct golden_case *golden = &cases[i];
        size_t size = (size_t)golden->edge * golden->edge * 3;
        FOVEA_AUTO_FREE uint8_t *crop = malloc(size);
        assert_non_null(crop);
        struct fovea_image_info info;
        make_crop(golden, FOVEA_PIXELS_FAST, crop, &info);
        uint32_t shrink = golden->shrink;
        assert_int_equal(info.rows.width_px,
                (info.width_px + shrink - 1) / shrink);
        assert_int_equal(info.rows.height_px,
                (info.height_px + shrink - 1) / shrink);
        if (fnv1a(crop, size) != golden->hash) {
            fail_msg("%s at %u, filter %d, %u times smaller", golden->name,
                    golden->edge, (int)golden->filter, golden->shrink);
        }
    }
}

/* What no decoder makes smaller is equal to Pillow's; what is made smaller
   shows the same picture. */
static void
it_is_near_the_exact_one(void **state)
{
    (void)state;
    unsigned n_equal = 0;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        const struct golden_case *golden = &cases[i];
        size_t size = (size_t)golden->edge * golden->edge * 3;
        FOVEA_AUTO_FREE uint8_t *fast = malloc(size);
        FOVEA_AUTO_FREE uint8_t *exact = malloc(size);
        assert_true(fast && exact);
        struct fovea_image_info info;
        make_crop(golden, FOVEA_PIXELS_FAST, fast, &info);
        make_crop(golden, FOVEA_PIXELS_PIL, exact, &info);
        unsigned long sum = 0;
        for (size_t at = 0; at < size; at++) {
            sum += (unsigned long)abs(fast[at] - exact[at]);
        }
        if (golden->shrink == 1) {
            assert_int_equal(sum, 0);
            n_equal++;
        } else if (sum > 5 * size) {
            fail_msg("%s at %u: %.2f levels from the exact one", golden->name,
                    golden->edge, (double)sum / (double)size);
        }
    }
    assert_true(n_equal > 0);
}

/* HEIC comes in its own size, only less carefully, where it is to become far smaller. */
static void
edges_of_blocks_are_left(void **state)
{
    (void)state;
    static const struct {
        struct golden_case golden;
        bool differs;
    } heics[] = {
        { { "formats/still.heic", 22, FOVEA_FILTER_BICUBIC, 1, 0 }, true },
        { { "formats/still.heic", 24, FOVEA_FILTER_BICUBIC, 1, 0 }, false },
        { { "formats/still.avif", 22, FOVEA_FILTER_BICUBIC, 1, 0 }, false },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(heics); i++) {
        const struct golden_case *golden = &heics[i].golden;
        uint8_t fast[24 * 24 * 3] = { 0 };
        uint8_t exact[24 * 24 * 3] = { 0 };
        struct fovea_image_info info;
        make_crop(golden, FOVEA_PIXELS_FAST, fast, &info);
        make_crop(golden, FOVEA_PIXELS_PIL, exact, &info);
        unsigned long sum = 0;
        for (size_t at = 0; at < sizeof fast; at++) {
            sum += (unsigned long)abs(fast[at] - exact[at]);
        }
        assert_int_equal(info.rows.width_px, info.width_px);
        assert_int_equal(sum > 0, heics[i].differs);
        assert_true(sum <= 3 * sizeof fast);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_equals_the_reference),
        cmocka_unit_test(it_is_near_the_exact_one),
        cmocka_unit_test(edges_of_blocks_are_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
