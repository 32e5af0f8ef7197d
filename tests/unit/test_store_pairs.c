/* All pairs of rows above a threshold, and no others. */
#include <math.h>
#include <pthread.h>

#include "base/macros.h"
#include "store/pairs.h"
#include "store/score.h"
#include "support/test.h"
#include "support/tree.h"
#include "support/vectors.h"

static char root[] = "/tmp/fovea-pairs-XXXXXX";
TREE_FIXTURE(root)

enum {
    MAX_SEGMENTS = 3,
    MAX_ROWS = 5000,
};

struct list {
    struct fovea_pair *pairs;
    size_t n;
    uint64_t done;
    uint64_t total;
    size_t n_calls;
    size_t fail_at; /* call, from 1; 0: never */
};

struct scene {
    struct fovea_segment *segments[MAX_SEGMENTS];
    struct fovea_pairs pairs;
    struct list list;
    float *rows;
    size_t n_rows;
    size_t dimension;
};

static enum fovea_status
add(void *context, const struct fovea_pair *pairs, size_t n, uint64_t done,
        uint64_t total, struct fovea_error *err)
{
    struct list *list = context;
    if (++list->n_calls == list->fail_at) {
        (void)snprintf(err->message, sizeof err->message, "enough of it");
        return err->code = FOVEA_ERR_IO;
    }
    assert_true(done > list->done && done <= total);
    list->done = done;
    list->total = total;
    if (n > 0) {
        list->pairs = reallocarray(list->pairs, list->n + n, sizeof *pairs);
        memcpy(list->pairs + list->n, pairs, n * sizeof *pairs);
        list->n += n;
    }
    return FOVEA_OK;
}

static void
scene_init(struct scene *scene, enum vectors_kind kind, enum fovea_store store,
        size_t n_rows, size_t dimension, size_t n_segments)
{
    *scene = (struct scene){
        .n_rows = n_rows,
        .dimension = dimension,
        .rows = malloc(n_rows * dimension * sizeof(float)),
    };
    vectors_fill(kind, n_rows, scene->rows, n_rows, dimension);
    size_t done = 0;
    for (size_t i = 0; i < n_segments; i++) {
        char path[64];
        (void)snprintf(path, sizeof path, "%s/%zu", root, i);
        size_t n = i + 1 == n_segments ? n_rows - done : n_rows / n_segments;
        scene->segments[i] = vectors_segment(path, store, MAX_ROWS,
                scene->rows + done * dimension, n, dimension);
        done += n;
    }
    scene->pairs = (struct fovea_pairs){
        .segments = (const struct fovea_segment *const *)scene->segments,
        .n_segments = n_segments,
        .threshold = 0.73F,
        .n_threads = 1,
        .found = add,
        .context = &scene->list,
    };
}

static void
scene_finish(struct scene *scene)
{
    for (size_t i = 0; i < scene->pairs.n_segments; i++) {
        fovea_segment_close(scene->segments[i]);
    }
    free(scene->rows);
    free(scene->list.pairs);
    assert_int_equal(tree_empty(root), 0);
}

static int
compare(const void *one, const void *other)
{
    const struct fovea_pair *a = one;
    const struct fovea_pair *b = other;
    return a->first != b->first ? (a->first < b->first ? -1 : 1)
                                : (a->second < b->second ? -1 : 1);
}

static void
run(struct scene *scene)
{
    struct fovea_error error;
    uint64_t n_reranked = 0;
    free(scene->list.pairs);
    scene->list = (struct list){ 0 };
    assert_ok(fovea_pairs_run(&scene->pairs, &n_reranked, &error), &error);
    assert_int_equal(scene->list.done, scene->list.total);
    assert_true(n_reranked >= scene->list.n);
}

static bool
counts(const struct scene *scene, size_t i)
{
    return !scene->pairs.mask || scene->pairs.mask[i / 64] >> i % 64 & 1;
}

