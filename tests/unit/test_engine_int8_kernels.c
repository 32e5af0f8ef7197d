/*
 * Rows that become 8 bits, and the epilogue of their products, against the same
 * written out: exactly where arithmetic is exact or rounded once, and against double
 * precision where a function is approximated.
 */
#include <float.h>
#include <math.h>

#include "base/macros.h"
#include "engine/cpu/bf16.h"
#include "engine/cpu/int8_kernels.h"
#include "support/test.h"

enum {
    MOST = 200
};

static float
noise_next(uint32_t *noise)
{
    *noise = *noise * 1664525U + 1013904223U;
    return (float)(*noise >> 8) * 0x1p-22F - 2.0F;
}

static float
widened(uint16_t half)
{
    uint32_t bits = (uint32_t)half << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static float
largest(const float *values, size_t n)
{
    float most = 0.0F;
    for (size_t i = 0; i < n; i++) {
        most = fmaxf(most, fabsf(values[i]));
    }
    return most;
}

static void
check_row(const float *values, size_t n, const void *elements,
        enum fovea_element element)
{
    uint8_t out[MOST + 1];
    memset(out, 77, sizeof out);
    const float scale = fovea_int8_quantise(elements, element, n, out);
    const float exact = largest(values, n) / 127.0F;
    assert_true(scale == fmaxf(exact, FLT_MIN));
    const float inverse = 1.0F / scale;
    for (size_t i = 0; i < n; i++) {
        /* Exact: 24 bits by 24. */
        const double q = nearbyint((double)values[i] * (double)inverse);
        assert_true(q >= -127.0 && q <= 127.0);
        assert_int_equal(out[i], (int)q + FOVEA_INT8_ZERO);
        assert_true(fabs(q * (double)scale - (double)values[i]) <=
                0.5001 * (double)scale);
    }
    assert_int_equal(out[n], 77);
}

static void
a_row_is_rounded_to_the_nearest_of_its_own_scale(void **state)
{
    (void)state;
    uint32_t noise = 3;
    for (size_t n = 1; n <= MOST; n++) {
        float values[MOST];
        uint16_t halves[MOST];
        float of_halves[MOST];
        for (size_t i = 0; i < n; i++) {
            values[i] = noise_next(&noise) * (i % 7 == 3 ? 40.0F : 1.0F);
            halves[i] = fovea_to_bf16(values[i]);
            of_halves[i] = widened(halves[i]);
        }
        check_row(values, n, values, FOVEA_ELEMENT_F32);
        check_row(of_halves, n, halves, FOVEA_ELEMENT_BF16);
    }
}

static void
halves_are_rounded_to_even(void **state)
{
    (void)state;
    const float values[] = { 127.0F, 0.5F, 1.5F, 2.5F, -0.5F, -1.5F, -2.5F,
        -127.0F };
    const int q[] = { 127, 0, 2, 2, 0, -2, -2, -127 };
    uint8_t out[FOVEA_ARRAY_LEN(values)];
    assert_true(fovea_int8_quantise(values, FOVEA_ELEMENT_F32,
                        FOVEA_ARRAY_LEN(values), out) == 1.0F);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(values); i++) {
        assert_int_equal(out[i], q[i] + FOVEA_INT8_ZERO);
    }
}

static void
rows_of_nothing_and_of_too_little_are_zeros(void **state)
{
    (void)state;
    const float least[] = { 0.0F, -0.0F, 0x1p-149F, -0x1p-140F };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(least); i++) {
        float values[33];
        uint8_t out[33];
        for (size_t k = 0; k < FOVEA_ARRAY_LEN(values); k++) {
            values[k] = least[i];
        }
        assert_true(fovea_int8_quantise(values, FOVEA_ELEMENT_F32,
                            FOVEA_ARRAY_LEN(values), out) == FLT_MIN);
        for (size_t k = 0; k < FOVEA_ARRAY_LEN(values); k++) {
            assert_int_equal(out[k], FOVEA_INT8_ZERO);
        }
    }
}

enum {
    N_ROWS = 5,
    WIDTH = 192
};

/* Rows of values, dense and blocked, and rows of bytes for each. */
struct layouts {
    float values[N_ROWS * WIDTH];
    float scales[2][N_ROWS];
    struct fovea_rows from[2];
    struct fovea_rows to[2];
};

