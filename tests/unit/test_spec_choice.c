/* What AUTO means: the rule, and how times come about, with a clock of our own. */
#include "base/error.h"
#include "base/macros.h"
#include "spec/choice.h"
#include "support/test.h"

enum {
    MOST_RUNS = 128,
};

static void
bfloat16_has_to_be_clearly_faster(void **state)
{
    (void)state;
    static const struct {
        struct fovea_choice_times times;
        enum fovea_dtype dtype;
    } rows[] = {
        { { 115, 100 }, FOVEA_DTYPE_BF16 },
        { { 114, 100 }, FOVEA_DTYPE_F32 },
        { { 100, 100 }, FOVEA_DTYPE_F32 },
        { { 66, 107 }, FOVEA_DTYPE_F32 },
        { { 200, 100 }, FOVEA_DTYPE_BF16 },
        { { 1, 1 }, FOVEA_DTYPE_F32 },
        { { 2, 1 }, FOVEA_DTYPE_BF16 },
        { { FOVEA_CHOICE_MOST_NS, 1 }, FOVEA_DTYPE_BF16 },
        { { 1, FOVEA_CHOICE_MOST_NS }, FOVEA_DTYPE_F32 },
        { { FOVEA_CHOICE_MOST_NS, FOVEA_CHOICE_MOST_NS }, FOVEA_DTYPE_F32 },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(rows); i++) {
        assert_true(fovea_choice_times_are_good(&rows[i].times));
        assert_int_equal(fovea_choice_decide(&rows[i].times), rows[i].dtype);
    }
    static const struct fovea_choice_times bad[] = { { 0, 1 }, { 1, 0 },
        { FOVEA_CHOICE_MOST_NS + 1, 1 }, { 1, FOVEA_CHOICE_MOST_NS + 1 },
        { UINT64_MAX, UINT64_MAX } };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(bad); i++) {
        assert_false(fovea_choice_times_are_good(&bad[i]));
    }
}

static void
towers_of_one_shape_share_an_answer(void **state)
{
    (void)state;
    struct fovea_tower tower = { .modality = FOVEA_MODALITY_IMAGE,
        .width = 768,
        .mlp = 3072,
        .n_layers = 12,
        .n_heads = 12,
        .side_px = 224,
        .patch_px = 32,
        .has_class_token = true };
    struct fovea_choice_shape shape = fovea_choice_shape_of(&tower);
    assert_int_equal(shape.width, 768);
    assert_int_equal(shape.mlp, 3072);
    assert_int_equal(shape.n_heads, 12);
    assert_int_equal(shape.grid, 7); /* 50 tokens */
    assert_true(fovea_choice_shape_is_good(&shape));
    tower.n_layers = 1;
    tower.patch_px = 16;
    assert_int_equal(fovea_choice_shape_of(&tower).grid, 8); /* 197 */
    const struct fovea_tower text = { .modality = FOVEA_MODALITY_TEXT,
        .width = 512,
        .mlp = 2048,
        .n_heads = 8,
        .context = 77 };
    assert_int_equal(fovea_choice_shape_of(&text).grid, 8);
    tower.side_px = tower.patch_px;
    assert_int_equal(fovea_choice_shape_of(&tower).grid, 1); /* 2 */
}

static void
shapes_that_no_tower_has_are_bad(void **state)
{
    (void)state;
    static const struct fovea_choice_shape bad[] = {
        { 0, 3072, 12, 7 },
        { FOVEA_MAX_WIDTH + 1, 3072, 1, 7 },
        { 768, 0, 12, 7 },
        { 768, FOVEA_MAX_MLP + 1, 12, 7 },
        { 768, 3072, 0, 7 },
        { 768, 3072, 13, 7 },
        { 768, 3072, 12, 0 },
        { 768, 3072, 12, FOVEA_CHOICE_MOST_GRID + 1 },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(bad); i++) {
        assert_false(fovea_choice_shape_is_good(&bad[i]));
    }
}

/* A clock that runs take from: each by a list, whose last entry goes on. */
struct fake {
    uint64_t now_ns;
    const uint64_t *taken[FOVEA_N_DTYPES];
    size_t n_taken;
    size_t n_runs[FOVEA_N_DTYPES];
    enum fovea_dtype runs[MOST_RUNS];
    size_t n_all;
    size_t fails_at; /* the run that does; SIZE_MAX: none */
};

