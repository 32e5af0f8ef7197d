/*
 * The forward pass against the naive one on odd little models, and the promise
 * that an image gets the same bits in every batch. With ONEDNN_MAX_CPU_ISA=AVX2
 * in the environment the same holds for older CPUs.
 */
#include <math.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/macros.h"
#include "engine/cpu/machine.h"
#include "support/built_tower.h"
#include "support/test.h"
#include "support/tower.h"

enum {
    N_IMAGES = 9,
    MAX_BATCH = 8,
    LARGE_BATCH = 27, /* no power of two, nor its half */
    MAX_DIMENSION = 280
};

/* How often memory was made executable: by the library, which generates code.
   Ours stands in for libc's everywhere in the process. */
static unsigned n_executable;

__attribute__((visibility("default"))) int
mprotect(void *memory, size_t size, int protection)
{
    n_executable += (protection & PROT_EXEC) != 0;
    return (int)syscall(SYS_mprotect, memory, size, protection);
}

/* hidden, mlp, layers, heads, image, patch, projection: sizes that are and are
   not multiples of what kernels like. */
static const struct fovea_tower configs[] = {
    TOWER(64, 128, 3, 4, 64, 16, 32, FOVEA_ACTIVATION_QUICK_GELU, 1e-5F),
    TOWER(40, 100, 3, 5, 60, 12, 21, FOVEA_ACTIVATION_GELU, 1e-5F),
    TOWER(48, 36, 2, 1, 28, 14, 7, FOVEA_ACTIVATION_GELU_TANH, 1e-6F),
    TOWER(33, 65, 1, 3, 10, 5, 3, FOVEA_ACTIVATION_QUICK_GELU, 1e-5F),
    /* patches do not cover the last 2 pixels */
    TOWER(32, 48, 2, 2, 30, 14, 9, FOVEA_ACTIVATION_GELU_TANH, 1e-6F),
    TOWER(16, 8, 2, 2, 7, 7, 1, FOVEA_ACTIVATION_GELU, 1e-5F),
    TOWER(128, 256, 2, 2, 102, 6, 64, FOVEA_ACTIVATION_QUICK_GELU, 1e-5F),
    /* wide enough for bfloat16 arithmetic */
    TOWER(256, 512, 3, 4, 64, 16, 64, FOVEA_ACTIVATION_QUICK_GELU, 1e-5F),
    TOWER(280, 300, 2, 7, 70, 14, 50, FOVEA_ACTIVATION_GELU, 1e-5F),
    /* pooled by attention: of one patch, of fewer than heads, of more, wide enough
       for bfloat16 arithmetic */
    SIGLIP_TOWER(24, 40, 1, 3, 16, 14),
    SIGLIP_TOWER(64, 144, 3, 8, 32, 16),
    SIGLIP_TOWER(64, 144, 3, 4, 62, 14),
    SIGLIP_TOWER(256, 300, 2, 4, 64, 16),
    /* positions of a larger grid, of the same, of a smaller one; registers */
    DINOV2_TOWER(64, 256, 3, 4, 56, 14, 98, 0),
    DINOV2_TOWER(64, 128, 2, 4, 56, 14, 56, 0),
    DINOV2_TOWER(40, 80, 2, 5, 70, 14, 42, 0),
    DINOV2_TOWER(64, 256, 3, 4, 60, 14, 98, 4),
    DINOV2_TOWER(64, 128, 1, 4, 56, 14, 56, 1),
    DINOV2_TOWER(40, 80, 2, 5, 70, 14, 42, 3),
    DINOV2_TOWER(256, 300, 2, 4, 64, 16, 160, 2),
    /* wide enough for int8, layers behind the first and parts of the hidden layer,
       each head; norms of odd widths */
    TOWER(256, 1536, 3, 4, 64, 16, 32, FOVEA_ACTIVATION_GELU, 1e-5F),
    SIGLIP_TOWER(264, 300, 3, 4, 64, 16),
    DINOV2_TOWER(260, 832, 3, 4, 64, 16, 160, 2),
    /* sums long enough to be cut */
    SIGLIP_TOWER(280, 3072, 1, 7, 64, 32),
    DINOV2_TOWER(280, 3072, 1, 7, 56, 14, 98, 0),
    TOWER(768, 3072, 1, 12, 64, 32, 64, FOVEA_ACTIVATION_QUICK_GELU, 1e-5F),
};

/* Of the settings above. */
static void
build(struct tower *tower, const struct fovea_tower *config,
        enum fovea_precision precision)
{
    tower_build(tower, config, precision, MAX_BATCH, N_IMAGES);
}

