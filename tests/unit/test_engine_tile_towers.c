/*
 * Whole towers, of images with every kind of head and of texts, in bfloat16 and int8
 * through our kernels for the CPU's tile unit: near to the naive forward pass,
 * and an image or text has the same bits alone and among others, in rows that are
 * blocked and that are not, and of int8 on CPUs without tiles. Where the CPU has none
 * they are carried out by the model (support/tile_machine.h), a few of each.
 */
#include <math.h>

#include "base/macros.h"
#include "checkpoint/random.h"
#include "engine/cpu/fill.h"
#include "engine/cpu/forward.h"
#include "engine/cpu/machine.h"
#include "support/naive_vit.h"
#include "support/test.h"
#include "support/tile_machine.h"
#include "support/tower.h"
#include "support/with_tiles.h"

enum {
    MAX_BATCH = 8,
    MAX_DIMENSION = 320
};

static const struct fovea_preprocess settings = {
    .rescale = 1.0F / 255.0F,
    .mean = { 0.48145466F, 0.4578275F, 0.40821073F },
    .std = { 0.26862954F, 0.26130258F, 0.27577711F },
};

static const struct fovea_tower configs[] = {
    TOWER(256, 512, 3, 4, 64, 16, 64, FOVEA_ACTIVATION_QUICK_GELU, 1e-5F),
    /* an MLP in parts, and one that cannot be cut */
    TOWER(256, 3072, 2, 4, 48, 16, 50, FOVEA_ACTIVATION_GELU, 1e-5F),
    TOWER(320, 544, 2, 5, 48, 16, 33, FOVEA_ACTIVATION_GELU, 1e-5F),
    SIGLIP_TOWER(256, 512, 2, 4, 64, 16),
    DINOV2_TOWER(256, 512, 2, 4, 64, 16, 160, 2),
    CLIP_TEXT_TOWER(256, 512, 3, 4, 90, 20, 64, FOVEA_ACTIVATION_QUICK_GELU),
    SIGLIP_TEXT_TOWER(256, 512, 2, 4, 40, 16, 50),
    /* heads that cross lines; an MLP whose rows are no whole lines */
    SIGLIP_TOWER(320, 512, 2, 4, 48, 16),
    DINOV2_TOWER(256, 528, 2, 4, 32, 16, 64, 0),
};

static struct fovea_pixel_table table;

struct tower {
    const struct fovea_tower *config;
    struct fovea_checkpoint *checkpoint;
    struct fovea_weights *weights;
    struct fovea_plan *plan;
    size_t row_bytes;
    uint8_t *rows; /* of pixels, or of ids */
};

static bool
is_text(const struct tower *tower)
{
    return tower->config->modality == FOVEA_MODALITY_TEXT;
}

static struct fovea_text_row *
text_of(const struct tower *tower, size_t i)
{
    return (struct fovea_text_row *)(void *)(tower->rows +
            i * tower->row_bytes);
}

/* Texts end at different tokens. */
static void
make_text(const struct tower *tower, size_t i, uint32_t *noise)
{
    const struct fovea_tower *config = tower->config;
    struct fovea_text_row *row = text_of(tower, i);
    for (size_t k = 0; k < config->context; k++) {
        *noise = *noise * 1664525U + 1013904223U;
        row->ids[k] = (*noise >> 8) % (config->vocabulary - 1);
    }
    row->ids[(3 * i + 1) % config->context] = config->vocabulary - 1;
    row->n = (uint32_t)fovea_tower_text_length(config, row->ids,
            config->context);
}

/* Pictures differ in brightness. */
static void
make_picture(const struct tower *tower, size_t i, uint32_t *noise)
{
    for (size_t k = 0; k < tower->row_bytes; k++) {
        *noise = *noise * 1664525U + 1013904223U;
        tower->rows[i * tower->row_bytes + k] =
                (uint8_t)((25 * i + (*noise >> 26)) & 255U);
    }
}

static void
make_rows(struct tower *tower)
{
    uint32_t noise = 7;
    tower->row_bytes = fovea_tower_row_bytes(tower->config);
    tower->rows = calloc(MAX_BATCH, tower->row_bytes);
    assert_non_null(tower->rows);
    for (size_t i = 0; i < MAX_BATCH; i++) {
        if (is_text(tower)) {
            make_text(tower, i, &noise);
        } else {
            make_picture(tower, i, &noise);
        }
    }
}

static void
build(struct tower *tower, const struct fovea_tower *config,
        enum fovea_precision precision)
{
    struct fovea_error error;
    (void)fovea_machine_set_threads(1);
    fovea_pixel_table_init(&table, &settings);
    *tower = (struct tower){ .config = config };
    assert_ok(fovea_checkpoint_create_random(config, 11, &tower->checkpoint,
                      &error),
            &error);
    assert_ok(fovea_weights_load(config, tower->checkpoint, precision,
                      &tower->weights, &error),
            &error);
    assert_ok(
            fovea_plan_create(tower->weights, MAX_BATCH, &tower->plan, &error),
            &error);
    make_rows(tower);
}

static void
demolish(struct tower *tower)
{
    fovea_plan_destroy(tower->plan);
    fovea_weights_destroy(tower->weights);
    fovea_checkpoint_close(tower->checkpoint);
    free(tower->rows);
}

static void
embed(const struct tower *tower, size_t first, size_t n, float *embeds)
{
    struct fovea_error error;
    assert_ok(fovea_forward_run(tower->plan, &table,
                      tower->rows + first * tower->row_bytes, n, embeds,
                      &error),
            &error);
}

static void
compute_naive(const struct tower *tower, size_t i, double *expected)
{
    if (is_text(tower)) {
        const struct fovea_text_row *row = text_of(tower, i);
        naive_text(tower->config, tower->checkpoint, row->ids, row->n - 1,
                expected);
    } else {
        naive_vit(tower->config, &settings, tower->checkpoint,
                tower->rows + i * tower->row_bytes, expected);
    }
}

