/*
 * The public API in one process: the four ways in give the same bits, one bad
 * image costs one item, wrong arguments are refused, threads share a model.
  * Runs on a small model of the golden tests and one of the sample pictures.
 */
#include <math.h>
#include <pthread.h>

#include "fovea/fovea.h"

#include "base/macros.h"
#include "support/golden.h"
#include "support/test.h"

enum {
    DIMENSION = 20,
    N_MIXED = 11,
    N_CALLERS = 4,
    N_CALLS = 5
};

static struct golden_model golden;
static struct fovea_model *model;
static char picture[GOLDEN_PATH_SIZE];
static uint8_t *bytes;
static size_t size;
static char *base64;
static size_t base64_size;

static void
encode_base64(void)
{
    static const char alphabet[] =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    base64 = calloc(1, size / 3 * 4 + 8);
    assert_non_null(base64);
    for (size_t i = 0; i < size; i += 3) {
        uint32_t group = (uint32_t)bytes[i] << 16;
        group |= i + 1 < size ? (uint32_t)bytes[i + 1] << 8 : 0;
        group |= i + 2 < size ? (uint32_t)bytes[i + 2] : 0;
        size_t left = size - i;
        base64[base64_size++] = alphabet[group >> 18];
        base64[base64_size++] = alphabet[group >> 12 & 63];
        base64[base64_size++] =
                (char)(left > 1 ? alphabet[group >> 6 & 63] : '=');
        base64[base64_size++] = (char)(left > 2 ? alphabet[group & 63] : '=');
    }
}

static int
set_up(void **state)
{
    (void)state;
    golden_path("samples/formats/rgb.png", picture);
    FILE *file = fopen(picture, "rb");
    if (!file) {
        return -1;
    }
    bytes = malloc(1 << 20);
    assert_non_null(bytes);
    size = fread(bytes, 1, 1 << 20, file);
    (void)fclose(file);
    encode_base64();
    golden = golden_open("quick", FOVEA_DTYPE_AUTO, 2, 4);
    model = golden.model;
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    golden_close(&golden);
    free(bytes);
    free(base64);
    return 0;
}

static double
length(const float *vector)
{
    double sum = 0.0;
    for (size_t i = 0; i < DIMENSION; i++) {
        sum += (double)vector[i] * (double)vector[i];
    }
    return sqrt(sum);
}

static void
the_ways_in_give_the_same_bits(void **state)
{
    (void)state;
    struct fovea_error error;
    float by_path[DIMENSION];
    float by_bytes[DIMENSION];
    float by_base64[DIMENSION];
    assert_int_equal(fovea_embedding_dimension(model), DIMENSION);
    assert_ok(fovea_embed_image(model, picture, 0, by_path, &error), &error);
    assert_ok(fovea_embed_image_bytes(model, bytes, size, 0, by_bytes, &error),
            &error);
    assert_ok(fovea_embed_image_base64(model, base64, base64_size, 0, by_base64,
                      &error),
            &error);
    assert_memory_equal(by_path, by_bytes, sizeof by_path);
    assert_memory_equal(by_path, by_base64, sizeof by_path);
    assert_true(fabs(length(by_path) - 1.0) < 1e-6);
}

static void
raw_is_the_same_direction_at_its_own_length(void **state)
{
    (void)state;
    struct fovea_error error;
    float unit[DIMENSION];
    float raw[DIMENSION];
    assert_ok(fovea_embed_image(model, picture, 0, unit, &error), &error);
    assert_ok(fovea_embed_image(model, picture, FOVEA_EMBED_RAW, raw, &error),
            &error);
    double scale = length(raw);
    assert_true(fabs(scale - 1.0) > 1e-3);
    for (size_t i = 0; i < DIMENSION; i++) {
        assert_true(fabs((double)raw[i] / scale - (double)unit[i]) < 1e-6);
    }
}

/* The same files have the same digest under any name, with a cache or without. */
static void
weights_have_a_digest(void **state)
{
    (void)state;
    struct fovea_error error;
    char digest[FOVEA_WEIGHTS_DIGEST_SIZE];
    assert_ok(fovea_model_weights_digest(model, digest, &error), &error);
    assert_int_equal(strlen(digest), FOVEA_WEIGHTS_DIGEST_SIZE - 1);
    assert_int_equal(strspn(digest, "0123456789abcdef"), strlen(digest));
    struct fovea_options options = FOVEA_OPTIONS_INIT;
    options.cache_directory = "";
    struct fovea *library = NULL;
    struct fovea_model *other = NULL;
    char again[FOVEA_WEIGHTS_DIGEST_SIZE];
    assert_ok(fovea_open(&options, &library, &error), &error);
    assert_ok(fovea_model_open(library, fovea_model_describe(model)->directory,
                      &other, &error),
            &error);
    assert_ok(fovea_model_weights_digest(other, again, &error), &error);
    assert_string_equal(again, digest);
    assert_int_equal(fovea_model_weights_digest(other, NULL, NULL),
            FOVEA_ERR_ARGUMENT);
    fovea_model_close(other);
    fovea_close(library);
}