/* As stored: float16 comes back rounded. */
static void
read_stored(struct scene *scene)
{
    struct fovea_error error;
    size_t done = 0;
    for (size_t i = 0; i < scene->pairs.n_segments; i++) {
        size_t n = fovea_segment_n_rows(scene->segments[i]);
        assert_ok(fovea_segment_read(scene->segments[i], 0, n,
                          scene->rows + done * scene->dimension, &error),
                &error);
        done += n;
    }
}

static void
assert_exact(struct scene *scene)
{
    size_t dimension = scene->dimension;
    run(scene);
    read_stored(scene);
    if (scene->list.n > 0) {
        qsort(scene->list.pairs, scene->list.n, sizeof *scene->list.pairs,
                compare);
    }
    size_t at = 0;
    for (size_t i = 0; i < scene->n_rows; i++) {
        const float *row = scene->rows + i * dimension;
        double square = fovea_score_square(row, dimension);
        for (size_t j = i + 1; counts(scene, i) && j < scene->n_rows; j++) {
            float score = fovea_score(row, square, scene->rows + j * dimension,
                    dimension);
            if (!counts(scene, j) || !(score >= scene->pairs.threshold)) {
                continue;
            }
            assert_true(at < scene->list.n);
            assert_int_equal(scene->list.pairs[at].first, i);
            assert_int_equal(scene->list.pairs[at].second, j);
            assert_true(scene->list.pairs[at].score == score);
            at++;
        }
    }
    assert_int_equal(at, scene->list.n);
}

static void
every_kind_of_rows_is_paired_as_its_values_say(void **state)
{
    (void)state;
    static const size_t dimensions[] = { 1, 3, 64, 200 };
    static const float thresholds[] = { 0.73F, 1, 0, -1, 1.5F, 0.01F };
    for (enum vectors_kind kind = 0; kind < VECTORS_N_KINDS; kind++) {
        for (size_t i = 0; i < FOVEA_ARRAY_LEN(dimensions); i++) {
            struct scene scene;
            scene_init(&scene, kind, FOVEA_STORE_F32, 150, dimensions[i], 3);
            for (size_t j = 0; j < FOVEA_ARRAY_LEN(thresholds); j++) {
                scene.pairs.threshold = thresholds[j];
                assert_exact(&scene);
            }
            scene_finish(&scene);
        }
    }
}

/* The threshold is a score that there is: it, and what is just below. */
static void
a_score_at_the_threshold_is_one(void **state)
{
    (void)state;
    for (enum vectors_kind kind = 0; kind < VECTORS_N_KINDS; kind++) {
        struct scene scene;
        scene_init(&scene, kind, FOVEA_STORE_F32, 40, 96, 1);
        for (size_t i = 1; i < 40; i++) {
            float score =
                    fovea_score(scene.rows, fovea_score_square(scene.rows, 96),
                            scene.rows + i * 96, 96);
            scene.pairs.threshold = score;
            assert_exact(&scene);
            assert_true(scene.list.n > 0);
            scene.pairs.threshold = nextafterf(score, 2);
            assert_exact(&scene);
        }
        scene_finish(&scene);
    }
}

static void
large_dimensions_are_as_exact(void **state)
{
    (void)state;
    static const size_t dimensions[] = { 1536, FOVEA_SEGMENT_MAX_DIMENSION };
    for (enum vectors_kind kind = 0; kind < VECTORS_N_KINDS; kind++) {
        for (size_t i = 0; i < FOVEA_ARRAY_LEN(dimensions); i++) {
            struct scene scene;
            bool has_halves = kind != VECTORS_SIZES && kind != VECTORS_DENORMAL;
            scene_init(&scene, kind,
                    has_halves ? FOVEA_STORE_F16 : FOVEA_STORE_F32, 70,
                    dimensions[i], 2);
            assert_exact(&scene);
            scene_finish(&scene);
        }
    }
}