static void
make_layouts(struct layouts *layouts, enum fovea_element element)
{
    const size_t size = N_ROWS * WIDTH * sizeof(float);
    for (size_t i = 0; i < 2; i++) {
        void *from = aligned_alloc(FOVEA_OPERAND_ALIGNMENT, size);
        void *to = aligned_alloc(FOVEA_OPERAND_ALIGNMENT, size);
        assert_true(from && to);
        layouts->from[i] = i ? fovea_rows_blocked(from, N_ROWS, element)
                             : fovea_rows_dense(from, WIDTH, element);
        layouts->to[i] = i ? fovea_rows_blocked(to, N_ROWS, FOVEA_ELEMENT_U8)
                           : fovea_rows_dense(to, WIDTH, FOVEA_ELEMENT_U8);
        layouts->to[i].scales = layouts->scales[i];
        for (size_t k = 0; k < N_ROWS * WIDTH; k++) {
            void *at = fovea_rows_at(&layouts->from[i], k / WIDTH, k % WIDTH);
            if (element == FOVEA_ELEMENT_BF16) {
                *(uint16_t *)at = fovea_to_bf16(layouts->values[k]);
            } else {
                *(float *)at = layouts->values[k];
            }
        }
    }
}

/* However they lie, they are as a row in one piece. */
static void
check_layouts(enum fovea_element element, uint32_t *noise)
{
    struct layouts layouts;
    for (size_t i = 0; i < N_ROWS * WIDTH; i++) {
        layouts.values[i] = noise_next(noise) * (float)(1 + i / WIDTH);
    }
    make_layouts(&layouts, element);
    for (size_t i = 0; i < 4; i++) {
        const struct fovea_rows *to = &layouts.to[i % 2];
        fovea_int8_quantise_rows(&layouts.from[i / 2], N_ROWS, WIDTH, to);
        for (size_t row = 0; row < N_ROWS; row++) {
            uint8_t wanted[WIDTH];
            const float scale = fovea_int8_quantise(
                    fovea_rows_line(&layouts.from[0], row, 0), element, WIDTH,
                    wanted);
            assert_true(to->scales[row] == scale);
            for (size_t k = 0; k < WIDTH; k++) {
                assert_int_equal(*(uint8_t *)fovea_rows_at(to, row, k),
                        wanted[k]);
            }
        }
    }
    for (size_t i = 0; i < 2; i++) {
        free(layouts.from[i].base);
        free(layouts.to[i].base);
    }
}

static void
rows_are_the_same_however_they_lie(void **state)
{
    (void)state;
    uint32_t noise = 29;
    check_layouts(FOVEA_ELEMENT_F32, &noise);
    check_layouts(FOVEA_ELEMENT_BF16, &noise);
}

/* What an engine makes of such a row must be seen not to be finite. */
static void
what_is_not_finite_stays_so(void **state)
{
    (void)state;
    const float wrong[] = { NAN, -NAN, INFINITY, -INFINITY };
    const float scale[] = { 0.25F };
    const float bias[] = { 1.0F };
    const int32_t offset[] = { 128 };
    const int32_t sum[] = { 128 };
    const struct fovea_int8_columns columns = { scale, offset, bias };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(wrong); i++) {
        for (size_t at = 0; at < MOST; at += 13) {
            float values[MOST] = { 0 };
            uint8_t out[MOST];
            values[at] = wrong[i];
            float row =
                    fovea_int8_quantise(values, FOVEA_ELEMENT_F32, MOST, out);
            assert_true(!isfinite(row));
            for (enum fovea_post post = FOVEA_POST_NONE; post <= FOVEA_POST_ADD;
                    post++) {
                float result = 0.0F;
                fovea_int8_epilogue(sum, 1, row, &columns, post, &result);
                assert_true(!isfinite(result));
            }
        }
    }
}

static double
activated(double x, enum fovea_post post)
{
    switch (post) {
    case FOVEA_POST_QUICK_GELU:
        return x / (1.0 + exp(-1.702 * x));
    case FOVEA_POST_GELU:
        return 0.5 * x * erfc(-x / sqrt(2.0));
    case FOVEA_POST_GELU_TANH:
        return 0.5 * x *
                (1.0 +
                        tanh(sqrt(2.0 / acos(-1.0)) *
                                (x + 0.044715 * x * x * x)));
    case FOVEA_POST_ADD:
    case FOVEA_POST_NONE:
    default:
        return x;
    }
}