/* Callers' arrays are made of them. */
_Static_assert(sizeof(struct fovea_item) == 64, "the size never changes");

static void
one_bad_image_costs_one_item(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_error results[N_MIXED];
    float alone[DIMENSION];
    float rows[N_MIXED][DIMENSION];
    const struct fovea_item images[N_MIXED] = {
        { .kind = FOVEA_ITEM_IMAGE_PATH, .data = picture },
        { .kind = FOVEA_ITEM_IMAGE_PATH, .data = "/nowhere/cat.jpg" },
        { .kind = FOVEA_ITEM_IMAGE_BYTES, .data = bytes, .size = size },
        { .kind = FOVEA_ITEM_IMAGE_BYTES, .data = bytes, .size = size / 2 },
        { .kind = FOVEA_ITEM_IMAGE_BYTES, .data = bytes },
        { .kind = FOVEA_ITEM_IMAGE_BASE64,
                .data = base64,
                .size = base64_size },
        { .kind = FOVEA_ITEM_IMAGE_BASE64, .data = "no*base64", .size = 9 },
        { .kind = FOVEA_ITEM_IMAGE_BYTES, .data = "hello", .size = 5 },
        { .kind = (enum fovea_item_kind)99, .data = bytes, .size = size },
        { .kind = FOVEA_ITEM_IMAGE_PATH, .data = picture, .reserved = { 1 } },
        { .kind = FOVEA_ITEM_IMAGE_URL,
                .data = "http://127.0.0.1/",
                .reserved = { [4] = 1 } },
    };
    const enum fovea_status expected[N_MIXED] = { FOVEA_OK,
        FOVEA_ERR_FILE_NOT_FOUND, FOVEA_OK, FOVEA_ERR_IMAGE_TRUNCATED,
        FOVEA_ERR_NOT_AN_IMAGE, FOVEA_OK, FOVEA_ERR_BASE64,
        FOVEA_ERR_NOT_AN_IMAGE, FOVEA_ERR_ARGUMENT, FOVEA_ERR_ARGUMENT,
        FOVEA_ERR_ARGUMENT };
    static const float zeros[DIMENSION];
    assert_ok(fovea_embed_image(model, picture, 0, alone, &error), &error);
    memset(rows, 0x55, sizeof rows);
    assert_ok(fovea_embed_batch(model, images, N_MIXED, 0, rows[0], results,
                      &error),
            &error);
    for (size_t i = 0; i < N_MIXED; i++) {
        assert_int_equal(results[i].code, expected[i]);
        assert_memory_equal(rows[i], expected[i] ? zeros : alone, sizeof alone);
        assert_int_equal(results[i].message[0] != 0, expected[i] != FOVEA_OK);
    }
    assert_non_null(strstr(results[N_MIXED - 2].message, "reserved[0]"));
    assert_non_null(strstr(results[N_MIXED - 1].message, "reserved[4]"));
}

static void
failure_leaves_the_output_alone(void **state)
{
    (void)state;
    struct fovea_error error;
    float vector[DIMENSION];
    float before[DIMENSION];
    memset(vector, 0x77, sizeof vector);
    memcpy(before, vector, sizeof before);
    assert_fails(fovea_embed_image(model, "/nowhere", 0, vector, &error),
            &error, FOVEA_ERR_FILE_NOT_FOUND, "/nowhere");
    assert_int_equal(fovea_embed_image_bytes(model, "x", 1, 0, vector, NULL),
            FOVEA_ERR_NOT_AN_IMAGE);
    assert_memory_equal(vector, before, sizeof vector);
}

