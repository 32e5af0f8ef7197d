/*
 * What the host expects a model to cost, against what the engine takes: never
 * less, and hardly more.
 */
#include "base/macros.h"
#include "engine/cpu/machine.h"
#include "engine/cpu/packed.h"
#include "engine/cpu/plan.h"
#include "runtime/estimate.h"
#include "support/test.h"
#include "support/tower.h"
#include "sys/cpu.h"
#include "wire/messages.h"

enum {
    SLACK_BYTES = 4 * 4096,
    N_DTYPES = FOVEA_N_DTYPES - FOVEA_DTYPE_F32, /* AUTO is one of them */
};

static const struct fovea_tower towers[] = {
    /* hidden, MLP, layers, heads, image, patch, projection */
    TOWER(128, 512, 4, 4, 224, 32, 64, FOVEA_ACTIVATION_QUICK_GELU, 1e-5F),
    TOWER(768, 3072, 12, 12, 224, 32, 512, FOVEA_ACTIVATION_QUICK_GELU, 1e-5F),
    TOWER(768, 3072, 12, 12, 224, 16, 512, FOVEA_ACTIVATION_QUICK_GELU, 1e-5F),
    TOWER(1024, 4096, 24, 16, 224, 14, 768, FOVEA_ACTIVATION_QUICK_GELU, 1e-5F),
    TOWER(1024, 4096, 24, 16, 336, 14, 768, FOVEA_ACTIVATION_QUICK_GELU, 1e-5F),
    TOWER(1280, 5120, 32, 16, 224, 14, 1024, FOVEA_ACTIVATION_GELU, 1e-5F),
    SIGLIP_TOWER(768, 3072, 12, 12, 224, 16),
    SIGLIP_TOWER(1152, 4304, 27, 16, 384, 14),
    DINOV2_TOWER(384, 1536, 12, 6, 224, 14, 518, 0),
    DINOV2_TOWER(1024, 4096, 24, 16, 224, 14, 518, 4),
    /* Tiny and odd ones. */
    SIGLIP_TOWER(24, 40, 1, 3, 16, 14),
    CLIP_TEXT_TOWER(512, 2048, 12, 8, 49408, 77, 512,
            FOVEA_ACTIVATION_QUICK_GELU),
    SIGLIP_TEXT_TOWER(1152, 4304, 27, 16, 32000, 64, 1152),
    SIGLIP_TEXT_TOWER(768, 3072, 12, 12, 256000, 64, 768),
    CLIP_TEXT_TOWER(33, 65, 2, 3, 7, 5, 17, FOVEA_ACTIVATION_GELU),
    CLIP_TEXT_TOWER(1, 1, 1, 1, 2, 1, 1, FOVEA_ACTIVATION_GELU),
    TOWER(1, 1, 1, 1, 1, 1, 1, FOVEA_ACTIVATION_GELU, 1e-5F),
    TOWER(8, 12, 1, 2, 8, 4, 3, FOVEA_ACTIVATION_GELU, 1e-5F),
    TOWER(33, 65, 2, 3, 30, 10, 17, FOVEA_ACTIVATION_GELU, 1e-5F),
    TOWER(100, 129, 3, 5, 52, 13, 1, FOVEA_ACTIVATION_GELU, 1e-5F),
    TOWER(255, 300, 2, 15, 33, 11, 100, FOVEA_ACTIVATION_GELU, 1e-5F),
    TOWER(256, 257, 2, 8, 63, 7, 63, FOVEA_ACTIVATION_GELU, 1e-5F),
    TOWER(260, 100, 1, 13, 224, 28, 65, FOVEA_ACTIVATION_GELU, 1e-5F),
    TOWER(272, 1000, 2, 4, 448, 16, 129, FOVEA_ACTIVATION_GELU, 1e-5F),
    TOWER(264, 64, 2, 264, 32, 32, 31, FOVEA_ACTIVATION_GELU, 1e-5F),
};

static void
check(const struct fovea_tower *config, const char *what, uint64_t estimate,
        uint64_t truth)
{
    if (estimate < truth || estimate > truth + truth / 20 + SLACK_BYTES) {
        fail_msg("a tower %u wide: %s: estimated %llu bytes, taken %llu",
                config->width, what, (unsigned long long)estimate,
                (unsigned long long)truth);
    }
}

