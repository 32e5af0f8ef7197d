/*
 * The streaming resize, held against Pillow and PyTorch: the cases and their hashes are
 * tests/golden/resample.inc, made by tests/golden/make_resample.py.
 */
#include "base/macros.h"
#include "image/resample.h"
#include "image/resample_kernels.h"
#include "image/resample_wide.h"
#include "support/test.h"

struct golden_case {
    enum fovea_pixels pixels;
    enum fovea_filter filter;
    uint32_t width;
    uint32_t height;
    unsigned orientation;
    uint32_t resized_width;
    uint32_t resized_height;
    uint32_t crop_width;
    uint32_t crop_height;
    uint64_t hash;
};

static const struct golden_case cases[] = {
#include "../golden/resample.inc"
};

/* As source() of make_resample.py. */
static uint8_t *
draw_source(uint32_t width, uint32_t height)
{
    size_t n = (size_t)width * height * 3;
    uint8_t *samples = malloc(n);
    assert_non_null(samples);
    uint32_t state = width * 65537U + height;
    for (size_t i = 0; i < n; i++) {
        state = (uint32_t)((uint64_t)state * 1664525U + 1013904223U);
        samples[i] = (uint8_t)(state >> 24);
    }
    return samples;
}

static uint64_t
fnv1a(const uint8_t *bytes, size_t n)
{
    uint64_t value = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < n; i++) {
        value = (value ^ bytes[i]) * UINT64_C(0x100000001b3);
    }
    return value;
}

static struct fovea_resample_plan
plan_of(const struct golden_case *golden)
{
    return (struct fovea_resample_plan){
        .pixels = golden->pixels,
        .filter = golden->filter,
        .rows = fovea_image_rows_as_stored(golden->width, golden->height),
        .orientation = golden->orientation,
        .resized_width_px = golden->resized_width,
        .resized_height_px = golden->resized_height,
        .left_px = (golden->resized_width - golden->crop_width) / 2,
        .top_px = (golden->resized_height - golden->crop_height) / 2,
        .crop_width_px = golden->crop_width,
        .crop_height_px = golden->crop_height,
        .canvas_width_px = golden->crop_width,
    };
}

/* The window of a case; *done_at_out is the number of rows it took. */
static void
resize(const struct golden_case *golden, uint8_t *pixels, uint32_t *done_at_out)
{
    struct fovea_error error;
    struct fovea_resample_plan plan = plan_of(golden);
    struct fovea_resampler *resampler = NULL;
    assert_ok(fovea_resampler_create(&plan, pixels, &resampler, &error),
            &error);
    FOVEA_AUTO_FREE uint8_t *source =
            draw_source(golden->width, golden->height);
    *done_at_out = 0;
    for (uint32_t y = 0; y < golden->height; y++) {
        if (!fovea_resampler_is_done(resampler)) {
            (*done_at_out)++;
        }
        fovea_resampler_push(resampler, source + (size_t)y * golden->width * 3);
    }
    assert_true(fovea_resampler_is_done(resampler));
    fovea_resampler_destroy(resampler);
}

static void
every_case_equals_the_reference(void **state)
{
    (void)state;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        const struct golden_case *golden = &cases[i];
        size_t size = (size_t)golden->crop_width * golden->crop_height * 3;
        FOVEA_AUTO_FREE uint8_t *pixels = malloc(size);
        assert_non_null(pixels);
        uint32_t rows = 0;
        resize(golden, pixels, &rows);
        if (fnv1a(pixels, size) != golden->hash) {
            fail_msg("case %zu: pixels %d, filter %d, %ux%u, orientation %u", i,
                    (int)golden->pixels, (int)golden->filter, golden->width,
                    golden->height, golden->orientation);
        }
    }
}

static void
rows_below_the_window_are_not_needed(void **state)
{
    (void)state;
    struct golden_case tall = {
        .filter = FOVEA_FILTER_BILINEAR,
        .width = 4,
        .height = 400,
        .orientation = 1,
        .resized_width = 2,
        .resized_height = 200,
        .crop_width = 2,
        .crop_height = 2,
    };
    uint8_t pixels[12];
    uint32_t rows = 0;
    resize(&tall, pixels, &rows);
    assert_in_range(rows, 200, 206);
}

/* The vector code of the inner loops against sums written down plainly. */
static void
check_kernels(enum fovea_pixels pixels)
{
    struct fovea_axis axis = { .source_px = 301,
        .extent = 301,
        .resized_px = 40,
        .first_px = 3,
        .n_px = 33 };
    struct fovea_filter_table table;
    struct fovea_error error;
    assert_ok(fovea_filter_table_init(&table, pixels, FOVEA_FILTER_BICUBIC,
                      &axis, &error),
            &error);
    FOVEA_AUTO_FREE uint8_t *source = draw_source(301, 1);
    size_t width = table.end - table.begin;
    size_t stride = width + table.n_taps;
    FOVEA_AUTO_FREE int16_t *planes = calloc(3 * stride, sizeof *planes);
    uint8_t line[33 * 3];
    const uint8_t *needed = source + 3 * (size_t)table.begin;
    fovea_resample_split(needed, width, planes, stride);
    fovea_resample_line(&table, planes, stride, line);
    uint8_t plain[sizeof line];
    fovea_resample_line_plain(&table, planes, stride, plain);
    assert_memory_equal(line, plain, sizeof line);
    for (size_t i = 0; i < sizeof line; i++) {
        size_t output = i / 3;
        const uint8_t *rows[301];
        int32_t weights[301];
        int64_t sum = INT64_C(1) << (table.n_bits - 1);
        uint32_t count = table.counts[output];
        for (uint32_t t = 0; t < count; t++) {
            rows[t] = source + 3 * ((size_t)table.firsts[output] + t) + i % 3;
            weights[t] = fovea_filter_weight(&table, output, t);
            sum += (int64_t)weights[t] * *rows[t];
        }
        int64_t value = sum >> table.n_bits;
        value = value < 0 ? 0 : (value > 255 ? 255 : value);
        assert_int_equal(line[i], value);
        uint8_t stacked = 0;
        fovea_resample_stack(rows, weights, count, 1, table.n_bits, &stacked);
        assert_int_equal(stacked, value);
    }
    fovea_filter_table_finish(&table);
}

