/* A scan gives what a scan of all stored values gives: rows, scores, order. */
#include <float.h>
#include <math.h>

#include "base/macros.h"
#include "store/best.h"
#include "store/segment_layout.h"
#include "support/test.h"
#include "support/tree.h"
#include "support/vectors.h"

static char root[] = "/tmp/fovea-scan-XXXXXX";
TREE_FIXTURE(root)

enum {
    MAX_ROWS = 3000,
    MAX_SEGMENTS = 3,
};

struct scene {
    struct fovea_segment *segments[MAX_SEGMENTS];
    struct fovea_scan scan;
    size_t n_rows;
    float *rows;
    size_t dimension;
};

/* n_rows rows of a kind in as many segments as there are. */
static void
scene_init(struct scene *scene, enum vectors_kind kind, enum fovea_store store,
        size_t n_rows, size_t dimension, size_t n_segments)
{
    *scene = (struct scene){
        .n_rows = n_rows,
        .dimension = dimension,
        .rows = malloc(n_rows * dimension * sizeof(float)),
    };
    vectors_fill(kind, n_rows + dimension, scene->rows, n_rows, dimension);
    size_t done = 0;
    for (size_t i = 0; i < n_segments; i++) {
        char path[64];
        (void)snprintf(path, sizeof path, "%s/%zu", root, i);
        size_t n = i + 1 == n_segments ? n_rows - done : n_rows / n_segments;
        scene->segments[i] = vectors_segment(path, store, MAX_ROWS,
                scene->rows + done * dimension, n, dimension);
        done += n;
    }
    scene->scan = (struct fovea_scan){
        .segments = (const struct fovea_segment *const *)scene->segments,
        .n_segments = n_segments,
        .min_score = -1,
    };
}

static void
scene_finish(struct scene *scene)
{
    for (size_t i = 0; i < scene->scan.n_segments; i++) {
        fovea_segment_close(scene->segments[i]);
    }
    free(scene->rows);
    assert_int_equal(tree_empty(root), 0);
}

static void
assert_exact(const struct scene *scene, const float *query)
{
    struct fovea_error error;
    struct fovea_hits hits;
    assert_ok(fovea_scan_run(&scene->scan, query, 1, &hits, &error), &error);
    struct fovea_hits wanted = vectors_scan_all(&scene->scan, query);
    assert_int_equal(hits.n, wanted.n);
    for (size_t i = 0; i < wanted.n; i++) {
        assert_int_equal(hits.hits[i].row, wanted.hits[i].row);
        assert_true(hits.hits[i].score == wanted.hits[i].score);
    }
    assert_int_equal(hits.n_scanned, wanted.n_scanned);
    assert_in_range(hits.n_reranked, hits.n, hits.n_scanned);
    fovea_hits_finish(&hits);
    fovea_hits_finish(&wanted);
}

/* A row, one beside it, one of another kind, and that very long and short. */
static void
ask_all(const struct scene *scene)
{
    size_t n = scene->dimension;
    FOVEA_AUTO_FREE float *query = malloc(n * sizeof *query);
    const float *row = scene->rows + scene->n_rows / 2 * n;
    memcpy(query, row, n * sizeof *query);
    assert_exact(scene, query);
    query[0] += query[n - 1] / 2;
    assert_exact(scene, query);
    vectors_fill(VECTORS_RANDOM, 4711, query, 1, n);
    assert_exact(scene, query);
    for (size_t i = 0; i < n; i++) {
        query[i] *= 0x1p100F;
    }
    assert_exact(scene, query);
    for (size_t i = 0; i < n; i++) {
        query[i] = query[i] * 0x1p-100F * 0x1p-130F; /* denormal */
    }
    assert_exact(scene, query);
}

static void
ask_for_every_k(struct scene *scene)
{
    const size_t ks[] = { 1, 10, scene->n_rows - 1, scene->n_rows,
        scene->n_rows + 5, SIZE_MAX, 0 };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(ks); i++) {
        scene->scan.k = ks[i];
        ask_all(scene);
    }
    scene->scan.min_score = 0.3F;
    scene->scan.k = 0;
    ask_all(scene);
    scene->scan.k = 20;
    ask_all(scene);
    scene->scan.min_score = 1.1F;
    ask_all(scene);
}

