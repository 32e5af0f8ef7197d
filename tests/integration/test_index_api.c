/*
 * The index of the library, with real workers: what is added is found again, by
 * picture, by id, by vector and by words; what is bad costs itself; refusals;
 * many threads on one handle.
 */
#include <math.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fovea/index.h"

#include "base/macros.h"
#include "support/golden.h"
#include "support/picture_bytes.h"
#include "support/server.h"
#include "support/test.h"
#include "support/tree.h"

enum {
    N_FILES = 12,
    DIMENSION = 20, /* of the model "quick" */
    N_THREADS = 4,
    PATH_SIZE = GOLDEN_PATH_SIZE,
};

static const char *const names[N_FILES] = { "baseline.jpg", "rgb.png",
    "lossy.webp", "still.gif", "none.tif", "still.heic", "still.avif",
    "rgb.bmp", "lossy.jxl", "lossless.jp2", "png.ico", "rgb.ppm" };

static char root[] = "/tmp/fovea-index-api-XXXXXX";
TREE_FIXTURE(root)

static char folder[PATH_SIZE];
static char quick[PATH_SIZE];
static char words[PATH_SIZE];
static char paths[N_FILES][PATH_SIZE];
static struct fovea_error error;

static int
set_up(void **state)
{
    char source[PATH_SIZE];
    golden_path(".", source);
    /* Where the model of near-duplicates is. */
    if (make_root(state) || setenv("FOVEA_HOME", source, 1)) {
        return -1;
    }
    golden_path("tests/golden/models/quick", quick);
    const char *whole = getenv("FOVEA_WHOLE_MODELS");
    (void)snprintf(words, sizeof words, "%s/clip", whole ? whole : "");
    (void)snprintf(folder, sizeof folder, "%s/index", root);
    for (size_t i = 0; i < N_FILES; i++) {
        char rest[64];
        (void)snprintf(rest, sizeof rest, "samples/formats/%s", names[i]);
        golden_path(rest, paths[i]);
    }
    return 0;
}

static struct fovea_options
usual_options(void)
{
    struct fovea_options options = FOVEA_OPTIONS_INIT;
    options.dtype = FOVEA_DTYPE_F32;
    options.image_ns = FOVEA_NEVER;
    options.deadline_ns = FOVEA_NEVER;
    options.load_ns = FOVEA_NEVER;
    options.url.allow_private = true;
    return options;
}

static struct fovea *
open_library(void)
{
    struct fovea *library = NULL;
    struct fovea_options options = usual_options();
    assert_ok(fovea_open(&options, &library, &error), &error);
    return library;
}

static struct fovea_index *
open_index(struct fovea *library, enum fovea_index_mode mode, const char *model)
{
    struct fovea_index *index = NULL;
    struct fovea_index_options options = FOVEA_INDEX_OPTIONS_INIT;
    options.mode = mode;
    options.models = &model;
    options.n_models = model ? 1 : 0;
    assert_ok(fovea_index_open(library, folder, &options, &index, &error),
            &error);
    return index;
}

static struct fovea_item
path_item(const char *path)
{
    return (struct fovea_item){ .kind = FOVEA_ITEM_IMAGE_PATH, .data = path };
}

/* All samples under their names. */
static void
add_samples(struct fovea_index *index)
{
    struct fovea_item items[N_FILES];
    struct fovea_error results[N_FILES];
    for (size_t i = 0; i < N_FILES; i++) {
        items[i] = path_item(paths[i]);
    }
    assert_ok(fovea_index_add_batch(index, names, items, N_FILES, results,
                      &error),
            &error);
    for (size_t i = 0; i < N_FILES; i++) {
        assert_ok(results[i].code, &results[i]);
    }
}

static struct fovea_index_hits *
search(struct fovea_index *index, const struct fovea_index_term *terms,
        size_t n, const char *model)
{
    struct fovea_index_hits *hits = NULL;
    struct fovea_index_query query = FOVEA_INDEX_QUERY_INIT;
    query.terms = terms;
    query.n_terms = n;
    query.model = model;
    query.n_best = N_FILES;
    assert_ok(fovea_index_search(index, &query, &hits, &error), &error);
    return hits;
}

