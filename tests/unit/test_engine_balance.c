/* Balancing: nothing changes but how far channels stand out. */
#include <math.h>

#include "engine/cpu/balance.h"
#include "support/test.h"

enum {
    K = 67,
    N = 19
};

struct layer {
    float gain[K];
    float bias[K];
    float weights[N * K];
    float factors[K];
};

static float
noise_next(uint32_t *noise)
{
    *noise = *noise * 1664525U + 1013904223U;
    return (float)(*noise >> 8) * 0x1p-22F - 2.0F;
}

/* As trained towers have them: some channels of the norm stand out, and their columns
   are small. */
static void
draw(struct layer *layer)
{
    uint32_t noise = 5;
    for (size_t j = 0; j < K; j++) {
        const float stands_out = j % 9 == 4 ? 50.0F : 1.0F;
        layer->gain[j] = noise_next(&noise) * stands_out;
        layer->bias[j] = noise_next(&noise) * 0.1F * stands_out;
        for (size_t i = 0; i < N; i++) {
            layer->weights[i * K + j] = noise_next(&noise) * 0.05F / stands_out;
        }
    }
}

static void
balance(struct layer *layer)
{
    fovea_balance_factors(layer->gain, layer->bias, layer->weights, N, K,
            layer->factors);
    fovea_balance_norm(layer->gain, layer->bias, K, layer->factors);
    fovea_balance_matrix(layer->weights, N, K, layer->factors);
}

static float
largest(const struct layer *layer, size_t j)
{
    float most = 0.0F;
    for (size_t i = 0; i < N; i++) {
        most = fmaxf(most, fabsf(layer->weights[i * K + j]));
    }
    return most;
}

static void
what_a_channel_adds_stays_the_same_to_the_bit(void **state)
{
    (void)state;
    struct layer before;
    draw(&before);
    struct layer after = before;
    balance(&after);
    for (size_t i = 0; i < N * K; i++) {
        const size_t j = i % K;
        const float was =
                (before.gain[j] * 0.7F + before.bias[j]) * before.weights[i];
        const float is =
                (after.gain[j] * 0.7F + after.bias[j]) * after.weights[i];
        assert_memory_equal(&was, &is, sizeof was);
    }
}

static void
norm_and_matrix_stand_out_alike(void **state)
{
    (void)state;
    struct layer layer;
    draw(&layer);
    balance(&layer);
    for (size_t j = 0; j < K; j++) {
        const float most = 3.0F * fabsf(layer.gain[j]) + fabsf(layer.bias[j]);
        const float ratio = most / largest(&layer, j);
        /* The nearest power of two is within sqrt 2 of the factor. */
        assert_true(ratio > 0.4999F && ratio < 2.0001F);
        assert_true(frexpf(layer.factors[j], &(int){ 0 }) == 0.5F);
    }
}

static void
channels_without_size_are_left_alone(void **state)
{
    (void)state;
    struct layer layer;
    draw(&layer);
    layer.gain[0] = 0.0F;
    layer.bias[0] = 0.0F;
    for (size_t i = 0; i < N; i++) {
        layer.weights[i * K + 1] = 0.0F;
    }
    layer.gain[2] = INFINITY;
    layer.gain[3] = NAN;
    layer.weights[5 * K + 4] = INFINITY;
    balance(&layer);
    for (size_t j = 0; j <= 4; j++) {
        assert_true(layer.factors[j] == 1.0F);
    }
    assert_true(isnan(layer.gain[3]));
}

static void
no_factor_is_out_of_bounds(void **state)
{
    (void)state;
    struct layer layer;
    draw(&layer);
    layer.gain[0] = 1e30F;
    layer.gain[1] = 1e-30F;
    layer.bias[1] = 0.0F;
    balance(&layer);
    assert_true(layer.factors[0] == 0x1p20F);
    assert_true(layer.factors[1] == 0x1p-20F);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_channel_adds_stays_the_same_to_the_bit),
        cmocka_unit_test(norm_and_matrix_stand_out_alike),
        cmocka_unit_test(channels_without_size_are_left_alone),
        cmocka_unit_test(no_factor_is_out_of_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