static void
wrong_arguments_are_refused(void **state)
{
    (void)state;
    struct fovea_error error;
    float vector[DIMENSION];
    struct fovea *other = NULL;
    struct fovea_model *no_model = NULL;
    struct fovea_options options = FOVEA_OPTIONS_INIT;
    options.max_batch = FOVEA_MAX_BATCH + 1;
    assert_fails(fovea_open(&options, &other, &error), &error,
            FOVEA_ERR_ARGUMENT, "batch");
    options = (struct fovea_options)FOVEA_OPTIONS_INIT;
    options.n_threads = FOVEA_MAX_THREADS + 1;
    assert_fails(fovea_open(&options, &other, &error), &error,
            FOVEA_ERR_ARGUMENT, "threads");
    options = (struct fovea_options)FOVEA_OPTIONS_INIT;
    options.dtype = (enum fovea_dtype)7;
    assert_fails(fovea_open(&options, &other, &error), &error,
            FOVEA_ERR_ARGUMENT, "dtype");
    options = (struct fovea_options)FOVEA_OPTIONS_INIT;
    options.url.max_tries = 11;
    assert_fails(fovea_open(&options, &other, &error), &error,
            FOVEA_ERR_ARGUMENT, "max_tries");
    static const char *const agents[] = { "", "a\r\nX: b", "a\nb", "\xc3\xa9" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(agents); i++) {
        options = (struct fovea_options)FOVEA_OPTIONS_INIT;
        options.url.user_agent = agents[i];
        assert_fails(fovea_open(&options, &other, &error), &error,
                FOVEA_ERR_ARGUMENT, "user_agent");
    }
    assert_fails(fovea_open(NULL, NULL, &error), &error, FOVEA_ERR_ARGUMENT,
            "NULL");
    assert_null(other);
    assert_fails(fovea_model_open(NULL, NULL, &no_model, &error), &error,
            FOVEA_ERR_ARGUMENT, "NULL");
    assert_fails(fovea_embed_image(NULL, picture, 0, vector, &error), &error,
            FOVEA_ERR_ARGUMENT, "NULL");
    assert_fails(fovea_embed_image(model, NULL, 0, vector, &error), &error,
            FOVEA_ERR_ARGUMENT, "NULL");
    assert_fails(fovea_embed_image(model, picture, 0, NULL, &error), &error,
            FOVEA_ERR_ARGUMENT, "NULL");
    assert_fails(fovea_embed_image(model, picture, 8, vector, &error), &error,
            FOVEA_ERR_ARGUMENT, "flags");
    fovea_model_close(NULL);
    fovea_close(NULL);
}

static void
an_empty_batch_is_done_at_once(void **state)
{
    (void)state;
    struct fovea_error error;
    assert_ok(fovea_embed_batch(model, NULL, 0, 0, NULL, NULL, &error), &error);
    assert_ok(fovea_preprocess_batch(model, NULL, 0, NULL, NULL, &error),
            &error);
}

static void
limits_reach_the_decoder(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea *strict = NULL;
    struct fovea_model *strict_model = NULL;
    float vector[DIMENSION];
    const struct fovea_model_info *info = fovea_model_describe(model);
    const struct fovea_options options = { .struct_size = sizeof options,
        .limits = { .max_side_px = 10 } };
    assert_ok(fovea_open(&options, &strict, &error), &error);
    assert_ok(fovea_model_open(strict, info->directory, &strict_model, &error),
            &error);
    assert_fails(fovea_embed_image(strict_model, picture, 0, vector, &error),
            &error, FOVEA_ERR_IMAGE_SIDE_TOO_LONG, "10");
    fovea_model_close(strict_model);
    fovea_close(strict);
}

/* A BMP of 4 pixels a row, from the top down: three rows, of which so many are
   there. */
static size_t
write_bmp(uint8_t file[90], size_t n_rows)
{
    enum {
        HEAD_SIZE = 54,
        STRIDE = 12
    };
    const int32_t height = -3;
    memset(file, 0, 90);
    memcpy(file, "BM", 2);
    file[10] = HEAD_SIZE;
    file[14] = 40;
    file[18] = 4;
    memcpy(file + 22, &height, sizeof height);
    file[26] = 1;
    file[28] = 24;
    return HEAD_SIZE + n_rows * STRIDE;
}

