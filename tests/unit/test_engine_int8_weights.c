/*
 * Weights in 8 bits: what values become on the grid of their row, whatever they
 * are; which matrices of a tower are for it; and that nobody gets it unasked.
 */
#include <float.h>
#include <math.h>

#include "base/macros.h"
#include "checkpoint/random.h"
#include "engine/cost.h"
#include "engine/cpu/fill.h"
#include "engine/cpu/int8_weights.h"
#include "engine/cpu/machine.h"
#include "spec/choice.h"
#include "support/test.h"
#include "support/tower.h"

enum {
    N_VALUES = 37,
};

static void
check_row(const float *values)
{
    float rounded[N_VALUES];
    float again[N_VALUES];
    memcpy(rounded, values, sizeof rounded);
    fovea_int8_round(rounded, 1, N_VALUES);
    const float scale = fovea_int8_scale(values, N_VALUES);
    for (size_t i = 0; i < N_VALUES; i++) {
        float steps = rounded[i] / scale;
        assert_true(fabsf(steps) < 127.001F);
        assert_true(fabsf(steps - rintf(steps)) < 1e-4F);
        assert_true(fabsf(rounded[i] - values[i]) <= 0.5001F * scale);
    }
    memcpy(again, rounded, sizeof again);
    fovea_int8_round(again, 1, N_VALUES);
    for (size_t i = 0; i < N_VALUES; i++) {
        assert_true(fabsf(again[i] - rounded[i]) <= 1e-6F * 127 * scale);
    }
}

static void
values_become_the_nearest_of_their_rows_grid(void **state)
{
    (void)state;
    static const float sizes[] = { 1e-30F, 1e-3F, 1.0F, 1e20F, 3e38F };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(sizes); i++) {
        float values[N_VALUES];
        uint32_t noise = 3;
        for (size_t k = 0; k < N_VALUES; k++) {
            noise = noise * 1664525U + 1013904223U;
            values[k] = ((float)(noise >> 8) / 8388608.0F - 1.0F) * sizes[i];
        }
        values[11] = -sizes[i];
        assert_true(
                fabsf(fovea_int8_scale(values, N_VALUES) / sizes[i] * 127.0F -
                        1.0F) < 1e-6F);
        check_row(values);
    }
}

static void
a_row_does_not_see_the_others(void **state)
{
    (void)state;
    float values[] = { 1.0F, 0.5F, -0.25F, 1e6F, -3e5F, 7.0F };
    float first[] = { 1.0F, 0.5F, -0.25F };
    fovea_int8_round(values, 2, 3);
    fovea_int8_round(first, 1, 3);
    assert_memory_equal(values, first, sizeof first);
    assert_true(values[5] == 0.0F);
}

/* Of nothing, or of less than a normal number: no division by 0. */
static void
what_is_too_small_is_nothing(void **state)
{
    (void)state;
    static const float small[] = { 0.0F, -0.0F, 1e-45F, 1e-40F, FLT_MIN / 4 };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(small); i++) {
        float values[] = { small[i], -small[i], 0.0F };
        assert_true(fovea_int8_scale(values, 3) == FLT_MIN);
        fovea_int8_round(values, 1, 3);
        for (size_t k = 0; k < 3; k++) {
            assert_true(values[k] == 0.0F);
        }
    }
}

static bool
is_finite(float value)
{
    return isfinite(value);
}

/* A damaged checkpoint is not made to look whole. */
static void
what_is_not_finite_stays_so(void **state)
{
    (void)state;
    static const float odd[] = { NAN, INFINITY, -INFINITY };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(odd); i++) {
        float values[] = { 1.0F, odd[i], 0.0F, 2.0F, 3.0F, 4.0F };
        assert_false(is_finite(fovea_int8_scale(values, 3)));
        fovea_int8_round(values, 2, 3);
        for (size_t k = 0; k < 3; k++) {
            assert_false(is_finite(values[k]));
            assert_true(is_finite(values[3 + k]));
        }
    }
}