static void
kernels_equal_plain_sums(void **state)
{
    (void)state;
    check_kernels(FOVEA_PIXELS_PIL);
    check_kernels(FOVEA_PIXELS_TORCHVISION);
}

/* The planes of exactly the size that is asked for: a sanitizer sees a step too
   far. Gives whether the CPU has what it takes. */
static bool
check_wide(enum fovea_pixels pixels, enum fovea_filter filter,
        const struct fovea_axis *axis)
{
    struct fovea_filter_table table;
    struct fovea_wide_filter wide;
    struct fovea_error error;
    assert_ok(fovea_filter_table_init(&table, pixels, filter, axis, &error),
            &error);
    assert_ok(fovea_wide_filter_init(&table, &wide, &error), &error);
    if (!wide.digits) {
        fovea_filter_table_finish(&table);
        return false;
    }
    FOVEA_AUTO_FREE uint8_t *source = draw_source(axis->source_px, 1);
    const uint8_t *needed = source + 3 * (size_t)table.begin;
    size_t width = table.end - table.begin;
    size_t stride = width + wide.n_taps + FOVEA_WIDE_LANES;
    size_t size = 3 * (size_t)table.n_outputs;
    FOVEA_AUTO_FREE uint8_t *bytes = calloc(3 * stride, 1);
    FOVEA_AUTO_FREE int16_t *planes =
            calloc(3 * (width + table.n_taps), sizeof *planes);
    FOVEA_AUTO_FREE uint8_t *line = malloc(size);
    FOVEA_AUTO_FREE uint8_t *plain = malloc(size);
    assert_true(bytes && planes && line && plain);
    fovea_wide_split(needed, width, bytes, stride);
    fovea_wide_line(&wide, bytes, stride, line);
    fovea_resample_split(needed, width, planes, width + table.n_taps);
    fovea_resample_line_plain(&table, planes, width + table.n_taps, plain);
    assert_memory_equal(line, plain, size);
    fovea_wide_filter_finish(&wide);
    fovea_filter_table_finish(&table);
    return true;
}

static void
wide_kernels_equal_plain_ones(void **state)
{
    (void)state;
    unsigned n = 0;
    for (uint32_t source_px = 60; source_px < 900; source_px += 7) {
        const struct fovea_axis axes[] = {
            { .source_px = source_px, .resized_px = 6, .n_px = 6 },
            { .source_px = source_px,
                    .resized_px = 9,
                    .first_px = 2,
                    .n_px = 5,
                    .mirrored = true },
            { .source_px = source_px, .resized_px = 40, .n_px = 40 },
        };
        for (size_t i = 0; i < FOVEA_ARRAY_LEN(axes); i++) {
            struct fovea_axis axis = axes[i];
            axis.extent = (double)source_px - (i == 1 ? 0.375 : 0.0);
            n += check_wide(FOVEA_PIXELS_PIL, FOVEA_FILTER_BICUBIC, &axis);
            n += check_wide(FOVEA_PIXELS_PIL, FOVEA_FILTER_BILINEAR, &axis);
            n += check_wide(FOVEA_PIXELS_TORCHVISION, FOVEA_FILTER_BICUBIC,
                    &axis);
        }
    }
    print_message("# %u lines\n", n);
    if (n == 0) {
        print_message("# no such CPU\n");
    }
}

/* As many fractional bits as leave the largest weight of the axis in 16: that may
   be one outside the window. */
static void
torchvisions_weights_fit_16_bits(void **state)
{
    (void)state;
    static const struct {
        uint32_t source_px;
        uint32_t resized_px;
        enum fovea_filter filter;
        unsigned n_bits;
    } axes[] = {
        { 8, 8, FOVEA_FILTER_BICUBIC, 14 },
        { 1, 100, FOVEA_FILTER_BICUBIC, 14 },
        { 7, 224, FOVEA_FILTER_BICUBIC, 14 },
        { 7, 224, FOVEA_FILTER_BILINEAR, 14 },
        { 225, 224, FOVEA_FILTER_BICUBIC, 15 },
        { 448, 224, FOVEA_FILTER_BILINEAR, 16 },
        { 65535, 4, FOVEA_FILTER_BILINEAR, 22 },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(axes); i++) {
        struct fovea_axis axis = { .source_px = axes[i].source_px,
            .extent = axes[i].source_px,
            .resized_px = axes[i].resized_px,
            .first_px = axes[i].resized_px / 2,
            .n_px = 1 };
        struct fovea_filter_table table;
        struct fovea_error error;
        assert_ok(fovea_filter_table_init(&table, FOVEA_PIXELS_TORCHVISION,
                          axes[i].filter, &axis, &error),
                &error);
        assert_int_equal(table.n_bits, axes[i].n_bits);
        assert_null(table.lows);
        fovea_filter_table_finish(&table);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_equals_the_reference),
        cmocka_unit_test(rows_below_the_window_are_not_needed),
        cmocka_unit_test(kernels_equal_plain_sums),
        cmocka_unit_test(wide_kernels_equal_plain_ones),
        cmocka_unit_test(torchvisions_weights_fit_16_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
