/* Activations as rows: dense and blocked ones hold the same, wherever it lies. */
#include <string.h>

#include "base/macros.h"
#include "engine/cpu/kernels.h"
#include "engine/cpu/patches.h"
#include "engine/cpu/rows.h"
#include "support/test.h"

enum {
    N_ROWS = 5,
    WIDTH = 96, /* six lines of float32, three of bfloat16 */
};

/* A value that tells row and column. */
static float
value_at(size_t row, size_t column)
{
    return (float)(row * 1000 + column);
}

static float
read_at(const struct fovea_rows *rows, size_t row, size_t column)
{
    float value;
    memcpy(&value, fovea_rows_at(rows, row, column), sizeof value);
    return value;
}

static void
fill(const struct fovea_rows *rows)
{
    for (size_t r = 0; r < N_ROWS; r++) {
        for (size_t c = 0; c < WIDTH; c++) {
            const float value = value_at(r, c);
            memcpy(fovea_rows_at(rows, r, c), &value, sizeof value);
        }
    }
}

static void
rows_lie_where_it_is_said(void **state)
{
    (void)state;
    static float memory[N_ROWS * WIDTH];
    const struct fovea_rows dense =
            fovea_rows_dense(memory, WIDTH, FOVEA_ELEMENT_F32);
    fill(&dense);
    assert_true(fovea_rows_are_dense(&dense, WIDTH));
    assert_true(memory[3 * WIDTH + 17] == value_at(3, 17));

    const struct fovea_rows blocked =
            fovea_rows_blocked(memory, N_ROWS, FOVEA_ELEMENT_F32);
    fill(&blocked);
    assert_false(fovea_rows_are_dense(&blocked, WIDTH));
    /* The second line of the fourth row, its second value. */
    assert_true(memory[(1 * N_ROWS + 3) * 16 + 1] == value_at(3, 17));
    assert_int_equal(fovea_rows_line_width(&blocked), 16);
}

static void
slices_begin_where_it_is_said(void **state)
{
    (void)state;
    static float memory[N_ROWS * WIDTH];
    static float scales[N_ROWS];
    struct fovea_rows kinds[] = {
        fovea_rows_dense(memory, WIDTH, FOVEA_ELEMENT_F32),
        fovea_rows_blocked(memory, N_ROWS, FOVEA_ELEMENT_F32),
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(kinds); i++) {
        fill(&kinds[i]);
        kinds[i].scales = scales;
        const struct fovea_rows later = fovea_rows_from(&kinds[i], 2);
        const struct fovea_rows right = fovea_rows_columns(&later, 32);
        assert_true(read_at(&later, 1, 40) == value_at(3, 40));
        assert_true(read_at(&right, 1, 40) == value_at(3, 72));
        assert_ptr_equal(right.scales, scales + 2);
    }
    /* Of dense rows any column may be the first. */
    const struct fovea_rows odd = fovea_rows_columns(&kinds[0], 5);
    fill(&kinds[0]);
    assert_true(read_at(&odd, 4, 0) == value_at(4, 5));
    kinds[0].scales = NULL;
    assert_null(fovea_rows_from(&kinds[0], 1).scales);
}

static void
a_row_is_copied_whole(void **state)
{
    (void)state;
    static float from_memory[N_ROWS * WIDTH];
    static float to_memory[N_ROWS * WIDTH];
    static const size_t widths[] = { 1, 16, 40, WIDTH };
    float from_scales[N_ROWS] = { 0.0F, 0.5F };
    float to_scales[N_ROWS] = { 0 };
    struct fovea_rows from =
            fovea_rows_blocked(from_memory, N_ROWS, FOVEA_ELEMENT_F32);
    struct fovea_rows to =
            fovea_rows_dense(to_memory, WIDTH, FOVEA_ELEMENT_F32);
    fill(&from);
    from.scales = from_scales;
    to.scales = to_scales;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(widths); i++) {
        memset(to_memory, 0, sizeof to_memory);
        fovea_rows_copy(&to, 3, &from, 1, widths[i]);
        for (size_t c = 0; c < WIDTH; c++) {
            assert_true(read_at(&to, 3, c) ==
                    (c < widths[i] ? value_at(1, c) : 0.0F));
        }
        assert_true(read_at(&to, 2, 0) == 0.0F && read_at(&to, 4, 0) == 0.0F);
        assert_true(to_scales[3] == from_scales[1]);
    }
}

