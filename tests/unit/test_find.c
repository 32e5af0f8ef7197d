/* Searching an index: the hits of every stored vector compared, with files. */
#include <math.h>
#include <stdbool.h>
#include <unistd.h>

#include "base/macros.h"
#include "find/find.h"
#include "index/contents.h"
#include "index/files.h"
#include "index/items.h"
#include "index/roots.h"
#include "index/rows.h"
#include "store/score.h"
#include "support/test.h"
#include "support/tree.h"

enum {
    DIMENSION = 40,
    N = 500,
};

static char root[] = "/tmp/fovea-find-XXXXXX";
TREE_FIXTURE(root)

static struct fovea_error error;
static float vectors[N][DIMENSION];
static int64_t ids[N];

struct index {
    struct fovea_index_folder *folder;
    int64_t root;
    int64_t looks; /* sets */
    int64_t words;
};

static float
draw(uint32_t *state)
{
    *state = *state * UINT32_C(1664525) + UINT32_C(1013904223);
    return (float)(*state >> 8) / (1 << 23) - 1;
}

static int64_t
add_set(struct fovea_index_folder *folder, const char *model, bool has_words)
{
    int64_t id = 0;
    struct fovea_index_set_key key = {
        .dtype = FOVEA_DTYPE_F32,
        .dimension = DIMENSION,
        .store = FOVEA_STORE_F32,
        .has_words = has_words,
    };
    (void)snprintf(key.model, sizeof key.model, "%s", model);
    memset(key.weights, 'a', sizeof key.weights - 1);
    assert_ok(fovea_index_set_add(folder, &key, &id, &error), &error);
    return id;
}

/* A content with a vector in each set that is not 0. */
static int64_t
add_content(const struct index *index, uint32_t number, const float *vector,
        bool has_taken, int64_t taken_s)
{
    int64_t id = 0;
    struct fovea_index_content content = { .has_taken = has_taken,
        .taken_s = taken_s,
        .width_px = 4,
        .height_px = 3 };
    (void)snprintf(content.digest, sizeof content.digest, "%064x", number);
    const struct fovea_index_vector both[] = { { index->looks, vector },
        { index->words, vector } };
    assert_ok(fovea_index_content_put(index->folder, &content, both,
                      index->words ? 2 : 1, &id, &error),
            &error);
    return id;
}

static void
add_file(const struct index *index, const char *path, int64_t content,
        int64_t mtime_s)
{
    const struct fovea_index_file file = {
        .root = index->root,
        .path = path,
        .mtime_ns = mtime_s * INT64_C(1000000000),
        .content = content,
        .message = "",
    };
    assert_ok(fovea_index_file_put(index->folder, &file, &error), &error);
}

static void
open_index(struct index *index, bool has_words)
{
    char path[64];
    (void)snprintf(path, sizeof path, "%s/.fovea", root);
    *index = (struct index){ .folder = NULL };
    assert_ok(fovea_index_folder_open(path, FOVEA_INDEX_CREATE, &index->folder,
                      &error),
            &error);
    assert_ok(fovea_index_root_put(index->folder, root, 1, 2, &index->root,
                      &error),
            &error);
    index->looks = add_set(index->folder, "looks", false);
    index->words = has_words ? add_set(index->folder, "words", true) : 0;
}

/* N pictures: "00/0.jpg" ..., each taken on another day. */
static void
fill(struct index *index)
{
    uint32_t state = 7;
    for (uint32_t i = 0; i < N; i++) {
        char path[32];
        for (size_t k = 0; k < DIMENSION; k++) {
            vectors[i][k] = draw(&state);
        }
        ids[i] = add_content(index, i, vectors[i], true, i * INT64_C(86400));
        (void)snprintf(path, sizeof path, "%02u/%u.jpg", i / 10, i);
        add_file(index, path, ids[i], 0);
    }
    assert_ok(fovea_index_commit(index->folder, &error), &error);
}

static void
search(const struct index *index, const struct fovea_find_request *request,
        struct fovea_findings *findings)
{
    const struct fovea_index_set *set = NULL;
    assert_ok(fovea_find_set(index->folder, NULL, false, &set, &error), &error);
    assert_ok(fovea_find(index->folder, set, request, findings, &error),
            &error);
}