static struct fovea_index_info
describe(struct fovea_index *index)
{
    struct fovea_index_info info = FOVEA_INDEX_INFO_INIT;
    assert_ok(fovea_index_describe(index, &info, &error), &error);
    return info;
}

static void
what_is_added_is_found(void **state)
{
    (void)state;
    struct fovea *library = open_library();
    struct fovea_index *index =
            open_index(library, FOVEA_INDEX_MODE_CREATE, quick);
    add_samples(index);
    struct fovea_index_info info = describe(index);
    assert_int_equal(info.n_images, N_FILES);
    assert_int_equal(info.n_ids, N_FILES);
    assert_int_equal(info.n_files, 0);
    assert_int_equal(info.n_sets, 2);
    assert_true(info.size_bytes > 0);
    struct fovea_index_set_info set = FOVEA_INDEX_SET_INFO_INIT;
    assert_ok(fovea_index_describe_set(index, 0, &set, &error), &error);
    assert_string_equal(set.model, FOVEA_DEFAULT_MODEL);
    assert_int_equal(set.n_vectors, N_FILES);
    assert_ok(fovea_index_describe_set(index, 1, &set, &error), &error);
    assert_string_equal(set.model, quick);
    assert_int_equal(set.embedding_dimension, DIMENSION);
    assert_int_equal(set.dtype, FOVEA_DTYPE_F32);
    assert_int_equal(set.n_vectors, N_FILES);
    assert_int_equal(strlen(set.weights), FOVEA_WEIGHTS_DIGEST_SIZE - 1);
    assert_fails(fovea_index_describe_set(index, 2, &set, &error), &error,
            FOVEA_ERR_INDEX_MODEL, "2 sets");
    for (size_t i = 0; i < N_FILES; i++) {
        const struct fovea_item item = path_item(paths[i]);
        const struct fovea_index_term term = { .item = &item };
        struct fovea_index_hits *hits = search(index, &term, 1, NULL);
        assert_int_equal(hits->n, N_FILES);
        assert_string_equal(hits->model, FOVEA_DEFAULT_MODEL);
        assert_int_equal(hits->n_searched, N_FILES);
        assert_string_equal(hits->all[0]->places[0].id, names[i]);
        assert_null(hits->all[0]->places[0].path);
        assert_int_equal(hits->all[0]->n_places, 1);
        assert_true(fabs(hits->all[0]->score - 1) < 1e-5);
        assert_true(hits->all[0]->facts->width_px > 0);
        assert_non_null(hits->all[0]->facts->format);
        assert_int_equal(strlen(hits->all[0]->digest), 64);
        for (size_t k = 1; k < hits->n; k++) {
            assert_true(hits->all[k]->score <= hits->all[k - 1]->score);
        }
        fovea_index_hits_close(hits);
    }
    fovea_index_close(index);
    fovea_close(library);
}

static double
cosine(const float *a, const float *b)
{
    double sum = 0;
    for (size_t i = 0; i < DIMENSION; i++) {
        sum += (double)a[i] * (double)b[i];
    }
    return sum;
}

/* Scores are those of the vectors that the library gives. */
static void
scores_are_cosines_of_embeddings(void **state)
{
    (void)state;
    struct fovea *library = open_library();
    struct fovea_model *model = NULL;
    struct fovea_index *index =
            open_index(library, FOVEA_INDEX_MODE_CREATE, quick);
    static float vectors[N_FILES][DIMENSION];
    struct fovea_item items[N_FILES];
    struct fovea_error results[N_FILES];
    add_samples(index);
    for (size_t i = 0; i < N_FILES; i++) {
        items[i] = path_item(paths[i]);
    }
    assert_ok(fovea_model_open(library, quick, &model, &error), &error);
    assert_ok(fovea_embed_batch(model, items, N_FILES, 0, vectors[0], results,
                      &error),
            &error);
    const struct fovea_index_term terms[] = { { .vector = vectors[3] },
        { .item = &items[5], .weight = 0.5 },
        { .id = names[7], .weight = -0.25 } };
    float sum[DIMENSION];
    double square = 0;
    for (size_t i = 0; i < DIMENSION; i++) {
        sum[i] = vectors[3][i] + 0.5F * vectors[5][i] - 0.25F * vectors[7][i];
        square += (double)sum[i] * (double)sum[i];
    }
    struct fovea_index_hits *hits = search(index, terms, 3, quick);
    /* All but the one that was asked for by its id. */
    assert_int_equal(hits->n, N_FILES - 1);
    for (size_t k = 0; k < hits->n; k++) {
        size_t i = 0;
        while (strcmp(names[i], hits->all[k]->places[0].id) != 0) {
            i++;
        }
        assert_int_not_equal(i, 7);
        double expected = cosine(sum, vectors[i]) / sqrt(square);
        assert_true(fabs(hits->all[k]->score - expected) < 1e-5);
    }
    fovea_index_hits_close(hits);
    fovea_model_close(model);
    fovea_index_close(index);
    fovea_close(library);
}