static void
every_kind_of_rows_is_ranked_as_its_values_say(void **state)
{
    (void)state;
    static const size_t dimensions[] = { 1, 7, 64, 100 };
    for (enum vectors_kind kind = 0; kind < VECTORS_N_KINDS; kind++) {
        for (size_t i = 0; i < FOVEA_ARRAY_LEN(dimensions); i++) {
            struct scene scene;
            scene_init(&scene, kind, FOVEA_STORE_F32, 61, dimensions[i], 2);
            ask_for_every_k(&scene);
            scene_finish(&scene);
        }
    }
}

static void
rounded_values_are_what_counts_where_they_are_stored(void **state)
{
    (void)state;
    static const enum vectors_kind kinds[] = { VECTORS_RANDOM, VECTORS_CLOSE,
        VECTORS_EQUAL, VECTORS_EXACT, VECTORS_SPIKY };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(kinds); i++) {
        struct scene scene;
        scene_init(&scene, kinds[i], FOVEA_STORE_F16, 200, 40, 3);
        ask_for_every_k(&scene);
        scene_finish(&scene);
    }
}

static void
large_dimensions_are_as_exact(void **state)
{
    (void)state;
    static const size_t dimensions[] = { 1536, 4097,
        FOVEA_SEGMENT_MAX_DIMENSION };
    for (enum vectors_kind kind = 0; kind < VECTORS_N_KINDS; kind++) {
        for (size_t i = 0; i < FOVEA_ARRAY_LEN(dimensions); i++) {
            struct scene scene;
            scene_init(&scene, kind, FOVEA_STORE_F32, 40, dimensions[i], 2);
            scene.scan.k = 3;
            ask_all(&scene);
            scene_finish(&scene);
        }
    }
}

static void
segments_are_one_sequence(void **state)
{
    (void)state;
    for (enum vectors_kind kind = 0; kind < VECTORS_N_KINDS; kind++) {
        struct scene scene;
        scene_init(&scene, kind, FOVEA_STORE_F32, MAX_ROWS, 16, MAX_SEGMENTS);
        scene.scan.k = 100;
        ask_all(&scene);
        scene_finish(&scene);
    }
}

/* Rows on both sides of a block's end. */
static void
blocks_follow_one_another(void **state)
{
    (void)state;
    enum {
        N = 2 * FOVEA_SEGMENT_BLOCK_ROWS + 3,
        WIDE = 100,
    };
    char path[64];
    struct fovea_error error;
    uint64_t n_good = 0;
    struct fovea_hits hits;
    (void)snprintf(path, sizeof path, "%s/0", root);
    float *rows = malloc((size_t)N * WIDE * sizeof *rows);
    float *read = malloc((size_t)6 * WIDE * sizeof *read);
    vectors_fill(VECTORS_EXACT, 3, rows, N, WIDE);
    struct fovea_segment *segment =
            vectors_segment(path, FOVEA_STORE_F16, N + 100, rows, N, WIDE);
    assert_ok(fovea_segment_read(segment, N - 6, 6, read, &error), &error);
    assert_memory_equal(read, rows + (size_t)(N - 6) * WIDE,
            (size_t)6 * WIDE * sizeof *read);
    assert_ok(fovea_segment_verify(segment, 0, N, &n_good, &error), &error);
    assert_int_equal(n_good, N);
    struct fovea_scan scan = {
        .segments = (const struct fovea_segment *const *)&segment,
        .n_segments = 1,
        .k = 1,
        .min_score = -1,
    };
    for (size_t row = FOVEA_SEGMENT_BLOCK_ROWS - 3; row < N; row++) {
        assert_ok(fovea_scan_run(&scan, rows + row * WIDE, 1, &hits, &error),
                &error);
        assert_int_equal(hits.hits[0].row, row);
        fovea_hits_finish(&hits);
    }
    fovea_segment_close(segment);
    free(rows);
    free(read);
}

/* Every row as good as any other so far: candidates do not fit, again and
   again. */
