/*
 * A program that was compiled against a smaller struct of everything, run with
 * today's library: what it knows works, and nothing is read or written behind
 * what it knows.
 *
 *     old_program MODEL IMAGE HOME
 */
#include <ftw.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fovea_small.h"

enum {
    DIMENSION = 20, /* of the small model of the golden tests */
    GUARD_SIZE = 512,
    MARK = 0xa5
};

/* Bytes behind a struct that nobody may read as its members, or write. */
#define GUARDED(type)                    \
    struct {                             \
        struct type known;               \
        unsigned char guard[GUARD_SIZE]; \
    }

static int n_tests;
static bool is_good = true;

static void
check(bool holds, const char *name)
{
    n_tests++;
    printf("%sok %d - %s\n", holds ? "" : "not ", n_tests, name);
    is_good = is_good && holds;
}

static bool
is_untouched(const unsigned char guard[GUARD_SIZE])
{
    for (size_t i = 0; i < GUARD_SIZE; i++) {
        if (guard[i] != MARK) {
            return false;
        }
    }
    return true;
}

struct answer {
    sem_t done;
    int code;
    float embedding[DIMENSION];
};

static void
take(void *context, const struct fovea_error *result, const float *embedding,
        const void *timings)
{
    struct answer *answer = context;
    (void)timings;
    answer->code = result->code;
    if (embedding) {
        memcpy(answer->embedding, embedding, sizeof answer->embedding);
    }
    (void)sem_post(&answer->done);
}

static struct fovea *
open_library(void)
{
    GUARDED(fovea_options) options;
    struct fovea_error error = { 0 };
    struct fovea *library = NULL;
    memset(&options, MARK, sizeof options);
    options.known =
            (struct fovea_options){ .struct_size = sizeof options.known };
    check(fovea_options_set(&options.known, "max_batch", "2", &error) == 0 &&
                    options.known.max_batch == 2,
            "a member that is known is set by its name");
    check(fovea_options_set(&options.known, "max_queue", "2", &error) != 0 &&
                    strstr(error.message, "struct_size") &&
                    is_untouched(options.guard),
            "one that is not known is refused");
    int status = fovea_open(&options.known, &library, &error);
    check(status == 0 && is_untouched(options.guard),
            "members that are not known have their defaults");
    return library;
}

static bool
try_submit(struct fovea_model *model, const struct fovea_item *item,
        const float *expected)
{
    GUARDED(fovea_submit_options) options;
    struct answer answer = { .code = -1 };
    memset(&options, MARK, sizeof options);
    options.known = (struct fovea_submit_options){
        .struct_size = sizeof options.known,
    };
    (void)sem_init(&answer.done, 0, 0);
    bool is_sent = fovea_submit(model, item, &options.known, take, &answer,
                           NULL, NULL) == 0;
    while (is_sent && sem_wait(&answer.done) != 0) {
    }
    (void)sem_destroy(&answer.done);
    bool is_same = is_sent && answer.code == 0;
    for (size_t i = 0; i < DIMENSION; i++) {
        is_same = is_same && answer.embedding[i] >= expected[i] &&
                answer.embedding[i] <= expected[i];
    }
    return is_same;
}

static bool
try_stream(struct fovea_model *model, const struct fovea_item *item)
{
    GUARDED(fovea_stream_options) options;
    struct fovea_stream *stream = NULL;
    memset(&options, MARK, sizeof options);
    options.known = (struct fovea_stream_options){
        .struct_size = sizeof options.known,
    };
    bool works = fovea_stream_open(model, &options.known, &stream, NULL) == 0 &&
            fovea_stream_put(stream, item, 1, NULL) == 0 &&
            fovea_stream_wait(stream, INT64_MAX, NULL) == 0;
    fovea_stream_close(stream);
    return works;
}

static int
remove_entry(const char *path, const struct stat *facts, int kind,
        struct FTW *place)
{
    (void)facts;
    (void)kind;
    (void)place;
    return remove(path);
}

static bool
remove_folder(const char *folder)
{
    return nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS) == 0;
}

static bool
try_pull(void)
{
    GUARDED(fovea_pull_options) options;
    struct fovea_error error = { 0 };
    memset(&options, MARK, sizeof options);
    options.known = (struct fovea_pull_options){
        .struct_size = sizeof options.known,
    };
    return fovea_pull("no id", &options.known, NULL, &error) != 0 &&
            strstr(error.message, "no id");
}