static void
bad_images_cost_themselves(void **state)
{
    (void)state;
    enum {
        N = 8,
    };
    struct fovea *library = open_library();
    struct fovea_index *index =
            open_index(library, FOVEA_INDEX_MODE_CREATE, quick);
    struct picture_bytes picture = picture_bytes_jpeg(
            "samples/formats/baseline.jpg", "2024:05:31 06:07:08");
    char long_id[600];
    memset(long_id, 'a', sizeof long_id - 1);
    long_id[sizeof long_id - 1] = '\0';
    const char *const ids[N] = { "bytes", "nowhere", "junk", "text", "",
        long_id, "\xff", "again" };
    const struct fovea_item items[N] = {
        { .kind = FOVEA_ITEM_IMAGE_BYTES,
                .data = picture.bytes,
                .size = picture.size },
        { .kind = FOVEA_ITEM_IMAGE_PATH, .data = "/nowhere/cat.jpg" },
        { .kind = FOVEA_ITEM_IMAGE_BYTES, .data = "junk", .size = 4 },
        { .kind = FOVEA_ITEM_TEXT, .data = "a cat", .size = 5 },
        { .kind = FOVEA_ITEM_IMAGE_PATH, .data = paths[1] },
        { .kind = FOVEA_ITEM_IMAGE_PATH, .data = paths[1] },
        { .kind = FOVEA_ITEM_IMAGE_PATH, .data = paths[1] },
        { .kind = FOVEA_ITEM_IMAGE_BYTES,
                .data = picture.bytes,
                .size = picture.size },
    };
    static const enum fovea_status expected[N] = { FOVEA_OK,
        FOVEA_ERR_FILE_NOT_FOUND, FOVEA_ERR_NOT_AN_IMAGE, FOVEA_ERR_ARGUMENT,
        FOVEA_ERR_ARGUMENT, FOVEA_ERR_ARGUMENT, FOVEA_ERR_ARGUMENT, FOVEA_OK };
    struct fovea_error results[N];
    assert_ok(fovea_index_add_batch(index, ids, items, N, results, &error),
            &error);
    for (size_t i = 0; i < N; i++) {
        if (results[i].code != expected[i]) {
            fail_msg("%zu: %s", i, results[i].message);
        }
    }
    struct fovea_index_info info = describe(index);
    assert_int_equal(info.n_images, 1);
    assert_int_equal(info.n_ids, 2);
    /* One image under two ids; with its date. */
    const struct fovea_index_term term = { .item = &items[0] };
    struct fovea_index_hits *hits = search(index, &term, 1, NULL);
    assert_int_equal(hits->n, 1);
    assert_int_equal(hits->all[0]->n_places, 2);
    assert_string_equal(hits->all[0]->places[0].id, "again");
    assert_string_equal(hits->all[0]->places[1].id, "bytes");
    assert_int_equal(hits->all[0]->facts->taken_s, 1717135628);
    assert_int_equal(hits->all[0]->size_bytes, picture.size);
    fovea_index_hits_close(hits);
    /* Another image takes an id over; what nobody leads to is gone. */
    const struct fovea_item other = path_item(paths[2]);
    assert_ok(fovea_index_add(index, "bytes", &other, &error), &error);
    assert_ok(fovea_index_remove(index, "again", &error), &error);
    assert_fails(fovea_index_remove(index, "again", &error), &error,
            FOVEA_ERR_NO_ITEM, "again");
    info = describe(index);
    assert_int_equal(info.n_images, 1);
    assert_int_equal(info.n_ids, 1);
    hits = search(index, &term, 1, NULL);
    assert_int_equal(hits->n, 1);
    assert_string_equal(hits->all[0]->places[0].id, "bytes");
    assert_true(hits->all[0]->score < 0.999);
    fovea_index_hits_close(hits);
    fovea_index_close(index);
    fovea_close(library);
    free(picture.bytes);
}