/* All but the first and attention pooling's: a tower of one layer has none. */
static void
layers_behind_the_first_are_for_it(void **state)
{
    (void)state;
    static const struct fovea_tower towers[] = {
        TOWER(64, 128, 3, 4, 64, 16, 32, FOVEA_ACTIVATION_QUICK_GELU, 1e-5F),
        SIGLIP_TOWER(64, 144, 3, 8, 32, 16),
        SIGLIP_TOWER(64, 144, 1, 8, 32, 16),
        DINOV2_TOWER(64, 128, 2, 4, 56, 14, 56, 1),
        CLIP_TEXT_TOWER(48, 96, 3, 4, 50, 77, 32, FOVEA_ACTIVATION_QUICK_GELU),
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(towers); i++) {
        const struct fovea_tower *tower = &towers[i];
        struct fovea_piece piece;
        size_t n_values = 0;
        for (size_t k = 0; fovea_tower_piece(tower, 1, k, &piece); k++) {
            if (piece.k > 0 && fovea_precision_is_inner(tower, &piece)) {
                assert_in_range(piece.layer, 1, tower->n_layers - 1);
                n_values += piece.k * piece.n;
            }
        }
        const size_t layer =
                (size_t)tower->width * (4 * tower->width + 2 * tower->mlp);
        assert_int_equal(n_values, layer * (tower->n_layers - 1));
    }
}

static struct fovea_weights *
load(const struct fovea_tower *tower, enum fovea_precision precision)
{
    struct fovea_checkpoint *checkpoint = NULL;
    struct fovea_weights *weights = NULL;
    struct fovea_error error;
    (void)fovea_machine_set_threads(1);
    assert_ok(fovea_checkpoint_create_random(tower, 5, &checkpoint, &error),
            &error);
    assert_ok(
            fovea_weights_load(tower, checkpoint, precision, &weights, &error),
            &error);
    fovea_checkpoint_close(checkpoint);
    return weights;
}

static bool
packs_alike(const struct fovea_tower *tower, enum fovea_precision a,
        enum fovea_precision b)
{
    struct fovea_weights *one = load(tower, a);
    struct fovea_weights *other = load(tower, b);
    assert_int_equal(one->block_size, other->block_size);
    bool are_alike = memcmp(one->block, other->block, one->block_size) == 0;
    fovea_weights_destroy(one);
    fovea_weights_destroy(other);
    return are_alike;
}

static void
only_they_are_rounded_to_it(void **state)
{
    (void)state;
    static const struct fovea_tower flat =
            TOWER(48, 72, 1, 4, 32, 16, 20, FOVEA_ACTIVATION_GELU, 1e-5F);
    static const struct fovea_tower deep =
            TOWER(48, 72, 2, 4, 32, 16, 20, FOVEA_ACTIVATION_GELU, 1e-5F);
    assert_true(packs_alike(&flat, FOVEA_PRECISION_INT8_WEIGHTS,
            FOVEA_PRECISION_BF16_WEIGHTS));
    assert_false(packs_alike(&deep, FOVEA_PRECISION_INT8_WEIGHTS,
            FOVEA_PRECISION_BF16_WEIGHTS));
    assert_false(packs_alike(&flat, FOVEA_PRECISION_INT8_WEIGHTS,
            FOVEA_PRECISION_F32));
}

static void
auto_is_never_int8(void **state)
{
    (void)state;
    static const uint32_t widths[] = { 16, 192, 256, 768, 1024, 1664 };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(widths); i++) {
        const struct fovea_tower tower = TOWER(widths[i], 4 * widths[i], 2, 8,
                64, 16, 32, FOVEA_ACTIVATION_GELU, 1e-5F);
        for (int k = 0; k < 4; k++) {
            const struct fovea_precision_cpu cpu = { k % 2 == 1, k / 2 == 1 };
            assert_int_equal(
                    fovea_precision_choose(&tower, FOVEA_DTYPE_AUTO, &cpu),
                    FOVEA_PRECISION_F32);
        }
    }
    static const uint64_t times[] = { 1, 100, 115, 1000, FOVEA_CHOICE_MOST_NS };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(times) * FOVEA_ARRAY_LEN(times);
            i++) {
        const struct fovea_choice_times both = {
            times[i / FOVEA_ARRAY_LEN(times)], times[i % FOVEA_ARRAY_LEN(times)]
        };
        assert_int_not_equal(fovea_choice_decide(&both), FOVEA_DTYPE_INT8);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_become_the_nearest_of_their_rows_grid),
        cmocka_unit_test(a_row_does_not_see_the_others),
        cmocka_unit_test(what_is_too_small_is_nothing),
        cmocka_unit_test(what_is_not_finite_stays_so),
        cmocka_unit_test(layers_behind_the_first_are_for_it),
        cmocka_unit_test(only_they_are_rounded_to_it),
        cmocka_unit_test(auto_is_never_int8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
