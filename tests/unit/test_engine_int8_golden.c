/*
 * int8 arithmetic of whole towers, of every make and head, against the same scheme by
 * numpy (tests/golden/make_int8.py): balanced norms, scales of rows and of output
 * channels, the first layer and what is outside the layers in float32, on weights that
 * are rounded to bfloat16.
 */
#include <math.h>

#include "base/macros.h"
#include "checkpoint/config.h"
#include "checkpoint/preprocessor.h"
#include "checkpoint/safetensors.h"
#include "engine/cpu/fill.h"
#include "engine/cpu/forward.h"
#include "engine/cpu/machine.h"
#include "support/test.h"

enum {
    N_PICTURES = 3,
    MOST = 36
};

static const struct {
    const char *name;
    double embeds[N_PICTURES][MOST];
} models[] = {
#include "../golden/int8.inc"
};

/* As pictures() has them. */
static uint8_t *
make_pictures(size_t side)
{
    const size_t image = 3 * side * side;
    uint8_t *pixels = malloc(N_PICTURES * image);
    assert_non_null(pixels);
    uint32_t noise = 7;
    for (size_t i = 0; i < N_PICTURES * image; i++) {
        noise = noise * 1664525U + 1013904223U;
        pixels[i] = (uint8_t)(50 * (i / image) + (noise >> 25));
    }
    return pixels;
}

/* The largest difference, as a part of the vector's length. */
static double
difference(const float *got, const double *expected, size_t n)
{
    double square = 0.0;
    double most = 0.0;
    for (size_t i = 0; i < n; i++) {
        square += expected[i] * expected[i];
        most = fmax(most, fabs((double)got[i] - expected[i]));
    }
    return most / sqrt(square);
}

static void
embed(const char *name, enum fovea_precision precision, float *embeds,
        size_t *n_out)
{
    char directory[512];
    struct fovea_error error;
    struct fovea_tower tower;
    struct fovea_preprocess settings;
    struct fovea_checkpoint *checkpoint = NULL;
    struct fovea_weights *weights = NULL;
    struct fovea_plan *plan = NULL;
    struct fovea_pixel_table table;
    (void)snprintf(directory, sizeof directory, "%s/tests/golden/models/%s",
            getenv("FOVEA_SOURCE_ROOT"), name);
    assert_ok(fovea_tower_read(directory, FOVEA_MODALITY_IMAGE, &tower, &error),
            &error);
    assert_ok(
            fovea_preprocess_config_read(directory, &tower, &settings, &error),
            &error);
    assert_ok(fovea_checkpoint_open(directory, &checkpoint, &error), &error);
    assert_ok(
            fovea_weights_load(&tower, checkpoint, precision, &weights, &error),
            &error);
    assert_ok(fovea_plan_create(weights, N_PICTURES, &plan, &error), &error);
    fovea_pixel_table_init(&table, &settings);
    uint8_t *pixels = make_pictures(tower.side_px);
    assert_ok(
            fovea_forward_run(plan, &table, pixels, N_PICTURES, embeds, &error),
            &error);
    *n_out = tower.dimension;
    free(pixels);
    fovea_plan_destroy(plan);
    fovea_weights_destroy(weights);
    fovea_checkpoint_close(checkpoint);
}

/* A value in the middle between two steps may be rounded the other way here and there;
   few are. */
static void
towers_are_as_numpy_has_them(void **state)
{
    (void)state;
    if (!fovea_machine_has_vnni()) {
        return;
    }
    (void)fovea_machine_set_threads(1);
    size_t n_rounded_otherwise = 0;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(models); i++) {
        float embeds[N_PICTURES * MOST];
        size_t n = 0;
        embed(models[i].name, FOVEA_PRECISION_INT8_F32, embeds, &n);
        for (size_t k = 0; k < N_PICTURES; k++) {
            const double most =
                    difference(embeds + k * n, models[i].embeds[k], n);
            if (!(most <= 3e-3)) {
                fail_msg("%s, picture %zu: %.2e of the norm", models[i].name, k,
                        most);
            }
            n_rounded_otherwise += most > 2e-5;
        }
    }
    assert_true(n_rounded_otherwise <= 3);
}

/* The test above could not tell otherwise. */
static void
float32_is_further_away(void **state)
{
    (void)state;
    (void)fovea_machine_set_threads(1);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(models); i++) {
        float embeds[N_PICTURES * MOST];
        size_t n = 0;
        embed(models[i].name, FOVEA_PRECISION_BF16_WEIGHTS, embeds, &n);
        for (size_t k = 0; k < N_PICTURES; k++) {
            assert_true(
                    difference(embeds + k * n, models[i].embeds[k], n) > 5e-4);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(towers_are_as_numpy_has_them),
        cmocka_unit_test(float32_is_further_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