static void
words_find_pictures(void **state)
{
    (void)state;
    struct fovea *library = open_library();
    struct fovea_index *index =
            open_index(library, FOVEA_INDEX_MODE_CREATE, words);
    add_samples(index);
    const struct fovea_item text = { .kind = FOVEA_ITEM_TEXT,
        .data = "a red balloon",
        .size = 13 };
    const struct fovea_item image = path_item(paths[0]);
    struct fovea_index_term terms[] = { { .item = &text },
        { .item = &image, .weight = -1 } };
    struct fovea_index_hits *hits = search(index, terms, 2, NULL);
    assert_string_equal(hits->model, words);
    assert_int_equal(hits->n, N_FILES);
    fovea_index_hits_close(hits);
    /* The set of near-duplicates has none. */
    struct fovea_index_query query = FOVEA_INDEX_QUERY_INIT;
    query.terms = terms;
    query.n_terms = 1;
    query.model = FOVEA_DEFAULT_MODEL;
    hits = NULL;
    assert_int_not_equal(fovea_index_search(index, &query, &hits, &error),
            FOVEA_OK);
    assert_null(hits);
    fovea_index_close(index);
    fovea_close(library);
}

static void
filters_and_bounds_hold(void **state)
{
    (void)state;
    static const char *const jpegs[] = { "*.jpg", "*.png" };
    static const char *const not_png[] = { "*.png" };
    struct fovea *library = open_library();
    struct fovea_index *index =
            open_index(library, FOVEA_INDEX_MODE_CREATE, NULL);
    add_samples(index);
    struct picture_bytes picture =
            picture_bytes_jpeg("samples/scenes/fog.jpg", "1999:12:31 23:00:00");
    const struct fovea_item dated = { .kind = FOVEA_ITEM_IMAGE_BYTES,
        .data = picture.bytes,
        .size = picture.size };
    assert_ok(fovea_index_add(index, "dated.jpg", &dated, &error), &error);
    const struct fovea_index_term term = { .item = &dated };
    struct fovea_index_query query = FOVEA_INDEX_QUERY_INIT;
    struct fovea_index_hits *hits = NULL;
    query.terms = &term;
    query.n_terms = 1;
    assert_ok(fovea_index_search(index, &query, &hits, &error), &error);
    assert_int_equal(hits->n, 10); /* as it says where nothing is set */
    fovea_index_hits_close(hits);
    query.globs = jpegs;
    query.n_globs = 2;
    query.not_globs = not_png;
    query.n_not_globs = 1;
    assert_ok(fovea_index_search(index, &query, &hits, &error), &error);
    assert_int_equal(hits->n, 2);
    assert_int_equal(hits->n_searched, 2);
    fovea_index_hits_close(hits);
    query = (struct fovea_index_query)FOVEA_INDEX_QUERY_INIT;
    query.terms = &term;
    query.n_terms = 1;
    query.since = "1999-12";
    query.until = "1999-12-31";
    assert_ok(fovea_index_search(index, &query, &hits, &error), &error);
    assert_int_equal(hits->n, 1);
    assert_string_equal(hits->all[0]->places[0].id, "dated.jpg");
    fovea_index_hits_close(hits);
    query.since = "the other day";
    assert_fails(fovea_index_search(index, &query, &hits, &error), &error,
            FOVEA_ERR_ARGUMENT, "since");
    query.since = NULL;
    query.until = NULL;
    query.min_score = 0.99999;
    assert_ok(fovea_index_search(index, &query, &hits, &error), &error);
    assert_int_equal(hits->n, 1);
    fovea_index_hits_close(hits);
    query.min_score = 0;
    query.n_best = 3;
    assert_ok(fovea_index_search(index, &query, &hits, &error), &error);
    assert_int_equal(hits->n, 3);
    fovea_index_hits_close(hits);
    fovea_index_close(index);
    fovea_close(library);
    free(picture.bytes);
}

