/*
 * Embeddings against tests/golden/reference.py, for checkpoints of every make,
 * and that a vector's bits depend on nothing but the image's.
 */
#include <math.h>

#include "support/golden.h"
#include "support/test.h"

enum {
    N_SAMPLES = 7,
    MAX_DIMENSION = 36,
    N_MIXED = 13, /* no multiple of any batch size tried below */
};

/* The rows of <model>.npy: EMBEDDED of reference.py. */
static const char *const samples[N_SAMPLES] = {
    "samples/scenes/forest.jpg",
    "samples/scenes/city_mirror.jpg",
    "samples/formats/orientation_6.jpg",
    "samples/formats/cmyk.jpg",
    "samples/formats/interlaced.png",
    "samples/formats/animated.webp",
    "samples/formats/rgb16.tif",
};

static const struct {
    const char *name;
    size_t dimension;
    const char *shape;
} models[] = {
    { "quick", 20, "(7, 20)" },
    { "full", 24, "(7, 24)" },
    { "sharded", 17, "(7, 17)" },
    { "open", 22, "(7, 22)" },
    { "siglip", 36, "(7, 36)" },
    { "dino", 36, "(7, 36)" },
    { "registers", 32, "(7, 32)" },
};

enum {
    N_MODELS = sizeof models / sizeof *models
};

typedef float vectors[N_SAMPLES][MAX_DIMENSION];

static double
dot(const float *a, const float *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)a[i] * (double)b[i];
    }
    return sum;
}

static double
max_difference(const float *a, const float *b, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++) {
        most = fmax(most, fabs((double)a[i] - (double)b[i]));
    }
    return most;
}

/* Each sample in a call of its own. */
static void
embed_alone(const struct golden_model *golden, unsigned flags, vectors out)
{
    struct fovea_error error;
    char path[GOLDEN_PATH_SIZE];
    for (size_t i = 0; i < N_SAMPLES; i++) {
        golden_path(samples[i], path);
        assert_ok(fovea_embed_image(golden->model, path, flags, out[i], &error),
                &error);
    }
}

static void
compare(const char *model, const float *got, const float *expected,
        size_t dimension, double min_cosine, double max_part)
{
    for (size_t i = 0; i < N_SAMPLES; i++) {
        const float *a = got + i * MAX_DIMENSION;
        const float *b = expected + i * dimension;
        double norm = sqrt(dot(b, b, dimension));
        double cosine =
                dot(a, b, dimension) / (sqrt(dot(a, a, dimension)) * norm);
        double difference = max_difference(a, b, dimension) / norm;
        if (!(cosine >= min_cosine) || !(difference <= max_part)) {
            fail_msg("%s, %s: cosine %.8f, difference %.2e of the norm", model,
                    samples[i], cosine, difference);
        }
    }
}

static void
check_dtype(enum fovea_dtype dtype, double min_cosine, double max_part)
{
    for (size_t i = 0; i < N_MODELS; i++) {
        size_t dimension = models[i].dimension;
        vectors got;
        struct golden_model golden = golden_open(models[i].name, dtype, 1, 0);
        assert_int_equal(golden.dimension, dimension);
        float *expected = golden_read_npy(models[i].name, "<f4",
                models[i].shape, N_SAMPLES * dimension * sizeof(float));
        embed_alone(&golden, FOVEA_EMBED_RAW, got);
        compare(models[i].name, &got[0][0], expected, dimension, min_cosine,
                max_part);
        free(expected);
        golden_close(&golden);
    }
}

static void
float32_equals_the_reference(void **state)
{
    (void)state;
    check_dtype(FOVEA_DTYPE_F32, 0.999999, 1e-4);
}

static void
bfloat16_is_close_to_the_reference(void **state)
{
    (void)state;
    check_dtype(FOVEA_DTYPE_BF16, 0.999, 0.05);
}

static void
int8_is_close_to_the_reference(void **state)
{
    (void)state;
    check_dtype(FOVEA_DTYPE_INT8, 0.998, 0.07);
}

