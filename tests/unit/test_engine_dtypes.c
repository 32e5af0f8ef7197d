/*
 * How near bf16 and int8 are to float32: the cosine of every item, as vectors are
 * and less their mean, which is what tells items apart. Towers of each kind, with
 * random weights and with outliers as trained ones have them, which a grid of 8 bits
 * bears only where it is balanced.
 */
#include <math.h>

#include "base/macros.h"
#include "checkpoint/random.h"
#include "checkpoint/tensor_source.h"
#include "engine/cpu/fill.h"
#include "engine/cpu/forward.h"
#include "engine/cpu/machine.h"
#include "support/outliers.h"
#include "support/test.h"
#include "support/tower.h"

enum {
    N_ITEMS = 12,
    MAX_DIMENSION = 288,
};

typedef float vectors[N_ITEMS][MAX_DIMENSION];

static const struct fovea_preprocess settings = {
    .rescale = 1.0F / 255.0F,
    .mean = { 0.48145466F, 0.4578275F, 0.40821073F },
    .std = { 0.26862954F, 0.26130258F, 0.27577711F },
};

static const struct fovea_tower towers[] = {
    TOWER(64, 128, 4, 4, 64, 16, 32, FOVEA_ACTIVATION_QUICK_GELU, 1e-5F),
    TOWER(256, 1024, 4, 4, 64, 16, 64, FOVEA_ACTIVATION_QUICK_GELU, 1e-5F),
    TOWER(280, 1000, 3, 7, 70, 14, 50, FOVEA_ACTIVATION_GELU, 1e-5F),
    SIGLIP_TOWER(256, 1076, 3, 4, 64, 16),
    DINOV2_TOWER(256, 1024, 4, 4, 56, 14, 98, 0),
    DINOV2_TOWER(256, 1024, 3, 4, 56, 14, 98, 4),
    CLIP_TEXT_TOWER(256, 1024, 4, 4, 90, 20, 64, FOVEA_ACTIVATION_QUICK_GELU),
    SIGLIP_TEXT_TOWER(288, 1152, 3, 4, 40, 16, 96),
};

/* Black, white, then rings and stripes: what a patch sees has some structure. */
static void
draw(uint8_t *pixels, size_t side, size_t item)
{
    for (size_t i = 0; i < 3 * side * side; i++) {
        const double x = (double)(i / 3 % side) / (double)side;
        const double y = (double)(i / 3 / side) / (double)side;
        const double k = (double)(i % 3) + 1;
        const double wave = sin(x * (double)(3 + item % 5) * k) *
                        cos(y * (double)(2 + item % 7)) +
                sin((x * x + y * y) * (double)(item + 1) * 3);
        pixels[i] = (uint8_t)(item < 2 ? 255.0 * (double)item
                                       : 127.5 + 63.5 * wave);
    }
}

static void
write_text(struct fovea_text_row *row, const struct fovea_tower *tower,
        size_t item)
{
    for (size_t i = 0; i < tower->context; i++) {
        row->ids[i] = (uint32_t)((item * 29 + i * i * 7 + i * item) %
                (tower->vocabulary - 1));
    }
    row->ids[(3 * item + 2) % tower->context] = tower->vocabulary - 1;
    row->n = (uint32_t)fovea_tower_text_length(tower, row->ids, tower->context);
}

typedef void (*change)(struct fovea_checkpoint *checkpoint);