static void
more_candidates_than_fit_are_ranked_in_between(void **state)
{
    (void)state;
    enum {
        N = 3 * FOVEA_BEST_CANDIDATES + 5,
        DIMENSION = 2,
        N_PARTS = (N + MAX_ROWS - 1) / MAX_ROWS,
    };
    struct fovea_segment *segments[N_PARTS];
    float *rows = malloc((size_t)N * DIMENSION * sizeof *rows);
    for (size_t i = 0; i < N; i++) {
        rows[2 * i] = cosf((float)(N - i) * 1e-5F);
        rows[2 * i + 1] = sinf((float)(N - i) * 1e-5F);
    }
    for (size_t i = 0; i < N_PARTS; i++) {
        char path[64];
        (void)snprintf(path, sizeof path, "%s/%zu", root, i);
        size_t n = i + 1 == N_PARTS ? N - i * MAX_ROWS : MAX_ROWS;
        segments[i] = vectors_segment(path, FOVEA_STORE_F32, MAX_ROWS,
                rows + i * MAX_ROWS * DIMENSION, n, DIMENSION);
    }
    struct scene scene = {
        .rows = rows,
        .n_rows = N,
        .dimension = DIMENSION,
        .scan = {
            .segments = (const struct fovea_segment *const *)segments,
            .n_segments = N_PARTS,
            .min_score = -1,
        },
    };
    static const float query[DIMENSION] = { 1, 0 };
    static const size_t ks[] = { 1, 50, FOVEA_BEST_CANDIDATES, N, 0 };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(ks); i++) {
        scene.scan.k = ks[i];
        assert_exact(&scene, query);
    }
    for (size_t i = 0; i < N_PARTS; i++) {
        fovea_segment_close(segments[i]);
    }
    free(rows);
}

static void
masked_rows_are_not_there(void **state)
{
    (void)state;
    struct scene scene;
    uint64_t mask[(MAX_ROWS + 63) / 64];
    uint64_t random = 5;
    scene_init(&scene, VECTORS_CLOSE, FOVEA_STORE_F32, MAX_ROWS, 24, 2);
    scene.scan.mask = mask;
    scene.scan.k = 30;
    for (size_t round = 0; round < 4; round++) {
        for (size_t i = 0; i < FOVEA_ARRAY_LEN(mask); i++) {
            uint64_t word = vectors_random(&random);
            mask[i] = round == 0 ? 0
                    : round == 1 ? UINT64_MAX
                                 : word << 32 | word >> round;
        }
        ask_all(&scene);
    }
    scene_finish(&scene);
}

static void
several_queries_get_what_each_gets_alone(void **state)
{
    (void)state;
    enum {
        N = 5,
        DIMENSION = 33,
    };
    struct fovea_error error;
    struct scene scene;
    float queries[N][DIMENSION];
    struct fovea_hits hits[N];
    scene_init(&scene, VECTORS_RANDOM, FOVEA_STORE_F32, 1500, DIMENSION, 3);
    scene.scan.k = 12;
    vectors_fill(VECTORS_SIZES, 3, queries[0], N, DIMENSION);
    assert_ok(fovea_scan_run(&scene.scan, queries[0], N, hits, &error), &error);
    for (size_t i = 0; i < N; i++) {
        struct fovea_hits wanted = vectors_scan_all(&scene.scan, queries[i]);
        assert_int_equal(hits[i].n, wanted.n);
        for (size_t j = 0; j < wanted.n; j++) {
            assert_int_equal(hits[i].hits[j].row, wanted.hits[j].row);
            assert_true(hits[i].hits[j].score == wanted.hits[j].score);
        }
        fovea_hits_finish(&hits[i]);
        fovea_hits_finish(&wanted);
    }
    scene_finish(&scene);
}

/* A row that is nothing like the others needs no second look at them. */
static void
few_rows_are_ranked_again(void **state)
{
    (void)state;
    struct fovea_error error;
    struct scene scene;
    struct fovea_hits hits;
    scene_init(&scene, VECTORS_RANDOM, FOVEA_STORE_F32, MAX_ROWS, 128, 1);
    scene.scan.k = 1;
    assert_ok(fovea_scan_run(&scene.scan, scene.rows + 77 * 128, 1, &hits,
                      &error),
            &error);
    assert_int_equal(hits.n_scanned, MAX_ROWS);
    assert_int_equal(hits.n_reranked, 1);
    assert_int_equal(hits.hits[0].row, 77);
    assert_true(hits.hits[0].score == 1);
    fovea_hits_finish(&hits);
    scene_finish(&scene);
}

