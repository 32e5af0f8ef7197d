/* What the bench says beside times: what a pass cannot do without, the rates of the
   machine, medians, and whose time is whose. */
#include <math.h>

#include "base/macros.h"
#include "bench/caches.h"
#include "bench/instructions.h"
#include "bench/pass.h"
#include "bench/rounds.h"
#include "checkpoint/random.h"
#include "engine/cpu/fill.h"
#include "engine/cpu/machine.h"
#include "support/test.h"
#include "support/tile_machine.h"
#include "support/tower.h"

static const struct fovea_tower clip =
        TOWER(64, 256, 3, 4, 64, 16, 32, FOVEA_ACTIVATION_QUICK_GELU, 1e-5F);
static const struct fovea_tower siglip = SIGLIP_TOWER(64, 256, 3, 4, 64, 16);
static const struct fovea_tower texts = CLIP_TEXT_TOWER(64, 256, 3, 4, 100, 20,
        32, FOVEA_ACTIVATION_QUICK_GELU);

static struct fovea_weights *
layouts_of(const struct fovea_tower *tower)
{
    struct fovea_error error;
    struct fovea_forms forms;
    struct fovea_weights *weights = NULL;
    assert_ok(fovea_forms_prefer(tower, FOVEA_PRECISION_F32, &forms, &error),
            &error);
    assert_ok(fovea_weights_create(tower, FOVEA_PRECISION_F32, &forms, &weights,
                      &error),
            &error);
    return weights;
}

/* In units of width * width multiply-adds, or values of the weights. */
static void
check_part(const struct fovea_part_work *work, double products, double values)
{
    assert_true(work->operations[FOVEA_PEAK_F32] == 2.0 * 64 * 64 * products);
    assert_true(work->operations[FOVEA_PEAK_BF16] == 0.0);
    assert_true(work->operations[FOVEA_PEAK_INT8] == 0.0);
    assert_true(work->bytes == 4.0 * 64 * 64 * values);
}

/* Sixteen patches of 3 * 16 * 16 samples, and the class token. */
static void
test_work_of_images(void **state)
{
    struct fovea_part_work work[FOVEA_N_PARTS];
    struct fovea_weights *weights = layouts_of(&clip);
    (void)state;
    fovea_work_count(weights, 2, 17, work);
    check_part(&work[FOVEA_PART_EMBED], 2 * 16 * 12, 12);
    check_part(&work[FOVEA_PART_NORMS], 0, 0);
    /* Of the last layer keys and values of all tokens, else of one alone. */
    check_part(&work[FOVEA_PART_QKV], 2 * (17 * (3 + 3 + 2) + 1), 9);
    check_part(&work[FOVEA_PART_ATTENTION], 2.0 * 2 * (2 * 17 * 17 + 17) / 64,
            0);
    check_part(&work[FOVEA_PART_OUT], 2 * (17 * 2 + 1), 3);
    check_part(&work[FOVEA_PART_MLP], 8 * 2 * (17 * 2 + 1), 3 * 8);
    check_part(&work[FOVEA_PART_HEAD], 2 * 0.5, 0.5);
    fovea_weights_destroy(weights);
}

/* All layers are whole; what attends to all tokens behind them is the head's. */
static void
test_work_of_attention_pooling(void **state)
{
    struct fovea_part_work work[FOVEA_N_PARTS];
    struct fovea_weights *weights = layouts_of(&siglip);
    (void)state;
    fovea_work_count(weights, 2, 16, work);
    check_part(&work[FOVEA_PART_EMBED], 2 * 16 * 12, 12);
    check_part(&work[FOVEA_PART_QKV], 2 * 16 * 9, 9);
    check_part(&work[FOVEA_PART_ATTENTION], 2.0 * 2 * 3 * 16 * 16 / 64, 0);
    check_part(&work[FOVEA_PART_OUT], 2 * 16 * 3, 3);
    check_part(&work[FOVEA_PART_MLP], 8 * 2 * 16 * 3, 3 * 8);
    /* The values' matrix, the output's and the MLP, for one row. */
    check_part(&work[FOVEA_PART_HEAD], 2 * (1 + 1 + 8) + 2.0 * 2 * 16 / 64,
            1 + 1 + 8);
    fovea_weights_destroy(weights);
}

