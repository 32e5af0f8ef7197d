/*
 * Texts through the forward pass, against the naive one on odd little models, and
 * the promise that a text gets the same bits in every company. With
 * ONEDNN_MAX_CPU_ISA=AVX2 in the environment the same holds for older CPUs.
 */
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/macros.h"
#include "engine/cpu/units.h"
#include "support/built_tower.h"
#include "support/test.h"
#include "support/tower.h"

enum {
    MAX_BATCH = 24,
    N_TEXTS = MAX_BATCH + 1,
    MAX_DIMENSION = 64
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

/* Heads and contexts that are and are not multiples of what kernels like; one head
   of all, one of one column; wide enough for bfloat16 arithmetic; sums long enough
   to be cut; more rows than a pass has. */
static const struct fovea_tower configs[] = {
    CLIP_TEXT_TOWER(48, 96, 3, 4, 50, 77, 32, FOVEA_ACTIVATION_QUICK_GELU),
    CLIP_TEXT_TOWER(40, 100, 2, 5, 31, 9, 21, FOVEA_ACTIVATION_GELU),
    CLIP_TEXT_TOWER(33, 65, 1, 1, 7, 2, 3, FOVEA_ACTIVATION_QUICK_GELU),
    CLIP_TEXT_TOWER(16, 8, 2, 16, 5, 1, 1, FOVEA_ACTIVATION_GELU),
    SIGLIP_TEXT_TOWER(64, 144, 3, 4, 60, 64, 64),
    SIGLIP_TEXT_TOWER(36, 40, 2, 3, 11, 17, 5),
    CLIP_TEXT_TOWER(256, 512, 2, 4, 90, 20, 64, FOVEA_ACTIVATION_QUICK_GELU),
    SIGLIP_TEXT_TOWER(288, 300, 2, 4, 40, 16, 50),
    CLIP_TEXT_TOWER(768, 3072, 1, 12, 30, 12, 64, FOVEA_ACTIVATION_GELU),
};

static void
build(struct tower *tower, const struct fovea_tower *config,
        enum fovea_precision precision)
{
    tower_build(tower, config, precision, MAX_BATCH, N_TEXTS);
}

static void
check_tower(const struct fovea_tower *config, enum fovea_precision precision,
        double min_cosine, double difference)
{
    struct tower tower;
    build(&tower, config, precision);
    float embeds[5 * MAX_DIMENSION];
    double expected[MAX_DIMENSION];
    tower_embed(&tower, 0, 5, embeds);
    for (size_t i = 0; i < 5; i++) {
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

/* Alone, and in every run of texts of every size; then in another order. */
static void
check_company(const struct fovea_tower *config, enum fovea_precision precision)
{
    struct tower tower;
    build(&tower, config, precision);
    const size_t dimension = config->dimension;
    float alone[N_TEXTS * MAX_DIMENSION];
    float together[MAX_BATCH * MAX_DIMENSION];
    for (size_t i = 0; i < N_TEXTS; i++) {
        tower_embed(&tower, i, 1, alone + i * dimension);
    }
    for (size_t n = 1; n <= MAX_BATCH; n++) {
        for (size_t first = 0; first + n <= N_TEXTS; first++) {
            tower_embed(&tower, first, n, together);
            assert_memory_equal(together, alone + first * dimension,
                    n * dimension * sizeof(float));
        }
    }
    for (size_t i = 0; i < N_TEXTS / 2; i++) {
        for (size_t k = 0; k < tower.row_bytes; k++) {
            uint8_t *a = (uint8_t *)tower_text(&tower, i) + k;
            uint8_t *b = (uint8_t *)tower_text(&tower, N_TEXTS - 1 - i) + k;
            uint8_t byte = *a;
            *a = *b;
            *b = byte;
        }
    }
    tower_embed(&tower, 0, MAX_BATCH, together);
    for (size_t i = 0; i < MAX_BATCH; i++) {
        assert_memory_equal(together + i * dimension,
                alone + (N_TEXTS - 1 - i) * dimension,
                dimension * sizeof(float));
    }
    tower_demolish(&tower);
}

static void
a_text_has_the_same_bits_in_every_company(void **state)
{
    (void)state;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(configs); i++) {
        check_company(&configs[i], FOVEA_PRECISION_F32);
        check_company(&configs[i],
                fovea_precision_of(&configs[i], FOVEA_DTYPE_BF16));
        check_company(&configs[i],
                fovea_precision_of(&configs[i], FOVEA_DTYPE_INT8));
    }
}

/* Texts of each number of rows, and each number of texts, for the first time. */
static void
no_code_is_generated_after_creation(void **state)
{
    (void)state;
    struct tower tower;
    float embeds[MAX_BATCH * MAX_DIMENSION];
    n_executable = 0;
    build(&tower, &configs[0], FOVEA_PRECISION_F32);
    assert_true(n_executable > 0);
    n_executable = 0;
    for (uint32_t n = 1; n <= configs[0].context; n++) {
        tower_text(&tower, 0)->n = n;
        tower_embed(&tower, 0, 1, embeds);
    }
    for (size_t n = 1; n <= MAX_BATCH; n++) {
        tower_embed(&tower, 0, n, embeds);
    }
    assert_int_equal(n_executable, 0);
    tower_demolish(&tower);
}

/* What a row says is not believed: nothing is read by it. */
static void
rows_that_are_no_texts_are_refused(void **state)
{
    (void)state;
    struct tower tower;
    struct fovea_error error;
    float embeds[2 * MAX_DIMENSION];
    build(&tower, &configs[1], FOVEA_PRECISION_F32);
    struct fovea_text_row *row = tower_text(&tower, 1);
    const struct {
        uint32_t n;
        uint32_t id;
        const char *part;
    } cases[] = {
        { 0, 0, "a text of 0 tokens, not of 1 to 9" },
        { 10, 0, "a text of 10 tokens" },
        { UINT32_MAX, 0, "a text of 4294967295 tokens" },
        { 9, 31, "token 8 of a text is 31, the vocabulary has 31" },
        { 9, UINT32_MAX, "token 8 of a text is 4294967295" },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        row->n = cases[i].n;
        row->ids[8] = cases[i].id;
        assert_fails(fovea_forward_run(tower.plan, NULL, tower.rows, 2, embeds,
                             &error),
                &error, FOVEA_ERR_INTERNAL, cases[i].part);
    }
    /* Behind what is computed ids are not looked at. */
    row->n = 8;
    tower_embed(&tower, 0, 2, embeds);
    tower_demolish(&tower);
}

static void
passes_have_room_for_what_they_take(void **state)
{
    (void)state;
    for (size_t n = 1; n <= FOVEA_MOST_UNITS * FOVEA_UNIT_ROWS; n++) {
        size_t units = fovea_units_of_rows(n);
        assert_true(units * FOVEA_UNIT_ROWS >= n);
        assert_true(units <= FOVEA_MOST_UNITS);
        assert_true(fovea_units_are_prepared(FOVEA_MODALITY_TEXT, units));
        /* a fifth, or three rows */
        assert_true(units * FOVEA_UNIT_ROWS <= n + 3 + n / 4);
    }
    assert_int_equal(fovea_units_of_texts(1000, 77), FOVEA_MOST_UNITS);
    assert_int_equal(fovea_units_of_texts(1, FOVEA_MAX_CONTEXT),
            FOVEA_MOST_UNITS);
    assert_int_equal(fovea_units_of_texts(1, 1), 1);
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
        cmocka_unit_test(a_text_has_the_same_bits_in_every_company),
        cmocka_unit_test(rows_that_are_no_texts_are_refused),
        cmocka_unit_test(passes_have_room_for_what_they_take),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