static void
packed_weights_take_what_was_estimated(void **state)
{
    (void)state;
    (void)fovea_machine_set_threads(1);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(towers); i++) {
        for (size_t k = FOVEA_DTYPE_F32; k < FOVEA_N_DTYPES; k++) {
            const enum fovea_dtype dtype = (enum fovea_dtype)k;
            struct fovea_error error;
            size_t size = 0;
            assert_ok(fovea_weights_size(&towers[i],
                              fovea_precision_of(&towers[i], dtype), &size,
                              &error),
                    &error);
            check(&towers[i], fovea_dtype_word(dtype),
                    fovea_engine_cost(&towers[i], dtype, 1).shared_bytes,
                    size + FOVEA_PACKED_HEADER_SIZE);
        }
    }
}

/* What fovea_crew takes (src/worker/lane.c): images and vectors of a batch and
   the buffers of a forward pass, for each thread. */
static uint64_t
buffers(const struct fovea_tower *config, enum fovea_dtype dtype,
        unsigned n_threads, unsigned max_batch)
{
    size_t batch = (max_batch + n_threads - 1) / n_threads;
    const struct fovea_sizes sizes = fovea_sizes_of(config);
    return n_threads *
            (batch *
                            (fovea_tower_row_bytes(config) +
                                    (size_t)config->dimension * 4) +
                    fovea_layout_of(&sizes, batch,
                            fovea_precision_of(config, dtype))
                            .total);
}

static void
buffers_take_what_was_estimated(void **state)
{
    (void)state;
    static const unsigned shapes[][2] = { { 1, 1 }, { 1, 2 }, { 1, 7 },
        { 1, 8 }, { 1, 32 }, { 1, 128 }, { 2, 8 }, { 3, 8 }, { 64, 1 },
        { 64, 128 } };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(towers); i++) {
        for (size_t k = 0; k < N_DTYPES * FOVEA_ARRAY_LEN(shapes); k++) {
            enum fovea_dtype dtype =
                    (enum fovea_dtype)(FOVEA_DTYPE_F32 + k % N_DTYPES);
            const unsigned *shape = shapes[k / N_DTYPES];
            uint64_t estimate = fovea_estimate_worker(&towers[i], dtype,
                    shape[0], shape[1]);
            estimate -= FOVEA_WORKER_BASE_BYTES +
                    shape[0] * (uint64_t)FOVEA_DECODE_FREE_BYTES;
            check(&towers[i], "buffers", estimate,
                    buffers(&towers[i], dtype, shape[0], shape[1]));
        }
    }
}

static void
a_worker_without_weights_holds_a_picture_a_thread(void **state)
{
    (void)state;
    const struct fovea_preprocess settings = { .crop_width_px = 100,
        .crop_height_px = 50 };
    assert_int_equal(fovea_estimate_pixels_worker(&settings, 3, 8),
            FOVEA_WORKER_BASE_BYTES +
                    3 * (3 * 100 * 50 + FOVEA_DECODE_FREE_BYTES));
}

static void
the_library_and_we_agree_on_the_cpu(void **state)
{
    (void)state;
    assert_int_equal(fovea_cpu_level() == FOVEA_CPU_AVX512_BF16,
            fovea_machine_has_bf16());
    assert_int_equal(fovea_cpu_has_vnni(), fovea_machine_has_vnni());
}

static void
auto_is_float32_until_somebody_decides(void **state)
{
    (void)state;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(towers); i++) {
        /* Where bfloat16 is not to be had the times decide nothing. */
        bool is_open = fovea_precision_of(&towers[i], FOVEA_DTYPE_BF16) ==
                FOVEA_PRECISION_BF16;
        assert_int_equal(!fovea_engine_settled(&towers[i]), is_open);
        assert_int_equal(fovea_precision_of(&towers[i], FOVEA_DTYPE_AUTO),
                FOVEA_PRECISION_F32);
        const struct fovea_cost undecided =
                fovea_engine_cost(&towers[i], FOVEA_DTYPE_AUTO, 1);
        const struct fovea_cost plain =
                fovea_engine_cost(&towers[i], FOVEA_DTYPE_F32, 1);
        assert_int_equal(undecided.shared_bytes, plain.shared_bytes);
        assert_int_equal(undecided.lane_bytes, plain.lane_bytes);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packed_weights_take_what_was_estimated),
        cmocka_unit_test(buffers_take_what_was_estimated),
        cmocka_unit_test(a_worker_without_weights_holds_a_picture_a_thread),
        cmocka_unit_test(the_library_and_we_agree_on_the_cpu),
        cmocka_unit_test(auto_is_float32_until_somebody_decides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