static void
vectors_have_length_one_unless_raw(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_MODELS; i++) {
        vectors raw;
        vectors unit;
        struct golden_model golden =
                golden_open(models[i].name, FOVEA_DTYPE_F32, 1, 0);
        embed_alone(&golden, FOVEA_EMBED_RAW, raw);
        embed_alone(&golden, 0, unit);
        for (size_t k = 0; k < N_SAMPLES; k++) {
            size_t n = golden.dimension;
            double norm = sqrt(dot(raw[k], raw[k], n));
            assert_true(fabs(dot(unit[k], unit[k], n) - 1) < 1e-6);
            for (size_t j = 0; j < n; j++) {
                double expected = (double)raw[k][j] / norm;
                assert_true(fabs((double)unit[k][j] - expected) < 1e-6);
            }
        }
        golden_close(&golden);
    }
}

/* Item i of the mixed batches is this sample: neighbours always differ, and
   every sample stands at several places. */
static size_t
mixed_sample(size_t i, size_t first)
{
    return (first + i * 3) % N_SAMPLES;
}

static void
embed_mixed(const struct golden_model *golden, size_t first, float *out)
{
    struct fovea_item images[N_MIXED] = { 0 };
    struct fovea_error results[N_MIXED];
    struct fovea_error error;
    static char paths[N_MIXED][GOLDEN_PATH_SIZE];
    for (size_t i = 0; i < N_MIXED; i++) {
        golden_path(samples[mixed_sample(i, first)], paths[i]);
        images[i].kind = FOVEA_ITEM_IMAGE_PATH;
        images[i].data = paths[i];
    }
    assert_ok(fovea_embed_batch(golden->model, images, N_MIXED, 0, out, results,
                      &error),
            &error);
    for (size_t i = 0; i < N_MIXED; i++) {
        assert_int_equal(results[i].code, FOVEA_OK);
    }
}

static void
check_bits(const struct golden_model *golden, vectors alone)
{
    float mixed[N_MIXED * MAX_DIMENSION];
    size_t n = golden->dimension;
    for (size_t first = 0; first < 3; first++) {
        embed_mixed(golden, first, mixed);
        for (size_t i = 0; i < N_MIXED; i++) {
            assert_memory_equal(mixed + i * n, alone[mixed_sample(i, first)],
                    n * sizeof(float));
        }
    }
}

static void
check_same_bits(enum fovea_dtype dtype)
{
    static const struct {
        unsigned n_threads;
        unsigned max_batch;
    } ways[] = { { 1, 8 }, { 1, 2 }, { 2, 1 }, { 2, 5 }, { 2, 8 }, { 3, 13 } };
    for (size_t i = 0; i < N_MODELS; i++) {
        vectors alone;
        struct golden_model golden = golden_open(models[i].name, dtype, 1, 1);
        embed_alone(&golden, 0, alone);
        golden_close(&golden);
        for (size_t k = 0; k < sizeof ways / sizeof *ways; k++) {
            golden = golden_open(models[i].name, dtype, ways[k].n_threads,
                    ways[k].max_batch);
            check_bits(&golden, alone);
            golden_close(&golden);
        }
    }
}

static void
float32_bits_do_not_depend_on_batch_place_or_threads(void **state)
{
    (void)state;
    check_same_bits(FOVEA_DTYPE_F32);
}

static void
bfloat16_bits_do_not_depend_on_batch_place_or_threads(void **state)
{
    (void)state;
    check_same_bits(FOVEA_DTYPE_BF16);
}

static void
int8_bits_do_not_depend_on_batch_place_or_threads(void **state)
{
    (void)state;
    check_same_bits(FOVEA_DTYPE_INT8);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(float32_equals_the_reference),
        cmocka_unit_test(bfloat16_is_close_to_the_reference),
        cmocka_unit_test(int8_is_close_to_the_reference),
        cmocka_unit_test(vectors_have_length_one_unless_raw),
        cmocka_unit_test(float32_bits_do_not_depend_on_batch_place_or_threads),
        cmocka_unit_test(bfloat16_bits_do_not_depend_on_batch_place_or_threads),
        cmocka_unit_test(int8_bits_do_not_depend_on_batch_place_or_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