static void
check_tower(const struct fovea_tower *config, enum fovea_precision precision,
        double min_cosine, double difference)
{
    struct tower tower;
    build(&tower, config, precision);
    static float embeds[3 * MAX_DIMENSION];
    static double expected[MAX_DIMENSION];
    tower_embed(&tower, 0, 3, embeds);
    for (size_t i = 0; i < 3; i++) {
        tower_embed_naively(&tower, i, expected);
        assert_near(embeds + i * config->dimension, expected, config->dimension,
                min_cosine, difference);
    }
    tower_demolish(&tower);
}

static void
float32_agrees_with_the_naive_forward_pass(void **state)
{
    (void)state;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(configs); i++) {
        check_tower(&configs[i], FOVEA_PRECISION_F32, 0.999999, 1e-4);
    }
}

static void
bfloat16_is_close(void **state)
{
    (void)state;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(configs); i++) {
        check_tower(&configs[i],
                fovea_precision_of(&configs[i], FOVEA_DTYPE_BF16), 0.999, 0.05);
    }
}

static void
int8_is_close(void **state)
{
    (void)state;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(configs); i++) {
        check_tower(&configs[i],
                fovea_precision_of(&configs[i], FOVEA_DTYPE_INT8), 0.998, 0.07);
    }
}

static void
bfloat16_weights_alone_are_close(void **state)
{
    (void)state;
    check_tower(&configs[0], FOVEA_PRECISION_BF16_WEIGHTS, 0.999, 0.05);
}

static void
check_batches(const struct fovea_tower *config, enum fovea_precision precision)
{
    struct tower tower;
    build(&tower, config, precision);
    size_t dimension = config->dimension;
    static float alone[N_IMAGES * MAX_DIMENSION];
    static float together[MAX_BATCH * MAX_DIMENSION];
    for (size_t i = 0; i < N_IMAGES; i++) {
        tower_embed(&tower, i, 1, alone + i * dimension);
    }
    assert_memory_not_equal(alone, alone + dimension,
            dimension * sizeof(float));
    for (size_t n = 1; n <= MAX_BATCH; n++) {
        for (size_t first = 0; first + n <= N_IMAGES; first++) {
            tower_embed(&tower, first, n, together);
            assert_memory_equal(together, alone + first * dimension,
                    n * dimension * sizeof(float));
        }
    }
    tower_demolish(&tower);
}

static void
an_image_has_the_same_bits_in_every_batch(void **state)
{
    (void)state;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(configs); i++) {
        check_batches(&configs[i], FOVEA_PRECISION_F32);
        check_batches(&configs[i],
                fovea_precision_of(&configs[i], FOVEA_DTYPE_BF16));
        check_batches(&configs[i],
                fovea_precision_of(&configs[i], FOVEA_DTYPE_INT8));
    }
}

/* int8 arithmetic, whatever the tower's width, where it is to be had. */
static enum fovea_precision
int8_precision(void)
{
    const struct fovea_precision_cpu cpu = { fovea_machine_has_bf16(),
        fovea_machine_has_vnni() };
    static const struct fovea_tower wide = TOWER(256, 512, 3, 4, 64, 16, 32,
            FOVEA_ACTIVATION_QUICK_GELU, 1e-5F);
    return fovea_precision_choose(&wide, FOVEA_DTYPE_INT8, &cpu);
}

/* Numbers of images that have a plan and that have none, each for the first
   time; of a tower with each head. Later ones may use code of those before. */
static void
no_code_is_generated_after_creation(void **state)
{
    (void)state;
    static const struct fovea_tower heads[] = {
        TOWER(64, 128, 3, 4, 64, 16, 32, FOVEA_ACTIVATION_QUICK_GELU, 1e-5F),
        SIGLIP_TOWER(72, 136, 2, 6, 62, 14),
        DINOV2_TOWER(80, 152, 2, 5, 56, 14, 98, 2),
    };
    static float embeds[LARGE_BATCH * MAX_DIMENSION];
    const enum fovea_precision precisions[] = { FOVEA_PRECISION_F32,
        int8_precision() };
    const size_t numbers[] = { 1, 2, 5, 8, 9, 13, 16, 17, 25, LARGE_BATCH };
    for (size_t i = 0; i < 2 * FOVEA_ARRAY_LEN(heads); i++) {
        struct tower tower;
        n_executable = 0;
        tower_build(&tower, &heads[i / 2], precisions[i % 2], LARGE_BATCH,
                LARGE_BATCH);
        /* On tiles all that a tower of 8 bits multiplies is compiled. */
        assert_true(n_executable > 0 || precisions[i % 2] != precisions[0]);
        n_executable = 0;
        for (size_t k = 0; k < FOVEA_ARRAY_LEN(numbers); k++) {
            tower_embed(&tower, 0, numbers[k], embeds);
        }
        assert_int_equal(n_executable, 0);
        tower_demolish(&tower);
    }
}