/* In a folder of its own, which goes again. */
static bool
try_index(struct fovea *library, const struct fovea_item *item)
{
    GUARDED(fovea_index_options) options;
    GUARDED(fovea_index_info) info;
    GUARDED(fovea_index_query) query;
    struct fovea_index *index = NULL;
    struct fovea_index_hits *hits = NULL;
    const struct fovea_index_term term = { .item = item };
    char folder[] = "/tmp/fovea-old-XXXXXX";
    memset(&options, MARK, sizeof options);
    memset(&info, MARK, sizeof info);
    memset(&query, MARK, sizeof query);
    options.known = (struct fovea_index_options){
        .struct_size = sizeof options.known,
        .mode = 2,
    };
    info.known = (struct fovea_index_info){ .struct_size = sizeof info.known };
    query.known = (struct fovea_index_query){
        .struct_size = sizeof query.known,
        .terms = &term,
        .n_terms = 1,
    };
    bool works = mkdtemp(folder) != NULL &&
            fovea_index_open(library, folder, &options.known, &index, NULL) ==
                    0 &&
            fovea_index_add(index, "one", item, NULL) == 0 &&
            fovea_index_describe(index, &info.known, NULL) == 0 &&
            info.known.n_images == 1 && is_untouched(info.guard) &&
            fovea_index_search(index, &query.known, &hits, NULL) == 0 &&
            hits->n == 1 && hits->all[0]->score > 0.999;
    fovea_index_hits_close(hits);
    fovea_index_close(index);
    return works && remove_folder(folder);
}

/* Elements are in steps of the sizes that are known here. */
static void
try_stats(struct fovea *library)
{
    GUARDED(fovea_pool_stats) stats;
    memset(&stats, MARK, sizeof stats);
    stats.known = (struct fovea_pool_stats){
        .struct_size = sizeof stats.known,
        .model_size = sizeof(struct fovea_model_stats),
        .worker_size = sizeof(struct fovea_worker_stats),
    };
    bool is_read = fovea_pool_stats(library, &stats.known, NULL) == 0;
    check(is_read && is_untouched(stats.guard),
            "statistics are written as far as they are known");
    uint32_t n = 0;
    bool is_right = is_read && stats.known.n_models >= 1;
    for (size_t i = 0; is_right && i < stats.known.n_models; i++) {
        const struct fovea_model_stats *model = &stats.known.models[i];
        is_right = model->key && model->max_workers > 0;
        n += model->n_workers;
    }
    for (size_t i = 0; is_right && i < stats.known.n_workers; i++) {
        const struct fovea_worker_stats *worker = &stats.known.workers[i];
        is_right = worker->pid > 0 &&
                strcmp(worker->model_key, stats.known.models[0].key) == 0;
    }
    check(is_right && n == stats.known.n_workers && n > 0,
            "their arrays have elements of the sizes that are known");
    fovea_pool_stats_finish(&stats.known);
    check(is_untouched(stats.guard) && !stats.known.models, "and are freed");
}

int
main(int argc, char **argv)
{
    struct fovea_model *model = NULL;
    float vector[DIMENSION] = { 0 };
    if (argc != 4 || setenv("FOVEA_HOME", argv[3], 1)) {
        return 2;
    }
    const struct fovea_item item = { .data = argv[2] };
    struct fovea *library = open_library();
    check(library && fovea_model_open(library, argv[1], &model, NULL) == 0,
            "a model opens");
    if (!model) {
        printf("Bail out! no model\n");
        return 1;
    }
    const struct fovea_model_info *info = fovea_model_describe(model);
    check(info->embedding_dimension == DIMENSION &&
                    strcmp(info->directory, argv[1]) == 0 &&
                    info->struct_size >= sizeof *info,
            "it is described");
    check(fovea_embed_image(model, argv[2], 0, vector, NULL) == 0,
            "an image is embedded");
    check(try_submit(model, &item, vector), "and one that is submitted");
    check(try_stream(model, &item), "and one of a stream");
    check(try_pull(), "options of a pull are read as far as they are known");
    try_stats(library); /* before there are workers of another model */
    check(try_index(library, &item), "an index is made and searched");
    fovea_model_close(model);
    fovea_close(library);
    printf("1..%d\n", n_tests);
    return is_good ? 0 : 1;
}