/* What is asked is refused, and nothing is handed out. */
static void
refuse(struct fovea_index *index, const struct fovea_index_term *terms,
        size_t n, enum fovea_status expected, const char *part)
{
    struct fovea_index_hits *hits = NULL;
    struct fovea_index_query query = FOVEA_INDEX_QUERY_INIT;
    query.terms = terms;
    query.n_terms = n;
    assert_fails(fovea_index_search(index, &query, &hits, &error), &error,
            expected, part);
    assert_null(hits);
}

static void
queries_that_are_none_are_refused(void **state)
{
    (void)state;
    struct fovea *library = open_library();
    struct fovea_index *index =
            open_index(library, FOVEA_INDEX_MODE_CREATE, NULL);
    add_samples(index);
    static float zeros[512];
    const struct fovea_item item = path_item(paths[0]);
    const struct fovea_item gone = path_item("/nowhere/cat.jpg");
    const struct fovea_item text = { .kind = FOVEA_ITEM_TEXT,
        .data = "a cat",
        .size = 5 };
    const struct fovea_index_term nothing = { .weight = 1 };
    const struct fovea_index_term both = { .item = &item, .id = names[0] };
    const struct fovea_index_term later = { .id = names[0], .reserved = { 1 } };
    const struct fovea_index_term nan = { .id = names[0], .weight = NAN };
    const struct fovea_index_term unknown = { .id = "nobody" };
    const struct fovea_index_term missing = { .item = &gone };
    const struct fovea_index_term wordy = { .item = &text };
    const struct fovea_index_term flat = { .vector = zeros };
    const struct fovea_index_term undone[] = { { .id = names[0] },
        { .id = names[0], .weight = -1 } };
    refuse(index, NULL, 0, FOVEA_ERR_ARGUMENT, "no terms");
    refuse(index, &nothing, 1, FOVEA_ERR_ARGUMENT, "terms[0] has 0");
    refuse(index, &both, 1, FOVEA_ERR_ARGUMENT, "terms[0] has 2");
    refuse(index, &later, 1, FOVEA_ERR_ARGUMENT, "reserved[0]");
    refuse(index, &nan, 1, FOVEA_ERR_ARGUMENT, "weight");
    refuse(index, &unknown, 1, FOVEA_ERR_NO_ITEM, "nobody");
    refuse(index, &missing, 1, FOVEA_ERR_FILE_NOT_FOUND, "/nowhere/cat.jpg");
    refuse(index, &wordy, 1, FOVEA_ERR_INDEX_MODEL, "");
    refuse(index, &flat, 1, FOVEA_ERR_ARGUMENT, "");
    refuse(index, undone, 2, FOVEA_ERR_ARGUMENT, "");
    const struct fovea_index_term term = { .id = names[0] };
    struct fovea_index_hits *hits = NULL;
    struct fovea_index_query query = FOVEA_INDEX_QUERY_INIT;
    query.terms = &term;
    query.n_terms = 1;
    query.model = "no/model";
    assert_fails(fovea_index_search(index, &query, &hits, &error), &error,
            FOVEA_ERR_INDEX_MODEL, "no/model");
    query.model = NULL;
    query.min_score = 2;
    assert_fails(fovea_index_search(index, &query, &hits, &error), &error,
            FOVEA_ERR_ARGUMENT, "min_score");
    query.struct_size = 0;
    assert_fails(fovea_index_search(index, &query, &hits, &error), &error,
            FOVEA_ERR_ARGUMENT, "FOVEA_INDEX_QUERY_INIT");
    assert_int_equal(fovea_index_search(index, NULL, &hits, NULL),
            FOVEA_ERR_ARGUMENT);
    assert_int_equal(fovea_index_search(NULL, &query, &hits, NULL),
            FOVEA_ERR_ARGUMENT);
    fovea_index_hits_close(NULL);
    fovea_index_close(index);
    fovea_close(library);
}

static void
refuse_open(struct fovea *library, const struct fovea_index_options *options,
        enum fovea_status expected, const char *part)
{
    struct fovea_index *index = NULL;
    assert_fails(fovea_index_open(library, folder, options, &index, &error),
            &error, expected, part);
    assert_null(index);
}