/* A token attends to itself and to those before it. */
static void
test_work_of_texts(void **state)
{
    struct fovea_part_work work[FOVEA_N_PARTS];
    struct fovea_weights *weights = layouts_of(&texts);
    (void)state;
    fovea_work_count(weights, 3, 10, work);
    check_part(&work[FOVEA_PART_EMBED], 0, 0);
    check_part(&work[FOVEA_PART_QKV], 3 * (10 * (3 + 3 + 2) + 1), 9);
    check_part(&work[FOVEA_PART_ATTENTION], 3 * 2.0 * (2 * 55 + 10) / 64, 0);
    check_part(&work[FOVEA_PART_HEAD], 3 * 0.5, 0.5);
    fovea_weights_destroy(weights);
}

static void
test_bounds(void **state)
{
    struct fovea_peaks peaks = { .bytes = { 4e9, 2e9, 1e9 } };
    const struct fovea_part_work work = { { 3e6, 8e6, 0.0 }, 5e6 };
    (void)state;
    for (size_t i = 0; i < FOVEA_N_PEAK_KINDS; i++) {
        /* Of each operand the last kind is the fastest. */
        peaks.operations[i] = 1e9 * (double)(1 + i);
    }
    const double f32 = fovea_peaks_of(&peaks, FOVEA_PEAK_F32);
    const double bf16 = fovea_peaks_of(&peaks, FOVEA_PEAK_BF16);
    assert_true(f32 == 2e9);
    assert_true(bf16 > f32);
    struct fovea_part_bound bound =
            fovea_work_bound(&work, &peaks, FOVEA_PEAK_L3);
    assert_true(bound.arithmetic_ms == 1e3 * 3e6 / f32 + 1e3 * 8e6 / bf16);
    assert_true(bound.memory_ms == 2.5);
    bound = fovea_work_bound(&work, &peaks, FOVEA_PEAK_MEMORY);
    assert_true(bound.memory_ms == 5.0);
}

static void
test_levels(void **state)
{
    const struct fovea_peak_memory memory = { .caches = { 1000, 5000 } };
    const struct fovea_peak_memory no_l3 = { .caches = { 1000, 0 } };
    (void)state;
    assert_int_equal(fovea_peak_level_of(&memory, 1000), FOVEA_PEAK_L2);
    assert_int_equal(fovea_peak_level_of(&memory, 1001), FOVEA_PEAK_L3);
    assert_int_equal(fovea_peak_level_of(&memory, 5001), FOVEA_PEAK_MEMORY);
    assert_int_equal(fovea_peak_level_of(&no_l3, 1001), FOVEA_PEAK_MEMORY);
    assert_int_equal(fovea_bench_cache_size(9), 0);
}

/* What this CPU has, it has a rate of, and nothing else. */
static void
test_rates(void **state)
{
    static _Alignas(64) uint8_t bytes[1 << 16];
    const struct fovea_peak_memory memory = { bytes, sizeof bytes,
        { sizeof bytes / 2, 0 } };
    struct fovea_peaks peaks;
    (void)state;
    fovea_peaks_measure(&memory, &peaks);
    for (size_t i = 0; i < FOVEA_N_PEAK_KINDS; i++) {
        assert_int_equal(peaks.operations[i] > 0.0,
                fovea_peak_kinds[i].is_there());
        assert_true(isfinite(peaks.operations[i]));
    }
    assert_true(peaks.bytes[FOVEA_PEAK_L2] > 0.0);
    assert_true(peaks.bytes[FOVEA_PEAK_L3] == 0.0);
    assert_true(peaks.bytes[FOVEA_PEAK_MEMORY] > 0.0);
    assert_true(fovea_peaks_of(&peaks, FOVEA_PEAK_F32) > 0.0);
    assert_int_equal(fovea_peaks_of(&peaks, FOVEA_PEAK_BF16) > 0.0,
            fovea_machine_has_bf16());
}

/* A round is as many multiply-adds of tiles as it is counted for. */
static void
test_tiles(void **state)
{
    (void)state;
    if (!tile_machine_start()) {
        print_message("# skipped: no AVX-512 here\n");
        return;
    }
    (void)tile_machine_take_counts();
    fovea_loop_bf16_tiles(3);
    fovea_loop_int8_tiles(2);
    const struct tile_counts counts = tile_machine_take_counts();
    if (!tile_machine_is_real()) {
        assert_int_equal(counts.configs, 2);
        assert_int_equal(counts.products, (3 + 2) * FOVEA_TILE_SUMS);
    }
}