static enum fovea_status
run(void *context, enum fovea_dtype dtype, struct fovea_error *err)
{
    struct fake *fake = context;
    assert_true(fake->n_all < MOST_RUNS);
    if (fake->n_all == fake->fails_at) {
        return fovea_fail(err, FOVEA_ERR_INTERNAL, "no such product");
    }
    size_t i = fake->n_runs[dtype]++;
    i = i < fake->n_taken ? i : fake->n_taken - 1;
    fake->now_ns += fake->taken[dtype][i];
    fake->runs[fake->n_all++] = dtype;
    return FOVEA_OK;
}

static uint64_t
now_ns(void *context)
{
    return ((struct fake *)context)->now_ns;
}

static void
the_least_of_several_rounds_counts(void **state)
{
    (void)state;
    /* The first run of each is not timed, however fast it is. */
    static const uint64_t f32[] = { 1, 9000000, 7000000, 8000000, 1000000 };
    static const uint64_t bf16[] = { 1, 5000000, 6000000, 9000000, 1000000 };
    struct fake fake = {
        .taken = { [FOVEA_DTYPE_F32] = f32, [FOVEA_DTYPE_BF16] = bf16 },
        .n_taken = FOVEA_ARRAY_LEN(f32),
        .fails_at = SIZE_MAX
    };
    const struct fovea_choice_work work = { run, now_ns, &fake };
    struct fovea_choice_times times;
    struct fovea_error error;
    assert_ok(fovea_choice_measure(&work, &times, &error), &error);
    /* 44 ms in three rounds are enough. */
    assert_int_equal(times.f32_ns, 7000000);
    assert_int_equal(times.bf16_ns, 5000000);
    assert_int_equal(fake.n_all, 8);
    for (size_t i = 0; i < fake.n_all; i++) {
        assert_int_equal(fake.runs[i],
                i % 2 == 0 ? FOVEA_DTYPE_F32 : FOVEA_DTYPE_BF16);
    }
}

static void
fast_layers_are_timed_more_often_but_not_for_ever(void **state)
{
    (void)state;
    static const uint64_t fast[] = { 1000 };
    static const uint64_t slow[] = { UINT64_C(60000000000) };
    struct fake fake = {
        .taken = { [FOVEA_DTYPE_F32] = fast, [FOVEA_DTYPE_BF16] = fast },
        .n_taken = 1,
        .fails_at = SIZE_MAX
    };
    struct fovea_choice_work work = { run, now_ns, &fake };
    struct fovea_choice_times times;
    struct fovea_error error;
    assert_ok(fovea_choice_measure(&work, &times, &error), &error);
    assert_int_equal(times.f32_ns, 1000);
    assert_int_equal(fake.n_all, 2 + 2 * 16);

    fake = (struct fake){
        .taken = { [FOVEA_DTYPE_F32] = slow, [FOVEA_DTYPE_BF16] = slow },
        .n_taken = 1,
        .fails_at = SIZE_MAX
    };
    assert_ok(fovea_choice_measure(&work, &times, &error), &error);
    assert_int_equal(fake.n_all, 2 + 2 * 3);
}

static void
a_run_that_fails_ends_it(void **state)
{
    (void)state;
    static const uint64_t taken[] = { 10000000 };
    for (size_t k = 0; k < 8; k++) {
        struct fake fake = {
            .taken = { [FOVEA_DTYPE_F32] = taken, [FOVEA_DTYPE_BF16] = taken },
            .n_taken = 1,
            .fails_at = k
        };
        const struct fovea_choice_work work = { run, now_ns, &fake };
        struct fovea_choice_times times = { 3, 4 };
        struct fovea_error error;
        assert_fails(fovea_choice_measure(&work, &times, &error), &error,
                FOVEA_ERR_INTERNAL, "no such product");
        assert_int_equal(fake.n_all, k);
        assert_int_equal(times.f32_ns, 3);
        assert_int_equal(times.bf16_ns, 4);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bfloat16_has_to_be_clearly_faster),
        cmocka_unit_test(towers_of_one_shape_share_an_answer),
        cmocka_unit_test(shapes_that_no_tower_has_are_bad),
        cmocka_unit_test(the_least_of_several_rounds_counts),
        cmocka_unit_test(fast_layers_are_timed_more_often_but_not_for_ever),
        cmocka_unit_test(a_run_that_fails_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