static void
who_may_not_open_is_told_why(void **state)
{
    (void)state;
    struct fovea *library = open_library();
    const char *model = quick;
    const char *nobody = "/nowhere/model";
    struct fovea_index_options options = FOVEA_INDEX_OPTIONS_INIT;
    refuse_open(library, NULL, FOVEA_ERR_INDEX_NOT_FOUND, folder);
    options.mode = FOVEA_INDEX_MODE_WRITE;
    refuse_open(library, &options, FOVEA_ERR_INDEX_NOT_FOUND, folder);
    refuse_open(NULL, &options, FOVEA_ERR_ARGUMENT, "library");
    options.mode = (enum fovea_index_mode)7;
    refuse_open(library, &options, FOVEA_ERR_ARGUMENT, "mode 7");
    options.mode = FOVEA_INDEX_MODE_READ;
    options.models = &model;
    options.n_models = 1;
    refuse_open(library, &options, FOVEA_ERR_ARGUMENT, "read");
    options.mode = FOVEA_INDEX_MODE_CREATE;
    options.models = &nobody;
    refuse_open(library, &options, FOVEA_ERR_MODEL_NOT_FOUND, nobody);
    options.struct_size = 1;
    refuse_open(library, &options, FOVEA_ERR_ARGUMENT,
            "FOVEA_INDEX_OPTIONS_INIT");
    struct fovea_index *index =
            open_index(library, FOVEA_INDEX_MODE_CREATE, NULL);
    options = (struct fovea_index_options)FOVEA_INDEX_OPTIONS_INIT;
    options.mode = FOVEA_INDEX_MODE_WRITE;
    refuse_open(library, &options, FOVEA_ERR_INDEX_BUSY, "");
    fovea_index_close(index);
    fovea_index_close(NULL);
    fovea_close(library);
}

/* An index outlives its library, and is read without one. */
static void
it_is_read_without_a_library(void **state)
{
    (void)state;
    struct fovea *library = open_library();
    struct fovea_index *index =
            open_index(library, FOVEA_INDEX_MODE_CREATE, NULL);
    add_samples(index);
    fovea_index_close(index);
    fovea_close(library);
    index = open_index(NULL, FOVEA_INDEX_MODE_READ, NULL);
    const struct fovea_index_term term = { .id = names[0] };
    struct fovea_index_hits *hits = search(index, &term, 1, NULL);
    assert_int_equal(hits->n, N_FILES - 1);
    const struct fovea_item item = path_item(paths[0]);
    const struct fovea_index_term embedded = { .item = &item };
    refuse(index, &embedded, 1, FOVEA_ERR_ARGUMENT, "without a library");
    assert_fails(fovea_index_add(index, "x", &item, &error), &error,
            FOVEA_ERR_INDEX_READ_ONLY, "read");
    assert_fails(fovea_index_remove(index, names[0], &error), &error,
            FOVEA_ERR_INDEX_READ_ONLY, "read");
    fovea_index_close(index);
    /* Hits outlive the index. */
    assert_non_null(hits->all[0]->places[0].id);
    fovea_index_hits_close(hits);
}

static void
check_set(enum fovea_dtype dtype, enum fovea_dtype other)
{
    struct fovea *library = NULL;
    struct fovea_options first = usual_options();
    first.dtype = dtype;
    assert_ok(fovea_open(&first, &library, &error), &error);
    struct fovea_index *index =
            open_index(library, FOVEA_INDEX_MODE_CREATE, quick);
    const struct fovea_item item = path_item(paths[0]);
    assert_ok(fovea_index_add(index, "first", &item, &error), &error);
    fovea_index_close(index);
    fovea_close(library);
    struct fovea_options options = usual_options();
    options.dtype = other;
    options.pixels = FOVEA_PIXELS_TORCHVISION;
    assert_ok(fovea_open(&options, &library, &error), &error);
    index = open_index(library, FOVEA_INDEX_MODE_WRITE, quick);
    struct fovea_index_set_info set = FOVEA_INDEX_SET_INFO_INIT;
    assert_ok(fovea_index_describe_set(index, 1, &set, &error), &error);
    assert_int_equal(set.dtype, dtype);
    assert_int_equal(set.pixels, FOVEA_PIXELS_PIL);
    const struct fovea_index_term term = { .item = &item };
    struct fovea_index_hits *hits = search(index, &term, 1, quick);
    assert_true(fabs(hits->all[0]->score - 1) < 1e-6);
    fovea_index_hits_close(hits);
    fovea_index_close(index);
    fovea_close(library);
}