/* Compare every vector that counts by hand. */
static void
assert_is_brute_force(const struct fovea_findings *findings, const float *query,
        const bool *counts, size_t n_best, float min_score)
{
    size_t n = 0;
    double square = fovea_score_square(query, DIMENSION);
    bool is_told[N] = { false };
    for (; n < n_best; n++) {
        size_t best = N;
        float best_score = 0;
        for (size_t i = 0; i < N; i++) {
            float score = fovea_score(query, square, vectors[i], DIMENSION);
            if (counts[i] && !is_told[i] && score >= min_score &&
                    (best == N || score > best_score)) {
                best = i;
                best_score = score;
            }
        }
        if (best == N) {
            break;
        }
        is_told[best] = true;
        assert_true(n < findings->n);
        assert_int_equal(findings->hits[n].picture.content.id, ids[best]);
        assert_memory_equal(&findings->hits[n].score, &best_score,
                sizeof best_score);
    }
    assert_int_equal(findings->n, n);
}

static void
hits_are_those_of_all_vectors(void **state)
{
    (void)state;
    struct index index;
    open_index(&index, false);
    fill(&index);
    bool counts[N];
    memset(counts, true, sizeof counts);
    uint32_t seed = 99;
    for (int turn = 0; turn < 20; turn++) {
        float query[DIMENSION];
        struct fovea_findings findings;
        for (size_t k = 0; k < DIMENSION; k++) {
            query[k] = draw(&seed);
        }
        const struct fovea_find_request request = { .query = query,
            .n_best = turn % 2 ? 10 : 0,
            .min_score = turn % 3 ? -1 : 0.1F };
        search(&index, &request, &findings);
        assert_is_brute_force(&findings, query, counts, turn % 2 ? 10 : N,
                request.min_score);
        assert_int_equal(findings.n_scanned, N);
        fovea_findings_finish(&findings);
    }
    fovea_index_folder_close(index.folder);
}

static void
filters_choose_what_is_compared(void **state)
{
    (void)state;
    struct index index;
    open_index(&index, false);
    fill(&index);
    static const char *const globs[] = { "1?/", "2*.JPG" };
    static const char *const not_globs[] = { "*7.jpg" };
    struct fovea_index_filter filter = { .globs = globs,
        .n_globs = 2,
        .not_globs = not_globs,
        .n_not_globs = 1 };
    assert_ok(fovea_date_range_parse("1970-02", "", "1970-12-31", "",
                      &filter.dates, &error),
            &error);
    bool counts[N];
    size_t n = 0;
    for (size_t i = 0; i < N; i++) {
        bool is_ten = i / 10 >= 10 && i / 10 < 20;
        bool is_two = i == 2 || (i >= 20 && i < 30) || (i >= 200 && i < 300);
        counts[i] = (is_ten || is_two) && i % 10 != 7 && i >= 31 && i < 365;
        n += counts[i];
    }
    const int64_t without[] = { ids[101], 12345, ids[250] };
    counts[101] = false;
    counts[250] = false;
    const struct fovea_find_request request = { .query = vectors[101],
        .min_score = -1,
        .filter = &filter,
        .without = without,
        .n_without = 3 };
    struct fovea_findings findings;
    search(&index, &request, &findings);
    assert_int_equal(findings.n_scanned, n - 2);
    assert_is_brute_force(&findings, vectors[101], counts, N, -1);
    fovea_findings_finish(&findings);
    fovea_index_folder_close(index.folder);
}

static void
a_hit_has_all_its_files_that_count(void **state)
{
    (void)state;
    struct index index;
    char whole[64];
    open_index(&index, false);
    fill(&index);
    add_file(&index, "copies/a.jpg", ids[3], 5);
    add_file(&index, "copies/b.png", ids[3], 5);
    const struct fovea_index_item item = { "an item", ids[3], 17 };
    assert_ok(fovea_index_item_put(index.folder, &item, &error), &error);
    struct fovea_find_request request = { .query = vectors[3],
        .n_best = 1,
        .min_score = -1 };
    struct fovea_findings findings;
    search(&index, &request, &findings);
    const struct fovea_picture *picture = &findings.hits[0].picture;
    assert_float_equal(findings.hits[0].score, 1, 0);
    assert_int_equal(picture->n_places, 4);
    (void)snprintf(whole, sizeof whole, "%s/00/3.jpg", root);
    assert_string_equal(picture->places[0].path, whole);
    (void)snprintf(whole, sizeof whole, "%s/copies/b.png", root);
    assert_string_equal(picture->places[2].path, whole);
    assert_null(picture->places[3].path);
    assert_string_equal(picture->places[3].name, "an item");
    fovea_findings_finish(&findings);
    static const char *const globs[] = { "copies/*.png", "an item" };
    const struct fovea_index_filter filter = { .globs = globs, .n_globs = 2 };
    request.filter = &filter;
    search(&index, &request, &findings);
    assert_int_equal(findings.n, 1);
    assert_int_equal(findings.hits[0].picture.n_places, 2);
    fovea_findings_finish(&findings);
    fovea_index_folder_close(index.folder);
}