static void
check_large(enum fovea_precision precision)
{
    struct tower tower;
    size_t dimension = configs[0].dimension;
    static float alone[LARGE_BATCH * MAX_DIMENSION];
    static float together[LARGE_BATCH * MAX_DIMENSION];
    tower_build(&tower, &configs[0], precision, LARGE_BATCH, LARGE_BATCH);
    for (size_t i = 0; i < LARGE_BATCH; i++) {
        tower_embed(&tower, i, 1, alone + i * dimension);
    }
    for (size_t n = MAX_BATCH; n <= LARGE_BATCH; n++) {
        tower_embed(&tower, 0, n, together);
        assert_memory_equal(together, alone, n * dimension * sizeof(float));
    }
    tower_demolish(&tower);
}

/* More images than plans are exact for: several passes. */
static void
large_batches_have_the_same_bits(void **state)
{
    (void)state;
    check_large(FOVEA_PRECISION_F32);
    check_large(int8_precision());
}

static void
weights_may_lie_in_read_only_memory(void **state)
{
    (void)state;
    struct tower tower;
    static float before[MAX_DIMENSION];
    static float after[MAX_DIMENSION];
    build(&tower, &configs[1], FOVEA_PRECISION_F32);
    tower_embed(&tower, 0, 1, before);
    assert_int_equal(mprotect(tower.weights->block, tower.weights->block_size,
                             PROT_READ),
            0);
    tower_embed(&tower, 0, 1, after);
    assert_memory_equal(before, after, tower.config->dimension * sizeof(float));
    tower_demolish(&tower);
}

static void
the_size_is_known_before_loading(void **state)
{
    (void)state;
    struct tower tower;
    struct fovea_error error;
    size_t size = 0;
    assert_ok(
            fovea_weights_size(&configs[0], FOVEA_PRECISION_F32, &size, &error),
            &error);
    build(&tower, &configs[0], FOVEA_PRECISION_F32);
    assert_int_equal(size, tower.weights->block_size);
    tower_demolish(&tower);
}

/* The largest towers that a config may ask for, counted again in a type that
   cannot wrap: each matrix of a layer once, and the residual stream. */
static void
the_largest_sizes_do_not_wrap(void **state)
{
    (void)state;
    enum {
        LARGEST_BATCH = 256
    };
    static const struct fovea_tower largest[] = {
        /* tokens, one wide head; many narrow heads; one enormous patch */
        TOWER(FOVEA_MAX_WIDTH, FOVEA_MAX_MLP, FOVEA_MAX_LAYERS, 1, 255, 1,
                FOVEA_MAX_DIMENSION, FOVEA_ACTIVATION_GELU, 1e-5F),
        TOWER(FOVEA_MAX_WIDTH, FOVEA_MAX_MLP, FOVEA_MAX_LAYERS, FOVEA_MAX_WIDTH,
                255, 1, FOVEA_MAX_DIMENSION, FOVEA_ACTIVATION_GELU, 1e-5F),
        TOWER(FOVEA_MAX_WIDTH, FOVEA_MAX_MLP, FOVEA_MAX_LAYERS, 8,
                FOVEA_MAX_SIDE_PX, FOVEA_MAX_SIDE_PX, FOVEA_MAX_DIMENSION,
                FOVEA_ACTIVATION_GELU, 1e-5F),
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(largest); i++) {
        const struct fovea_tower *config = &largest[i];
        struct fovea_error error;
        size_t size = 0;
        assert_ok(
                fovea_weights_size(config, FOVEA_PRECISION_F32, &size, &error),
                &error);
        double hidden = config->width;
        double matrices =
                config->n_layers * hidden * (4 * hidden + 2.0 * config->mlp) +
                hidden * (double)fovea_tower_patch_width(config);
        assert_true((double)size > 4 * matrices);
        assert_true((double)size < 4.1 * matrices);
        double rows =
                (double)LARGEST_BATCH * (double)fovea_tower_tokens(config);
        double widest =
                fmax(config->mlp, (double)fovea_tower_patch_width(config));
        double least = 4 * rows * (2 * hidden + widest);
        const struct fovea_sizes sizes = fovea_sizes_of(config);
        double scratch = (double)fovea_layout_of(&sizes, LARGEST_BATCH,
                FOVEA_PRECISION_F32)
                                 .total;
        assert_true(scratch > least);
        assert_true(scratch < 1.1 * least);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        /* first: what it watches happens once in a process */
        cmocka_unit_test(no_code_is_generated_after_creation),
        cmocka_unit_test(float32_agrees_with_the_naive_forward_pass),
        cmocka_unit_test(bfloat16_is_close),
        cmocka_unit_test(int8_is_close),
        cmocka_unit_test(bfloat16_weights_alone_are_close),
        cmocka_unit_test(an_image_has_the_same_bits_in_every_batch),
        cmocka_unit_test(large_batches_have_the_same_bits),
        cmocka_unit_test(weights_may_lie_in_read_only_memory),
        cmocka_unit_test(the_size_is_known_before_loading),
        cmocka_unit_test(the_largest_sizes_do_not_wrap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