/* Whatever the library is opened with later. */
static void
a_set_is_computed_as_it_was_begun(void **state)
{
    check_set(FOVEA_DTYPE_F32, FOVEA_DTYPE_BF16);
    assert_int_equal(empty_root(state), 0);
    check_set(FOVEA_DTYPE_INT8, FOVEA_DTYPE_F32);
    assert_int_equal(empty_root(state), 0);
    check_set(FOVEA_DTYPE_F32, FOVEA_DTYPE_INT8);
}

static void
other_weights_are_refused(void **state)
{
    (void)state;
    char link[PATH_SIZE];
    char other[PATH_SIZE];
    golden_path("tests/golden/models/registers", other);
    (void)snprintf(link, sizeof link, "%s/model", root);
    assert_int_equal(symlink(quick, link), 0);
    struct fovea *library = open_library();
    struct fovea_index *index =
            open_index(library, FOVEA_INDEX_MODE_CREATE, link);
    fovea_index_close(index);
    assert_int_equal(unlink(link), 0);
    assert_int_equal(symlink(other, link), 0);
    index = open_index(library, FOVEA_INDEX_MODE_WRITE, NULL);
    const struct fovea_item item = path_item(paths[0]);
    assert_fails(fovea_index_add(index, "x", &item, &error), &error,
            FOVEA_ERR_INDEX_MODEL, "other weights");
    assert_int_equal(describe(index).n_images, 0);
    fovea_index_close(index);
    fovea_close(library);
}

static void
what_a_url_leads_to_is_kept(void **state)
{
    (void)state;
    struct fovea *library = open_library();
    struct fovea_index *index =
            open_index(library, FOVEA_INDEX_MODE_CREATE, NULL);
    struct picture_bytes picture =
            picture_bytes_read("samples/formats/rgb.png");
    struct server *server = server_start();
    server_serve(server, picture.bytes, picture.size);
    char good[64];
    char bad[64];
    (void)snprintf(good, sizeof good, "http://127.0.0.1:%u/file",
            server_port(server));
    (void)snprintf(bad, sizeof bad, "http://127.0.0.1:%u/status/404",
            server_port(server));
    const char *const ids[] = { "good", "bad", "no url", "none" };
    const struct fovea_item items[] = {
        { .kind = FOVEA_ITEM_IMAGE_URL, .data = good },
        { .kind = FOVEA_ITEM_IMAGE_URL, .data = bad },
        { .kind = FOVEA_ITEM_IMAGE_URL, .data = "ftp://example.org/x" },
        { .kind = FOVEA_ITEM_IMAGE_URL },
    };
    struct fovea_error results[4];
    assert_ok(fovea_index_add_batch(index, ids, items, 4, results, &error),
            &error);
    assert_ok(results[0].code, &results[0]);
    assert_int_equal(results[1].code / 100, 5);
    assert_int_equal(results[2].code, FOVEA_ERR_URL);
    assert_int_equal(results[3].code, FOVEA_ERR_ARGUMENT);
    const struct fovea_item item = path_item(paths[1]);
    const struct fovea_index_term term = { .item = &item };
    struct fovea_index_hits *hits = search(index, &term, 1, NULL);
    assert_int_equal(hits->n, 1);
    assert_string_equal(hits->all[0]->places[0].id, "good");
    fovea_index_hits_close(hits);
    fovea_index_close(index);
    fovea_close(library);
    server_stop(server);
    free(picture.bytes);
}

