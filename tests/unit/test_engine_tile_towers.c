/*
 * Whole towers, of images with every kind of head and of texts, in bfloat16 and int8
 * through our kernels for the CPU's tile unit: near to the naive forward pass,
 * and an image or text has the same bits alone and among others, in rows that are
 * blocked and that are not, and of int8 on CPUs without tiles. Where the CPU has none
 * they are carried out by the model (support/tile_machine.h), a few of each.
 */
#include <math.h>

#include "base/macros.h"
#include "engine/cpu/machine.h"
#include "support/built_tower.h"
#include "support/test.h"
#include "support/tile_machine.h"
#include "support/tower.h"
#include "support/with_tiles.h"

enum {
    MAX_BATCH = 8,
    MAX_DIMENSION = 320
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

static void
build(struct tower *tower, const struct fovea_tower *config,
        enum fovea_precision precision)
{
    tower_build(tower, config, precision, MAX_BATCH, MAX_BATCH);
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
        tower_embed(tower, i, 1, alone + i * dimension);
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
        tower_embed(tower, first, batches[i], together);
        assert_memory_equal(together, alone + first * dimension,
                batches[i] * dimension * sizeof *together);
    }
}

static void
check_dense(struct tower *tower, const float *alone)
{
    static float dense[2 * MAX_DIMENSION];
    memset(tower->plan->is_blocked, 0, sizeof tower->plan->is_blocked);
    tower_embed(tower, 0, 2, dense);
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
        tower_embed_naively(&tower, i, expected);
        assert_near(alone + i * config->dimension, expected, config->dimension,
                min_cosine, (double)INFINITY);
    }
    tower_demolish(&tower);
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
        tower_embed(&tower, 0, N, without);
        tower_demolish(&tower);
        with_tiles_show(true);
        build(&tower, &configs[i], FOVEA_PRECISION_INT8_F32);
        check_forms(&tower, FOVEA_ELEMENT_U8);
        tower_embed(&tower, 0, N, with);
        tower_demolish(&tower);
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