/* A product's columns, [n], and sums that they go with. */
struct columns {
    float scale[MOST];
    float bias[MOST];
    int32_t offset[MOST];
    int32_t sums[MOST];
    float residual[MOST];
};

static void
draw_columns(struct columns *columns, uint32_t *noise)
{
    for (size_t i = 0; i < MOST; i++) {
        columns->scale[i] = fabsf(noise_next(noise)) * 0.01F + 1e-4F;
        columns->bias[i] = noise_next(noise);
        columns->offset[i] = (int32_t)(noise_next(noise) * 4e7F);
        columns->sums[i] = columns->offset[i] +
                (int32_t)(noise_next(noise) * (i % 5 ? 4e4F : 4e7F));
        columns->residual[i] = noise_next(noise);
    }
}

static void
check_epilogue(const struct columns *drawn, size_t n, enum fovea_post post)
{
    const struct fovea_int8_columns columns = { drawn->scale, drawn->offset,
        drawn->bias };
    const float row_scale = 0.0123F;
    float out[MOST];
    memcpy(out, drawn->residual, sizeof out);
    fovea_int8_epilogue(drawn->sums, n, row_scale, &columns, post, out);
    for (size_t i = 0; i < n; i++) {
        const float sum = fmaf((float)(drawn->sums[i] - drawn->offset[i]),
                row_scale * drawn->scale[i], drawn->bias[i]);
        const struct fovea_int8_columns one = { drawn->scale + i,
            drawn->offset + i, drawn->bias + i };
        float alone = drawn->residual[i];
        fovea_int8_epilogue(drawn->sums + i, 1, row_scale, &one, post, &alone);
        assert_memory_equal(&alone, &out[i], sizeof alone);
        if (post == FOVEA_POST_NONE || post == FOVEA_POST_ADD) {
            const float before =
                    post == FOVEA_POST_ADD ? drawn->residual[i] : 0.0F;
            assert_true(out[i] == before + sum);
        }
        const double x = (double)sum;
        const double wanted = activated(x, post) +
                (post == FOVEA_POST_ADD ? (double)drawn->residual[i] : 0.0);
        assert_true(fabs((double)out[i] - wanted) <= 5e-7 * (1.0 + fabs(x)));
    }
    assert_memory_equal(out + n, drawn->residual + n, (MOST - n) * sizeof *out);
}

static void
the_epilogue_is_as_written_out_wherever_a_column_stands(void **state)
{
    (void)state;
    uint32_t noise = 11;
    for (size_t n = 1; n <= MOST; n += n < 34 ? 1 : 23) {
        for (enum fovea_post post = FOVEA_POST_NONE; post <= FOVEA_POST_ADD;
                post++) {
            static struct columns columns;
            draw_columns(&columns, &noise);
            check_epilogue(&columns, n, post);
        }
    }
}

/* From where exponents run out to where the functions are 0 or x. */
static void
activations_are_near_everywhere(void **state)
{
    (void)state;
    const float scale[] = { 1.0F };
    const int32_t zero[] = { 0 };
    const float most[] = { 200.0F, 20.0F, 1.0F, 1e-3F, 1e-30F };
    for (enum fovea_post post = FOVEA_POST_QUICK_GELU;
            post <= FOVEA_POST_GELU_TANH; post++) {
        for (size_t i = 0; i < FOVEA_ARRAY_LEN(most) * 2000; i++) {
            const float bias[] = { most[i / 2000] *
                ((float)(i % 2000) / 1000.0F - 1.0F) };
            const struct fovea_int8_columns columns = { scale, zero, bias };
            float out = 0.0F;
            fovea_int8_epilogue(zero, 1, 1.0F, &columns, post, &out);
            const double x = (double)bias[0];
            assert_true(fabs((double)out - activated(x, post)) <=
                    3e-7 * fmax(fabs(x), 1e-30));
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_is_rounded_to_the_nearest_of_its_own_scale),
        cmocka_unit_test(halves_are_rounded_to_even),
        cmocka_unit_test(rows_of_nothing_and_of_too_little_are_zeros),
        cmocka_unit_test(rows_are_the_same_however_they_lie),
        cmocka_unit_test(what_is_not_finite_stays_so),
        cmocka_unit_test(
                the_epilogue_is_as_written_out_wherever_a_column_stands),
        cmocka_unit_test(activations_are_near_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