static bool
enough(void *context)
{
    size_t *left = context;
    return (*left)-- == 0;
}

static void
a_search_can_be_cancelled(void **state)
{
    (void)state;
    struct fovea_error error;
    struct scene scene;
    struct fovea_hits hits;
    size_t left = 1;
    scene_init(&scene, VECTORS_RANDOM, FOVEA_STORE_F32, MAX_ROWS, 16, 2);
    scene.scan.k = 1;
    scene.scan.is_cancelled = enough;
    scene.scan.context = &left;
    assert_fails(fovea_scan_run(&scene.scan, scene.rows, 1, &hits, &error),
            &error, FOVEA_ERR_CANCELLED, "cancelled");
    assert_null(hits.hits);
    scene_finish(&scene);
}

static void
what_cannot_be_asked_is_refused(void **state)
{
    (void)state;
    struct fovea_error error;
    struct scene scene;
    struct fovea_hits hits;
    scene_init(&scene, VECTORS_RANDOM, FOVEA_STORE_F32, 10, 2, 1);
    static const float zeros[2] = { 0, -0.0F };
    static const float wrong[][2] = { { 1, NAN }, { INFINITY, 0 } };
    assert_fails(fovea_scan_run(&scene.scan, zeros, 1, &hits, &error), &error,
            FOVEA_ERR_ARGUMENT, "all zeros");
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(wrong); i++) {
        assert_fails(fovea_scan_run(&scene.scan, wrong[i], 1, &hits, &error),
                &error, FOVEA_ERR_ARGUMENT, "not finite");
    }
    scene.scan.min_score = NAN;
    assert_fails(fovea_scan_run(&scene.scan, scene.rows, 1, &hits, &error),
            &error, FOVEA_ERR_ARGUMENT, "not a number");
    scene.scan.min_score = -1;
    char path[64];
    (void)snprintf(path, sizeof path, "%s/other", root);
    scene.segments[1] =
            vectors_segment(path, FOVEA_STORE_F32, 1, scene.rows, 1, 3);
    scene.scan.n_segments = 2;
    assert_fails(fovea_scan_run(&scene.scan, scene.rows, 1, &hits, &error),
            &error, FOVEA_ERR_ARGUMENT, "of 2 and of 3 numbers");
    scene_finish(&scene);
}

static void
nothing_is_found_where_nothing_is(void **state)
{
    (void)state;
    struct fovea_error error;
    struct scene scene;
    struct fovea_hits hits;
    static const float query[4] = { 1, 2, 3, 4 };
    scene_init(&scene, VECTORS_RANDOM, FOVEA_STORE_F32, 0, 4, 2);
    scene.scan.k = 3;
    assert_ok(fovea_scan_run(&scene.scan, query, 1, &hits, &error), &error);
    assert_int_equal(hits.n, 0);
    fovea_hits_finish(&hits);
    scene.scan.n_segments = 0;
    assert_ok(fovea_scan_run(&scene.scan, query, 1, &hits, &error), &error);
    assert_int_equal(hits.n, 0);
    scene.scan.n_segments = 2;
    scene_finish(&scene);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, empty_root)
    const struct CMUnitTest tests[] = {
        TEST(every_kind_of_rows_is_ranked_as_its_values_say),
        TEST(rounded_values_are_what_counts_where_they_are_stored),
        TEST(large_dimensions_are_as_exact),
        TEST(segments_are_one_sequence),
        TEST(blocks_follow_one_another),
        TEST(more_candidates_than_fit_are_ranked_in_between),
        TEST(masked_rows_are_not_there),
        TEST(several_queries_get_what_each_gets_alone),
        TEST(few_rows_are_ranked_again),
        TEST(a_search_can_be_cancelled),
        TEST(what_cannot_be_asked_is_refused),
        TEST(nothing_is_found_where_nothing_is),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