/* @param alter  The checkpoint, before it is read; NULL: nothing. */
static void
embed(const struct fovea_tower *tower, enum fovea_precision precision,
        change alter, vectors out)
{
    struct fovea_error error;
    struct fovea_checkpoint *checkpoint = NULL;
    struct fovea_weights *weights = NULL;
    struct fovea_plan *plan = NULL;
    struct fovea_pixel_table table;
    const bool is_text = tower->modality == FOVEA_MODALITY_TEXT;
    const size_t row_bytes = fovea_tower_row_bytes(tower);
    FOVEA_AUTO_FREE uint8_t *row = calloc(1, row_bytes);
    assert_non_null(row);
    (void)fovea_machine_set_threads(1);
    assert_ok(fovea_checkpoint_create_random(tower, 11, &checkpoint, &error),
            &error);
    if (alter) {
        alter(checkpoint);
    }
    assert_ok(
            fovea_weights_load(tower, checkpoint, precision, &weights, &error),
            &error);
    fovea_pixel_table_init(&table, &settings);
    assert_ok(fovea_plan_create(weights, 1, &plan, &error), &error);
    assert_ok(fovea_forward_warm_up(plan, is_text ? NULL : &table, &error),
            &error);
    for (size_t i = 0; i < N_ITEMS; i++) {
        if (is_text) {
            write_text((struct fovea_text_row *)(void *)row, tower, i);
        } else {
            draw(row, tower->side_px, i);
        }
        assert_ok(fovea_forward_run(plan, is_text ? NULL : &table, row, 1,
                          out[i], &error),
                &error);
    }
    fovea_plan_destroy(plan);
    fovea_weights_destroy(weights);
    fovea_checkpoint_close(checkpoint);
}

struct nearness {
    double mean;
    double worst;
};

static struct nearness
compare(vectors a, vectors b, size_t n, const double *middle)
{
    struct nearness near = { 0.0, 1.0 };
    for (size_t i = 0; i < N_ITEMS; i++) {
        double products[3] = { 0.0 };
        for (size_t k = 0; k < n; k++) {
            const double x = (double)a[i][k] - middle[k];
            const double y = (double)b[i][k] - middle[k];
            products[0] += x * y;
            products[1] += x * x;
            products[2] += y * y;
        }
        const double cosine = products[0] / sqrt(products[1] * products[2]);
        assert_true(isfinite(cosine) != 0);
        near.mean += cosine / N_ITEMS;
        near.worst = fmin(near.worst, cosine);
    }
    return near;
}

struct bounds {
    struct nearness plain;
    struct nearness centred;
};

static void
check(const struct fovea_tower *tower, enum fovea_dtype dtype,
        bool has_outliers, const struct bounds *least)
{
    static vectors exact;
    static vectors got;
    const size_t n = tower->dimension;
    const double zero[MAX_DIMENSION] = { 0.0 };
    double middle[MAX_DIMENSION] = { 0.0 };
    change alter = has_outliers ? outliers_plant : NULL;
    embed(tower, FOVEA_PRECISION_F32, alter, exact);
    embed(tower, fovea_precision_of(tower, dtype), alter, got);
    for (size_t i = 0; i < N_ITEMS * n; i++) {
        middle[i % n] += (double)exact[i / n][i % n] / N_ITEMS;
    }
    const struct nearness plain = compare(got, exact, n, zero);
    const struct nearness centred = compare(got, exact, n, middle);
    print_message("# %s, %u wide, %s: %.5f / %.5f, centred %.5f / %.5f\n",
            fovea_dtype_word(dtype), tower->width,
            has_outliers ? "outliers" : "random", plain.mean, plain.worst,
            centred.mean, centred.worst);
    assert_true(plain.mean >= least->plain.mean);
    assert_true(plain.worst >= least->plain.worst);
    assert_true(centred.mean >= least->centred.mean);
    assert_true(centred.worst >= least->centred.worst);
}

static void
check_all(enum fovea_dtype dtype, const struct bounds *least)
{
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(towers); i++) {
        check(&towers[i], dtype, false, least);
        check(&towers[i], dtype, true, least);
    }
}

static void
bfloat16_is_near(void **state)
{
    (void)state;
    check_all(FOVEA_DTYPE_BF16,
            &(struct bounds){ { 0.9999, 0.9998 }, { 0.9997, 0.9995 } });
}

/* Without balancing outliers bring the worst to 0.993, and centred to 0.96. */
static void
int8_is_near(void **state)
{
    (void)state;
    check_all(FOVEA_DTYPE_INT8,
            &(struct bounds){ { 0.9995, 0.999 }, { 0.998, 0.997 } });
}

/* Weights as no tower should have them, of one matrix or norm of the second
   layer. */