static void
panels_and_chunks_leave_nothing_out(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene, VECTORS_RANDOM, FOVEA_STORE_F32, MAX_ROWS - 1, 8,
            MAX_SEGMENTS);
    scene.pairs.threshold = 0.95F;
    assert_exact(&scene);
    assert_true(scene.list.n > 100);
    scene_finish(&scene);
}

static void
any_number_of_threads_finds_the_same_in_the_same_order(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene, VECTORS_RANDOM, FOVEA_STORE_F32, MAX_ROWS - 7, 8, 2);
    scene.pairs.threshold = 0.9F;
    run(&scene);
    struct list alone = scene.list;
    scene.list = (struct list){ 0 };
    for (unsigned n = 2; n <= 5; n++) {
        scene.pairs.n_threads = n;
        run(&scene);
        assert_int_equal(scene.list.n, alone.n);
        for (size_t i = 0; i < alone.n; i++) {
            assert_int_equal(scene.list.pairs[i].first, alone.pairs[i].first);
            assert_int_equal(scene.list.pairs[i].second, alone.pairs[i].second);
            assert_true(scene.list.pairs[i].score == alone.pairs[i].score);
        }
    }
    free(alone.pairs);
    scene_finish(&scene);
}

static void
masked_rows_are_in_no_pair(void **state)
{
    (void)state;
    struct scene scene;
    uint64_t mask[16];
    uint64_t random = 9;
    scene_init(&scene, VECTORS_EQUAL, FOVEA_STORE_F32, 1000, 16, 2);
    scene.pairs.mask = mask;
    scene.pairs.n_threads = 2;
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < FOVEA_ARRAY_LEN(mask); i++) {
            mask[i] = round == 0 ? 0
                    : round == 1 && i < 8
                    ? UINT64_MAX
                    : (uint64_t)vectors_random(&random) << 20;
        }
        assert_exact(&scene);
    }
    scene_finish(&scene);
}

static bool
at_once(void *context)
{
    return ((struct list *)context)->n_calls >= 3;
}

static void
it_ends_when_it_is_cancelled_or_its_caller_fails(void **state)
{
    (void)state;
    struct fovea_error error;
    struct scene scene;
    uint64_t n_reranked = 0;
    scene_init(&scene, VECTORS_RANDOM, FOVEA_STORE_F32, 2000, 8, 2);
    scene.list.fail_at = 4;
    for (unsigned n = 1; n < 4; n++) {
        scene.list.n_calls = 0;
        scene.list.done = 0;
        scene.pairs.n_threads = n;
        assert_fails(fovea_pairs_run(&scene.pairs, &n_reranked, &error), &error,
                FOVEA_ERR_IO, "enough of it");
        assert_int_equal(scene.list.n_calls, 4);
    }
    scene.list.n_calls = 0;
    scene.list.done = 0;
    scene.list.fail_at = 0;
    scene.pairs.n_threads = 1;
    scene.pairs.is_cancelled = at_once;
    assert_fails(fovea_pairs_run(&scene.pairs, &n_reranked, &error), &error,
            FOVEA_ERR_CANCELLED, "cancelled");
    assert_int_equal(scene.list.n_calls, 3);
    scene.pairs.is_cancelled = NULL;
    scene.pairs.threshold = NAN;
    assert_fails(fovea_pairs_run(&scene.pairs, &n_reranked, &error), &error,
            FOVEA_ERR_ARGUMENT, "not a number");
    scene_finish(&scene);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, empty_root)
    const struct CMUnitTest tests[] = {
        TEST(every_kind_of_rows_is_paired_as_its_values_say),
        TEST(a_score_at_the_threshold_is_one),
        TEST(large_dimensions_are_as_exact),
        TEST(panels_and_chunks_leave_nothing_out),
        TEST(any_number_of_threads_finds_the_same_in_the_same_order),
        TEST(masked_rows_are_in_no_pair),
        TEST(it_ends_when_it_is_cancelled_or_its_caller_fails),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