static void
removed_pictures_are_not_found(void **state)
{
    (void)state;
    struct index index;
    uint64_t n = 0;
    open_index(&index, false);
    fill(&index);
    bool counts[N];
    memset(counts, true, sizeof counts);
    for (size_t i = 0; i < N; i += 3) {
        char path[32];
        (void)snprintf(path, sizeof path, "%02zu/%zu.jpg", i / 10, i);
        assert_ok(
                fovea_index_file_remove(index.folder, index.root, path, &error),
                &error);
        counts[i] = false;
    }
    assert_ok(fovea_index_sweep(index.folder, &n, &error), &error);
    assert_ok(fovea_index_commit(index.folder, &error), &error);
    const int64_t without[] = { ids[1] };
    counts[1] = false;
    const struct fovea_find_request request = { .query = vectors[0],
        .min_score = -1,
        .without = without,
        .n_without = 1 };
    struct fovea_findings findings;
    search(&index, &request, &findings);
    assert_is_brute_force(&findings, vectors[0], counts, N, -1);
    fovea_findings_finish(&findings);
    fovea_index_folder_close(index.folder);
}

static void
sets_are_chosen(void **state)
{
    (void)state;
    struct index index;
    const struct fovea_index_set *set = NULL;
    open_index(&index, false);
    assert_ok(fovea_find_set(index.folder, NULL, false, &set, &error), &error);
    assert_string_equal(set->key.model, "looks");
    assert_fails(fovea_find_set(index.folder, NULL, true, &set, &error), &error,
            FOVEA_ERR_INDEX_MODEL, "fovea index -m");
    assert_fails(fovea_find_set(index.folder, "looks", true, &set, &error),
            &error, FOVEA_ERR_INDEX_MODEL, "looks takes no words");
    assert_fails(fovea_find_set(index.folder, "others", false, &set, &error),
            &error, FOVEA_ERR_INDEX_MODEL, "looks");
    (void)add_set(index.folder, "words", true);
    (void)add_set(index.folder, "more words", true);
    assert_ok(fovea_index_commit(index.folder, &error), &error);
    assert_ok(fovea_find_set(index.folder, NULL, true, &set, &error), &error);
    assert_string_equal(set->key.model, "words");
    assert_ok(fovea_find_set(index.folder, NULL, false, &set, &error), &error);
    assert_string_equal(set->key.model, "words");
    assert_ok(fovea_find_set(index.folder, "looks", false, &set, &error),
            &error);
    assert_string_equal(set->key.model, "looks");
    assert_ok(fovea_find_set(index.folder, "more words", true, &set, &error),
            &error);
    fovea_index_folder_close(index.folder);
}

static void
an_empty_index_has_nothing(void **state)
{
    (void)state;
    struct index index;
    open_index(&index, false);
    const float query[DIMENSION] = { 1 };
    const struct fovea_find_request request = { .query = query,
        .min_score = -1 };
    struct fovea_findings findings;
    search(&index, &request, &findings);
    assert_int_equal(findings.n, 0);
    fovea_findings_finish(&findings);
    fovea_index_folder_close(index.folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(hits_are_those_of_all_vectors, empty_root),
        cmocka_unit_test_teardown(filters_choose_what_is_compared, empty_root),
        cmocka_unit_test_teardown(a_hit_has_all_its_files_that_count,
                empty_root),
        cmocka_unit_test_teardown(removed_pictures_are_not_found, empty_root),
        cmocka_unit_test_teardown(sets_are_chosen, empty_root),
        cmocka_unit_test_teardown(an_empty_index_has_nothing, empty_root),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