/* More images than the queue holds, of two sets each. */
static void
a_short_queue_is_waited_out(void **state)
{
    (void)state;
    enum {
        N = 60,
    };
    struct fovea *library = NULL;
    struct fovea_options options = usual_options();
    options.max_queue = 1;
    options.max_workers = 1;
    options.max_batch = 1;
    assert_ok(fovea_open(&options, &library, &error), &error);
    struct fovea_index *index =
            open_index(library, FOVEA_INDEX_MODE_CREATE, quick);
    static struct fovea_item items[N];
    static struct fovea_error results[N];
    static char texts[N][16];
    static const char *ids[N];
    for (size_t i = 0; i < N; i++) {
        (void)snprintf(texts[i], sizeof texts[i], "%zu", i);
        ids[i] = texts[i];
        items[i] = path_item(paths[i % N_FILES]);
    }
    assert_ok(fovea_index_add_batch(index, ids, items, N, results, &error),
            &error);
    for (size_t i = 0; i < N; i++) {
        assert_ok(results[i].code, &results[i]);
    }
    struct fovea_index_info info = describe(index);
    assert_int_equal(info.n_ids, N);
    assert_int_equal(info.n_images, N_FILES);
    fovea_index_close(index);
    fovea_close(library);
}

struct worker {
    struct fovea_index *index;
    size_t number;
    pthread_t thread;
    bool is_good;
};

static void *
work(void *argument)
{
    struct worker *worker = argument;
    struct fovea_error own;
    worker->is_good = true;
    for (size_t i = 0; i < N_FILES; i++) {
        char id[32];
        struct fovea_index_hits *hits = NULL;
        struct fovea_index_query query = FOVEA_INDEX_QUERY_INIT;
        const struct fovea_item item = path_item(paths[i]);
        const struct fovea_index_term term = { .item = &item };
        (void)snprintf(id, sizeof id, "%zu-%zu", worker->number, i);
        query.terms = &term;
        query.n_terms = 1;
        bool is_good = !fovea_index_add(worker->index, id, &item, &own) &&
                !fovea_index_search(worker->index, &query, &hits, &own) &&
                hits->n > 0 && fabs(hits->all[0]->score - 1) < 1e-5 &&
                (i % 2 || !fovea_index_remove(worker->index, id, &own));
        fovea_index_hits_close(hits);
        worker->is_good = worker->is_good && is_good;
    }
    return NULL;
}

static void
threads_share_a_handle(void **state)
{
    (void)state;
    struct fovea *library = open_library();
    struct fovea_index *index =
            open_index(library, FOVEA_INDEX_MODE_CREATE, NULL);
    static struct worker workers[N_THREADS];
    for (size_t i = 0; i < N_THREADS; i++) {
        workers[i].index = index;
        workers[i].number = i;
        assert_int_equal(
                pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (size_t i = 0; i < N_THREADS; i++) {
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
        assert_true(workers[i].is_good);
    }
    struct fovea_index_info info = describe(index);
    assert_int_equal(info.n_ids, N_THREADS * N_FILES / 2);
    assert_int_equal(info.n_images, N_FILES / 2);
    fovea_index_close(index);
    fovea_close(library);
}

static void
a_forked_child_is_refused(void **state)
{
    (void)state;
    struct fovea *library = open_library();
    struct fovea_index *index =
            open_index(library, FOVEA_INDEX_MODE_CREATE, NULL);
    add_samples(index);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct fovea_index_info info = FOVEA_INDEX_INFO_INIT;
        const struct fovea_item item = path_item(paths[0]);
        bool is_good =
                fovea_index_describe(index, &info, NULL) == FOVEA_ERR_FORKED &&
                fovea_index_add(index, "x", &item, NULL) == FOVEA_ERR_FORKED &&
                fovea_index_remove(index, names[0], NULL) == FOVEA_ERR_FORKED;
        fovea_index_close(index);
        _exit(is_good ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(describe(index).n_ids, N_FILES);
    fovea_index_close(index);
    fovea_close(library);
}

#define TEST(name) cmocka_unit_test_teardown(name, empty_root)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_added_is_found),
        TEST(scores_are_cosines_of_embeddings),
        TEST(bad_images_cost_themselves),
        TEST(words_find_pictures),
        TEST(filters_and_bounds_hold),
        TEST(queries_that_are_none_are_refused),
        TEST(who_may_not_open_is_told_why),
        TEST(it_is_read_without_a_library),
        TEST(a_set_is_computed_as_it_was_begun),
        TEST(other_weights_are_refused),
        TEST(what_a_url_leads_to_is_kept),
        TEST(a_short_queue_is_waited_out),
        TEST(threads_share_a_handle),
        TEST(a_forked_child_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, remove_root);
}