static void
what_is_noted_comes_with_the_vector(void **state)
{
    (void)state;
    enum {
        N = 3
    };
    const struct fovea_options accepting = {
        .struct_size = sizeof accepting,
        .limits = { .damaged = FOVEA_DAMAGED_ACCEPT },
    };
    struct fovea *other = NULL;
    struct fovea_model *other_model = NULL;
    struct fovea_error error;
    struct fovea_error results[N];
    float rows[N][DIMENSION];
    uint8_t files[N][90];
    struct fovea_item images[N];
    const struct fovea_model_info *info = fovea_model_describe(model);
    for (size_t i = 0; i < N; i++) {
        images[i] = (struct fovea_item){ .kind = FOVEA_ITEM_IMAGE_BYTES,
            .data = files[i],
            .size = write_bmp(files[i], i + 1) };
    }
    assert_fails(fovea_embed_image_bytes(model, files[1], images[1].size, 0,
                         rows[0], &error),
            &error, FOVEA_ERR_IMAGE_TRUNCATED, "2 of 3 rows");
    assert_ok(fovea_open(&accepting, &other, &error), &error);
    assert_ok(fovea_model_open(other, info->directory, &other_model, &error),
            &error);
    assert_ok(fovea_embed_image_bytes(other_model, files[1], images[1].size, 0,
                      rows[0], &error),
            &error);
    assert_int_equal(error.code, FOVEA_OK);
    assert_int_equal(error.notes, FOVEA_NOTE_DAMAGED);
    assert_non_null(strstr(error.message, "2 of 3 rows"));
    assert_ok(fovea_embed_image_bytes(other_model, files[2], images[2].size, 0,
                      rows[0], &error),
            &error);
    assert_int_equal(error.notes, 0);
    assert_string_equal(error.message, "");
    assert_int_equal(fovea_embed_image_bytes(other_model, files[1],
                             images[1].size, 0, rows[0], NULL),
            FOVEA_OK);
    assert_ok(fovea_embed_batch(other_model, images, N, 0, rows[0], results,
                      &error),
            &error);
    assert_int_equal(results[0].code, FOVEA_ERR_IMAGE_TRUNCATED);
    assert_int_equal(results[1].code, FOVEA_OK);
    assert_int_equal(results[1].notes, FOVEA_NOTE_DAMAGED);
    assert_int_equal(results[2].notes, 0);
    fovea_model_close(other_model);
    fovea_close(other);
    const struct fovea_options wrong = {
        .struct_size = sizeof wrong,
        .limits = { .damaged = (enum fovea_damaged)2 },
    };
    assert_fails(fovea_open(&wrong, &other, &error), &error, FOVEA_ERR_ARGUMENT,
            "damaged 2");
}

static void
a_model_describes_itself(void **state)
{
    (void)state;
    const struct fovea_model_info *info = fovea_model_describe(model);
    assert_int_equal(info->embedding_dimension, DIMENSION);
    assert_int_equal(info->image_width_px, 64);
    assert_int_equal(info->image_height_px, 64);
    assert_string_equal(info->weights_dtype, "F32");
    assert_string_equal(info->preprocessor, "file");
    assert_int_not_equal(info->dtype, FOVEA_DTYPE_AUTO);
    assert_true(info->shared_bytes > 10000);
    assert_true(info->est_memory_allocation_mb << 20 >=
            info->shared_bytes + info->per_worker_bytes);
    assert_true(fabs((double)info->mean[0] - 0.48145466) < 1e-6);
}

static void *
call_often(void *argument)
{
    float *vectors = argument;
    for (size_t i = 0; i < N_CALLS; i++) {
        if (fovea_embed_image_bytes(model, bytes, size, 0,
                    vectors + i * DIMENSION, NULL)) {
            return argument;
        }
    }
    return NULL;
}

static void
threads_share_a_model(void **state)
{
    (void)state;
    struct fovea_error error;
    pthread_t callers[N_CALLERS];
    static float vectors[N_CALLERS][N_CALLS][DIMENSION];
    float alone[DIMENSION];
    for (size_t i = 0; i < N_CALLERS; i++) {
        assert_int_equal(
                pthread_create(&callers[i], NULL, call_often, vectors[i]), 0);
    }
    for (size_t i = 0; i < N_CALLERS; i++) {
        void *failed = NULL;
        assert_int_equal(pthread_join(callers[i], &failed), 0);
        assert_null(failed);
    }
    assert_ok(fovea_embed_image(model, picture, 0, alone, &error), &error);
    for (size_t i = 0; i < N_CALLERS; i++) {
        for (size_t k = 0; k < N_CALLS; k++) {
            assert_memory_equal(vectors[i][k], alone, sizeof alone);
        }
    }
}

