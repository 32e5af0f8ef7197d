/* Layer norm of both vector widths, against sums written out in double. */
#include <math.h>

#include "base/macros.h"
#include "base/size.h"
#include "engine/cpu/bf16.h"
#include "engine/cpu/norm.h"
#include "support/test.h"

enum {
    MOST_ROWS = 9
};

typedef void (*norm_function)(const float *x, size_t n,
        const struct fovea_norm *norm, const struct fovea_rows *out);

/* As many as the CPU has, AVX2 first. */
static size_t
list_kernels(norm_function kernels[2])
{
    kernels[0] = fovea_norm_avx2;
    kernels[1] = fovea_norm_avx512;
    return __builtin_cpu_supports("avx512f") &&
                    __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512dq") &&
                    __builtin_cpu_supports("avx512vl")
            ? 2
            : 1;
}

struct scene {
    size_t n;
    size_t width;
    float *x; /* [n][width] */
    float *weight;
    float *bias;
    struct fovea_norm norm;
};

static float *
make_floats(size_t n, uint32_t *noise)
{
    float *values = calloc(n, sizeof *values);
    assert_non_null(values);
    for (size_t i = 0; i < n; i++) {
        *noise = *noise * 1664525U + 1013904223U;
        values[i] = (float)(*noise >> 8) * 0x1p-22F - 1.0F;
    }
    return values;
}

static struct scene
make_scene(size_t n, size_t width, uint32_t *noise)
{
    struct scene scene = { n, width, make_floats(n * width, noise),
        make_floats(width, noise), make_floats(width, noise), { 0 } };
    scene.norm = (struct fovea_norm){ scene.weight, scene.bias, 1e-5F, width };
    return scene;
}

static void
drop_scene(struct scene *scene)
{
    free(scene->x);
    free(scene->weight);
    free(scene->bias);
}

static double
expected_at(const struct scene *scene, size_t row, size_t column)
{
    const float *x = scene->x + row * scene->width;
    double mean = 0.0;
    double variance = 0.0;
    for (size_t i = 0; i < scene->width; i++) {
        mean += (double)x[i] / (double)scene->width;
    }
    for (size_t i = 0; i < scene->width; i++) {
        variance += ((double)x[i] - mean) * ((double)x[i] - mean) /
                (double)scene->width;
    }
    return ((double)x[column] - mean) / sqrt(variance + (double)1e-5F) *
            (double)scene->weight[column] +
            (double)scene->bias[column];
}

static float
element_at(const struct fovea_rows *rows, size_t row, size_t column)
{
    const void *at = fovea_rows_at(rows, row, column);
    float value;
    if (rows->element == FOVEA_ELEMENT_BF16) {
        uint16_t half;
        memcpy(&half, at, sizeof half);
        const uint32_t bits = (uint32_t)half << 16;
        memcpy(&value, &bits, sizeof value);
    } else {
        memcpy(&value, at, sizeof value);
    }
    return value;
}

/* No larger than what it holds, so that writing past it is seen. */
static struct fovea_rows
make_rows(const struct scene *scene, enum fovea_element element,
        bool is_blocked)
{
    const size_t bytes = scene->width * fovea_element_size(element);
    const size_t row_bytes =
            is_blocked ? fovea_round_up(bytes, FOVEA_LINE_BYTES) : bytes;
    void *base = malloc(scene->n * row_bytes);
    assert_non_null(base);
    memset(base, 0xff, scene->n * row_bytes);
    return is_blocked ? fovea_rows_blocked(base, scene->n, element)
                      : fovea_rows_dense(base, scene->width, element);
}

static void
check(norm_function run, const struct scene *scene, enum fovea_element element,
        bool is_blocked)
{
    const struct fovea_rows out = make_rows(scene, element, is_blocked);
    run(scene->x, scene->n, &scene->norm, &out);
    for (size_t row = 0; row < scene->n; row++) {
        for (size_t i = 0; i < scene->width; i++) {
            const double expected = expected_at(scene, row, i);
            const double got = (double)element_at(&out, row, i);
            const double most = element == FOVEA_ELEMENT_BF16
                    ? 1e-5 + fabs(expected) * 0x1p-8
                    : 1e-5;
            assert_true(fabs(got - expected) <= most);
        }
    }
    free(out.base);
}

static void
every_width_is_as_written_out(void **state)
{
    (void)state;
    norm_function kernels[2];
    const size_t n_kernels = list_kernels(kernels);
    uint32_t noise = 1;
    for (size_t width = 1; width <= 700; width += width < 70 ? 1 : 209) {
        for (size_t n = 1; n <= MOST_ROWS; n++) {
            struct scene scene = make_scene(n, width, &noise);
            for (size_t k = 0; k < 4 * n_kernels; k++) {
                check(kernels[k / 4], &scene,
                        k & 1U ? FOVEA_ELEMENT_BF16 : FOVEA_ELEMENT_F32,
                        (k & 2U) != 0);
            }
            drop_scene(&scene);
        }
    }
}

/* Alone, among others, in its own place, and by whatever instructions. */
static void
a_rows_bits_are_its_own(void **state)
{
    (void)state;
    norm_function kernels[2];
    const size_t n_kernels = list_kernels(kernels);
    uint32_t noise = 2;
    for (size_t width = 1; width <= 300; width += width < 40 ? 1 : 37) {
        struct scene scene = make_scene(MOST_ROWS, width, &noise);
        const size_t size = width * sizeof(float);
        const struct fovea_rows one =
                make_rows(&scene, FOVEA_ELEMENT_F32, false);
        for (size_t row = 0; row < MOST_ROWS; row++) {
            const struct fovea_rows to = fovea_rows_from(&one, row);
            fovea_norm_avx2(scene.x + row * width, 1, &scene.norm, &to);
        }
        for (size_t k = 0; k < n_kernels; k++) {
            for (size_t n = 1; n <= MOST_ROWS; n++) {
                struct fovea_rows place =
                        make_rows(&scene, FOVEA_ELEMENT_F32, false);
                memcpy(place.base, scene.x, n * size);
                kernels[k](place.base, n, &scene.norm, &place);
                assert_memory_equal(place.base, one.base, n * size);
                free(place.base);
            }
        }
        free(one.base);
        drop_scene(&scene);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_width_is_as_written_out),
        cmocka_unit_test(a_rows_bits_are_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