static double
cosine_of(const float *got, const double *expected, size_t n)
{
    double dot = 0.0;
    double got_square = 0.0;
    double square = 0.0;
    for (size_t i = 0; i < n; i++) {
        const double value = (double)got[i];
        dot += value * expected[i];
        got_square += value * value;
        square += expected[i] * expected[i];
    }
    return dot / sqrt(square * got_square);
}

/* Layers whose rows are whole lines: their products are for tiles, and the rows are
   blocked. In others some products are. */
static void
check_forms(const struct tower *tower, enum fovea_element element)
{
    const struct fovea_weights *weights = tower->weights;
    bool are_blocked = true;
    for (size_t i = 0; i < FOVEA_N_MATRICES; i++) {
        const struct fovea_packing *packing = weights->packings[element][i];
        if (packing) {
            const bool fills =
                    fovea_rows_fill_lines(fovea_packing_k(packing), element);
            const bool is_inner = i != FOVEA_MATRIX_PATCH;
            assert_int_equal(
                    weights->forms.form[element][i] == FOVEA_FORM_TILES, fills);
            are_blocked = are_blocked && (fills || !is_inner);
        }
    }
    const bool is_there = weights->packings[element][FOVEA_MATRIX_FC1] != NULL;
    assert_int_equal(tower->plan->is_blocked[element], are_blocked && is_there);
}

static void
embed_alone(const struct tower *tower, float *alone)
{
    const size_t dimension = tower->config->dimension;
    for (size_t i = 0; i < MAX_BATCH; i++) {
        embed(tower, i, 1, alone + i * dimension);
    }
    assert_memory_not_equal(alone, alone + dimension,
            dimension * sizeof *alone);
}

static void
check_batches(const struct tower *tower, const float *alone)
{
    static float together[MAX_BATCH * MAX_DIMENSION];
    static const size_t batches[] = { 2, 3, 8 };
    const size_t dimension = tower->config->dimension;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(batches); i++) {
        const size_t first = MAX_BATCH - batches[i];
        embed(tower, first, batches[i], together);
        assert_memory_equal(together, alone + first * dimension,
                batches[i] * dimension * sizeof *together);
    }
}

static void
check_dense(struct tower *tower, const float *alone)
{
    static float dense[2 * MAX_DIMENSION];
    memset(tower->plan->is_blocked, 0, sizeof tower->plan->is_blocked);
    embed(tower, 0, 2, dense);
    assert_memory_equal(dense, alone,
            2 * tower->config->dimension * sizeof *dense);
}

static void
check(const struct fovea_tower *config, enum fovea_precision precision,
        double min_cosine)
{
    static float alone[MAX_BATCH * MAX_DIMENSION];
    static double expected[MAX_DIMENSION];
    struct tower tower;
    build(&tower, config, precision);
    check_forms(&tower, FOVEA_ELEMENT_BF16);
    check_forms(&tower, FOVEA_ELEMENT_U8);
    embed_alone(&tower, alone);
    check_batches(&tower, alone);
    check_dense(&tower, alone);
    for (size_t i = 0; i < 2; i++) {
        compute_naive(&tower, i, expected);
        const double cosine = cosine_of(alone + i * config->dimension, expected,
                config->dimension);
        if (!(cosine >= min_cosine)) {
            fail_msg("tower of %u: cosine %.6f", config->width, cosine);
        }
    }
    demolish(&tower);
}

static bool
lacks_tiles(void)
{
    if (!fovea_machine_has_tiles()) {
        print_message("# skipped: this CPU has no AVX-512 with bfloat16\n");
        return true;
    }
    return false;
}

static void
towers_of_bfloat16_are_right_in_any_company(void **state)
{
    (void)state;
    if (lacks_tiles()) {
        return;
    }
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(configs); i++) {
        check(&configs[i], FOVEA_PRECISION_BF16, 0.9995);
    }
}

static void
towers_of_int8_are_right_in_any_company(void **state)
{
    (void)state;
    if (lacks_tiles()) {
        return;
    }
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(configs); i++) {
        check(&configs[i], FOVEA_PRECISION_INT8, 0.998);
    }
}

/* All but products of bytes is float32, and the same with tiles and without: so are
   all bits of an embedding. */
static void
int8_has_the_bits_of_cpus_without_tiles(void **state)
{
    (void)state;
    enum {
        N = 2
    };
    static float without[N * MAX_DIMENSION];
    static float with[N * MAX_DIMENSION];
    if (lacks_tiles()) {
        return;
    }
    if (!fovea_machine_has_vnni()) {
        print_message("# skipped: this CPU has no dot products of bytes\n");
        return;
    }
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(configs); i++) {
        struct tower tower;
        with_tiles_show(false);
        build(&tower, &configs[i], FOVEA_PRECISION_INT8_F32);
        assert_int_equal(
                tower.weights->forms.form[FOVEA_ELEMENT_U8][FOVEA_MATRIX_FC1],
                FOVEA_FORM_VNNI);
        embed(&tower, 0, N, without);
        demolish(&tower);
        with_tiles_show(true);
        build(&tower, &configs[i], FOVEA_PRECISION_INT8_F32);
        check_forms(&tower, FOVEA_ELEMENT_U8);
        embed(&tower, 0, N, with);
        demolish(&tower);
        assert_memory_equal(with, without,
                N * configs[i].dimension * sizeof *with);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(towers_of_bfloat16_are_right_in_any_company),
        cmocka_unit_test(towers_of_int8_are_right_in_any_company),
        cmocka_unit_test(int8_has_the_bits_of_cpus_without_tiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