static void
test_medians(void **state)
{
    const double odd[3][2] = { { 3.0, 10.0 }, { 1.0, 30.0 }, { 2.0, 20.0 } };
    const double even[2][2] = { { 4.0, 1.0 }, { 2.0, 2.0 } };
    double medians[2];
    (void)state;
    fovea_bench_medians(odd, sizeof odd[0], 3, medians);
    assert_true(medians[0] == 2.0 && medians[1] == 20.0);
    fovea_bench_medians(even, sizeof even[0], 2, medians);
    assert_true(medians[0] == 3.0 && medians[1] == 1.5);
}

/* Parts come one after the other, and nothing is counted twice. */
static void
test_parts(void **state)
{
    const struct fovea_tower *towers[] = { &clip, &siglip, &texts };
    const struct fovea_preprocess settings = { .crop_height_px = 64,
        .crop_width_px = 64 };
    struct fovea_pixel_table table;
    struct fovea_peaks peaks = { .bytes = { 1e9, 1e9, 1e9 } };
    static uint8_t rows[2 * 3 * 64 * 64];
    static float embeds[2 * 64];
    (void)state;
    fovea_pixel_table_init(&table, &settings);
    for (size_t i = 0; i < FOVEA_N_PEAK_KINDS; i++) {
        peaks.operations[i] = 1e9;
    }
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(towers); i++) {
        const bool is_text = towers[i]->modality == FOVEA_MODALITY_TEXT;
        struct fovea_error error;
        struct fovea_checkpoint *checkpoint = NULL;
        struct fovea_weights *weights = NULL;
        struct fovea_plan *plan = NULL;
        struct fovea_bench_runner runner;
        struct fovea_bench_pass pass;
        assert_ok(fovea_checkpoint_create_random(towers[i], 1, &checkpoint,
                          &error),
                &error);
        assert_ok(fovea_weights_load(towers[i], checkpoint, FOVEA_PRECISION_F32,
                          &weights, &error),
                &error);
        assert_ok(fovea_plan_create(weights, 2, &plan, &error), &error);
        memset(rows, 0, sizeof rows);
        for (size_t k = 0; is_text && k < 2; k++) {
            ((struct fovea_text_row *)(void *)(rows +
                     k * fovea_tower_text_row_bytes(towers[i])))
                    ->n = 10;
        }
        const struct fovea_bench_rows two = { plan, is_text ? NULL : &table,
            rows, embeds, 2 };
        assert_ok(fovea_bench_runner_init(&runner, &two,
                          is_text ? 10 : fovea_tower_tokens(towers[i]), &error),
                &error);
        assert_ok(fovea_bench_runner_run(&runner, &peaks, FOVEA_PEAK_MEMORY,
                          &pass, &error),
                &error);
        double ms = 0.0;
        double share = 0.0;
        for (size_t k = 0; k < FOVEA_N_PARTS; k++) {
            assert_true(pass.parts[k].ms > 0.0);
            ms += pass.parts[k].ms;
            share += pass.parts[k].share;
        }
        assert_true(ms <= pass.forward_ms * (1.0 + 1e-9));
        assert_true(share <= 1.0 + 1e-9);
        assert_true(pass.matmul_ms > 0.0 && pass.roofline_ms > 0.0);
        assert_true(fabs(pass.over_matmul * pass.matmul_ms - pass.forward_ms) <
                1e-9 * pass.forward_ms);
        assert_null(plan->clock);
        fovea_bench_runner_finish(&runner);
        fovea_plan_destroy(plan);
        fovea_weights_destroy(weights);
        fovea_checkpoint_close(checkpoint);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_work_of_images),
        cmocka_unit_test(test_work_of_attention_pooling),
        cmocka_unit_test(test_work_of_texts),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_rates),
        cmocka_unit_test(test_tiles),
        cmocka_unit_test(test_medians),
        cmocka_unit_test(test_parts),
    };
    (void)fovea_machine_set_threads(1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