/* What a layer norm leaves, in both kinds of rows, of each element. */
static void
a_norm_writes_the_same_bits_into_both(void **state)
{
    (void)state;
    static const enum fovea_element elements[] = { FOVEA_ELEMENT_F32,
        FOVEA_ELEMENT_BF16 };
    static float x[N_ROWS * WIDTH];
    static float weight[WIDTH];
    static float bias[WIDTH];
    static float dense_memory[N_ROWS * WIDTH];
    static float blocked_memory[N_ROWS * WIDTH];
    const struct fovea_norm norm = { weight, bias, 1e-5F, WIDTH };
    uint32_t noise = 1;
    for (size_t i = 0; i < N_ROWS * WIDTH; i++) {
        noise = noise * 1664525U + 1013904223U;
        x[i] = (float)(int32_t)noise * 0x1p-31F;
        weight[i % WIDTH] = x[i] + 1.0F;
        bias[i % WIDTH] = x[i] * 0.5F;
    }
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(elements); i++) {
        const struct fovea_rows dense =
                fovea_rows_dense(dense_memory, WIDTH, elements[i]);
        const struct fovea_rows blocked =
                fovea_rows_blocked(blocked_memory, N_ROWS, elements[i]);
        fovea_kernel_layer_norm(x, N_ROWS, &norm, &dense);
        fovea_kernel_layer_norm(x, N_ROWS, &norm, &blocked);
        for (size_t r = 0; r < N_ROWS; r++) {
            for (size_t c = 0; c < WIDTH; c++) {
                assert_memory_equal(fovea_rows_at(&dense, r, c),
                        fovea_rows_at(&blocked, r, c),
                        fovea_element_size(elements[i]));
            }
        }
    }
    /* And they are normal: mean 0 and variance 1 before weight and bias. */
    const struct fovea_rows dense =
            fovea_rows_dense(dense_memory, WIDTH, FOVEA_ELEMENT_F32);
    fovea_kernel_layer_norm(x, N_ROWS, &norm, &dense);
    double sum = 0.0;
    double square = 0.0;
    for (size_t c = 0; c < WIDTH; c++) {
        const double value = ((double)read_at(&dense, 2, c) - (double)bias[c]) /
                (double)weight[c];
        sum += value;
        square += value * value;
    }
    assert_true(sum / WIDTH < 1e-4 && sum / WIDTH > -1e-4);
    assert_true(square / WIDTH > 0.999 && square / WIDTH < 1.001);
}

/* Patches whose rows fill lines and samples that do not begin them. */
static void
patches_are_cut_into_both(void **state)
{
    (void)state;
    static const enum fovea_element elements[] = { FOVEA_ELEMENT_F32,
        FOVEA_ELEMENT_BF16 };
    static const size_t patches[] = { 32, 16, 8, 24 };
    enum {
        SIDE = 50
    };
    static uint8_t pixels[3 * SIDE * SIDE];
    static float dense_memory[3 * SIDE * SIDE];
    static float blocked_memory[3 * SIDE * SIDE];
    static const struct fovea_preprocess settings = { .rescale = 1.0F / 255.0F,
        .mean = { 0.1F, 0.2F, 0.3F },
        .std = { 0.4F, 0.5F, 0.6F } };
    struct fovea_pixel_table table;
    uint32_t noise = 1;
    fovea_pixel_table_init(&table, &settings);
    for (size_t i = 0; i < sizeof pixels; i++) {
        noise = noise * 1664525U + 1013904223U;
        pixels[i] = (uint8_t)(noise >> 24);
    }
    for (size_t i = 0; i < 2 * FOVEA_ARRAY_LEN(patches); i++) {
        const enum fovea_element element = elements[i % 2];
        const size_t patch = patches[i / 2];
        const size_t width = 3 * patch * patch;
        const size_t n = (SIDE / patch) * (SIDE / patch);
        const struct fovea_rows dense =
                fovea_rows_dense(dense_memory, width, element);
        const struct fovea_rows blocked =
                fovea_rows_blocked(blocked_memory, n, element);
        assert_true(fovea_rows_fill_lines(width, element));
        fovea_pixels_cut(&table, pixels, SIDE, patch, &dense);
        fovea_pixels_cut(&table, pixels, SIDE, patch, &blocked);
        for (size_t c = 0; c < n * width; c++) {
            assert_memory_equal(fovea_rows_at(&dense, c / width, c % width),
                    fovea_rows_at(&blocked, c / width, c % width),
                    fovea_element_size(element));
        }
        if (element == FOVEA_ELEMENT_F32) {
            /* The blue sample at (1, 2) of the last patch. */
            const size_t at = (SIDE / patch - 1) * patch;
            const uint8_t sample = pixels[3 * ((at + 2) * SIDE + at + 1) + 2];
            assert_true(read_at(&blocked, n - 1,
                                2 * patch * patch + 2 * patch + 1) ==
                    table.value[2][sample]);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_lie_where_it_is_said),
        cmocka_unit_test(slices_begin_where_it_is_said),
        cmocka_unit_test(a_row_is_copied_whole),
        cmocka_unit_test(a_norm_writes_the_same_bits_into_both),
        cmocka_unit_test(patches_are_cut_into_both),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