/* A struct of another version: smaller, larger, or none. */
static void
sizes_of_structs_are_kept_to(void **state)
{
    (void)state;
    struct later {
        struct fovea_options options;
        uint64_t later_member;
    };
    struct fovea *other = NULL;
    struct fovea_error error;
    const struct fovea_options none = { .max_workers = 1 };
    assert_fails(fovea_open(&none, &other, &error), &error, FOVEA_ERR_ARGUMENT,
            "FOVEA_OPTIONS_INIT");
    struct later later = { .options.struct_size = sizeof later };
    assert_ok(fovea_open(&later.options, &other, &error), &error);
    fovea_close(other);
    other = NULL;
    later.later_member = 1;
    assert_fails(fovea_open(&later.options, &other, &error), &error,
            FOVEA_ERR_ARGUMENT, "member");
    /* What is behind its size is not read. */
    struct fovea_options small = {
        .struct_size = offsetof(struct fovea_options, n_threads),
        .max_batch = 1,
        .n_threads = FOVEA_MAX_THREADS + 1,
    };
    assert_ok(fovea_open(&small, &other, &error), &error);
    fovea_close(other);
    other = NULL;
    struct fovea_options reserved = FOVEA_OPTIONS_INIT;
    reserved.url.reserved[FOVEA_ARRAY_LEN(reserved.url.reserved) - 1] = 1;
    assert_fails(fovea_open(&reserved, &other, &error), &error,
            FOVEA_ERR_ARGUMENT, "url.reserved[");
    reserved = (struct fovea_options)FOVEA_OPTIONS_INIT;
    reserved.limits.reserved[FOVEA_ARRAY_LEN(reserved.limits.reserved) - 1] = 1;
    assert_fails(fovea_open(&reserved, &other, &error), &error,
            FOVEA_ERR_ARGUMENT, "limits.reserved[");
    assert_null(other);
}

/* The arrays are in steps of the sizes that were said, smaller or larger. */
static void
stats_have_the_sizes_of_the_caller(void **state)
{
    (void)state;
    enum {
        MARK = 0x5a
    };
    struct small {
        const char *key;
        uint32_t n_workers;
        uint32_t max_workers;
    };
    struct large {
        struct fovea_worker_stats known;
        uint64_t later_members[3];
    };
    struct fovea_error error;
    float vector[DIMENSION];
    struct fovea_pool_stats stats = { .struct_size = 0 };
    assert_fails(fovea_pool_stats(golden.library, &stats, &error), &error,
            FOVEA_ERR_ARGUMENT, "FOVEA_POOL_STATS_INIT");
    assert_ok(fovea_embed_image(model, picture, 0, vector, &error), &error);
    memset(&stats, MARK, sizeof stats);
    stats.struct_size = offsetof(struct fovea_pool_stats, memory_limit_bytes);
    stats.model_size = sizeof(struct small);
    stats.worker_size = sizeof(struct large);
    assert_ok(fovea_pool_stats(golden.library, &stats, &error), &error);
    assert_true(stats.n_models >= 1 && stats.n_workers >= 1);
    assert_true(stats.memory_total_bytes > 0);
    assert_int_equal(((unsigned char *)&stats.memory_limit_bytes)[0], MARK);
    const struct small *models = (const void *)stats.models;
    const struct large *workers = (const void *)stats.workers;
    uint32_t n = 0;
    for (size_t i = 0; i < stats.n_models; i++) {
        assert_true(models[i].max_workers > 0);
        n += models[i].n_workers;
    }
    assert_int_equal(n, stats.n_workers);
    for (size_t i = 0; i < stats.n_workers; i++) {
        bool is_known = false;
        for (size_t j = 0; j < stats.n_models; j++) {
            is_known = is_known || workers[i].known.model_key == models[j].key;
        }
        assert_true(is_known && workers[i].known.pid > 0);
        assert_int_equal(workers[i].later_members[2], 0);
    }
    fovea_pool_stats_finish(&stats);
    fovea_pool_stats_finish(NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ways_in_give_the_same_bits),
        cmocka_unit_test(raw_is_the_same_direction_at_its_own_length),
        cmocka_unit_test(weights_have_a_digest),
        cmocka_unit_test(one_bad_image_costs_one_item),
        cmocka_unit_test(failure_leaves_the_output_alone),
        cmocka_unit_test(wrong_arguments_are_refused),
        cmocka_unit_test(an_empty_batch_is_done_at_once),
        cmocka_unit_test(limits_reach_the_decoder),
        cmocka_unit_test(what_is_noted_comes_with_the_vector),
        cmocka_unit_test(a_model_describes_itself),
        cmocka_unit_test(threads_share_a_model),
        cmocka_unit_test(sizes_of_structs_are_kept_to),
        cmocka_unit_test(stats_have_the_sizes_of_the_caller),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