static const struct odd {
    const char *tensor;
    float factor; /* of all, or of a row */
    bool is_row;
    float value; /* of one; 0: none */
} odd_weights[] = {
    { "layers.1.mlp.fc1.weight", 0.0F, true, 0.0F },
    { "layers.1.mlp.fc1.weight", 0.0F, false, 0.0F },
    { "layers.1.mlp.fc2.weight", 0.0F, false, 0.0F },
    { "layers.1.self_attn.k_proj.weight", 0.0F, false, 0.0F },
    { "layers.1.self_attn.out_proj.weight", 0.0F, false, 0.0F },
    { "layers.1.layer_norm1.weight", 0.0F, false, 0.0F },
    { "layers.1.layer_norm2.weight", 0.0F, true, 0.0F },
    { "layers.1.mlp.fc1.weight", 1e-42F, false, 0.0F },
    { "layers.1.mlp.fc2.weight", 1e-30F, true, 0.0F },
    { "layers.1.layer_norm2.weight", 1e-42F, false, 0.0F },
    { "layers.1.mlp.fc2.weight", 1e10F, true, 0.0F },
    { "layers.1.self_attn.v_proj.weight", 1e12F, false, 0.0F },
    { "layers.1.layer_norm1.weight", 1e6F, false, 0.0F },
    { "layers.1.mlp.fc1.weight", 1.0F, false, NAN },
    { "layers.1.mlp.fc2.weight", 1.0F, false, INFINITY },
    { "layers.1.self_attn.q_proj.weight", 1.0F, false, NAN },
    { "layers.1.self_attn.k_proj.weight", 1.0F, false, INFINITY },
    { "layers.1.self_attn.v_proj.weight", 1.0F, false, NAN },
    { "layers.1.self_attn.out_proj.weight", 1.0F, false, NAN },
    { "layers.1.layer_norm2.bias", 1.0F, false, -INFINITY },
};

static const struct odd *odd;

static enum fovea_status
read_odd(const struct fovea_checkpoint *checkpoint,
        const struct fovea_tensor_entry *entry, size_t at, size_t n,
        float *values, struct fovea_error *err)
{
    enum fovea_status status =
            fovea_source_random.read(checkpoint, entry, at, n, values, err);
    const size_t row = entry->tensor.n_dims > 1 ? entry->tensor.shape[1] : 7;
    for (size_t i = 0; strstr(entry->name, odd->tensor) && i < n; i++) {
        const bool is_in = !odd->is_row || (at + i) / row == 2;
        values[i] *= is_in ? odd->factor : 1.0F;
        values[i] = odd->value != 0.0F && at + i == 1000 % n ? odd->value
                                                             : values[i];
    }
    return status;
}

static void
make_odd(struct fovea_checkpoint *checkpoint)
{
    static const struct fovea_source source = { .label = "odd weights",
        .read = read_odd };
    checkpoint->source = &source;
}

static bool
are_finite(vectors some, size_t n)
{
    size_t n_finite = 0;
    for (size_t i = 0; i < N_ITEMS * n; i++) {
        n_finite += isfinite(some[i / n][i % n]) != 0;
    }
    return n_finite == N_ITEMS * n;
}

/* No division by 0, no sum out of bounds; and what is not finite is seen. */
static void
odd_weights_are_borne_as_by_float32(void **state)
{
    (void)state;
    static vectors exact;
    static vectors got;
    const struct fovea_tower *tower = &towers[1];
    const double zero[MAX_DIMENSION] = { 0.0 };
    const enum fovea_precision precisions[] = { FOVEA_PRECISION_INT8_WEIGHTS,
        fovea_precision_of(tower, FOVEA_DTYPE_INT8) };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(odd_weights); i++) {
        odd = &odd_weights[i];
        embed(tower, FOVEA_PRECISION_F32, make_odd, exact);
        const bool is_finite = are_finite(exact, tower->dimension);
        assert_int_equal(is_finite, odd->value == 0.0F);
        for (size_t k = 0; k < FOVEA_ARRAY_LEN(precisions); k++) {
            embed(tower, precisions[k], make_odd, got);
            assert_int_equal(are_finite(got, tower->dimension), is_finite);
            if (is_finite) {
                const struct nearness near =
                        compare(got, exact, tower->dimension, zero);
                print_message("# %s: %.5f / %.5f\n", odd->tensor, near.mean,
                        near.worst);
                assert_true(near.worst >= 0.99);
            }
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bfloat16_is_near),
        cmocka_unit_test(int8_is_near),
        cmocka_unit_test(odd_weights_are_borne_as_by_float32),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
