/*
 * What workers cost, and that it comes back: a second worker takes its own
 * buffers and no second copy of the weights; an idle one ends, and with the last
 * one the weights are gone from memory.
 *
 *     test_eviction MODEL_DIRECTORY
 *
 * The model is random and has 60 MB of weights, to stand out from what else a
 * worker has.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "support/golden.h"
#include "support/test.h"

enum {
    WAIT_S = 300,
    MAX_OWN_MIB = 64, /* of a worker beside the weights */
};

#define MIB (UINT64_C(1) << 20)

static const char *directory;

static struct fovea *
open_library(int64_t idle_ns)
{
    struct fovea_error error;
    struct fovea *library = NULL;
    const struct fovea_options options = {
        .struct_size = sizeof options,
        .dtype = FOVEA_DTYPE_F32,
        .max_workers = 2,
        .idle_ns = idle_ns,
        .cache_directory = "", /* a file's pages would stay in its cache */
    };
    assert_ok(fovea_open(&options, &library, &error), &error);
    return library;
}

static struct fovea_model *
open_model(struct fovea *library)
{
    struct fovea_error error;
    struct fovea_model *model = NULL;
    assert_ok(fovea_model_open(library, directory, &model, &error), &error);
    return model;
}

static void
embed(struct fovea_model *model)
{
    struct fovea_error error;
    char path[GOLDEN_PATH_SIZE];
    golden_path("samples/formats/baseline.jpg", path);
    float *vector = calloc(fovea_embedding_dimension(model), sizeof *vector);
    assert_non_null(vector);
    assert_ok(fovea_embed_image(model, path, 0, vector, &error), &error);
    free(vector);
}

/* Wait until so many workers are ready. */
static struct fovea_pool_stats
wait_for_workers(struct fovea *library, size_t n)
{
    struct fovea_pool_stats stats = FOVEA_POOL_STATS_INIT;
    struct fovea_error error;
    int64_t until = fovea_clock_ns() + WAIT_S * FOVEA_NS_PER_S;
    for (;;) {
        assert_ok(fovea_pool_stats(library, &stats, &error), &error);
        size_t n_ready = 0;
        for (size_t i = 0; i < stats.n_workers; i++) {
            n_ready += stats.workers[i].ready_after_ns > 0;
        }
        if (n_ready >= n) {
            return stats;
        }
        fovea_pool_stats_finish(&stats);
        assert_true(fovea_clock_ns() < until);
        (void)usleep(1000);
    }
}

static void
a_second_worker_costs_its_buffers(void **state)
{
    (void)state;
    struct fovea *library = open_library(FOVEA_NEVER);
    struct fovea_model *model = open_model(library);
    embed(model);
    struct fovea_pool_stats stats = wait_for_workers(library, 2);
    uint64_t shared = stats.models[0].shared_bytes;
    assert_true(shared > 50 * MIB);
    uint64_t all = stats.memory_pss_bytes;
    /* Weights that a worker did not look at yet do not count at all. */
    assert_true(all > 0);
    assert_true(all < shared + MIB * 2 * MAX_OWN_MIB);
    fovea_pool_stats_finish(&stats);
    fovea_model_close(model);
    fovea_close(library);
}

/* Children of this process, zombies included. */
static unsigned
count_children(void)
{
    DIR *tasks = opendir("/proc/self/task");
    assert_non_null(tasks);
    unsigned n = 0;
    for (struct dirent *task; (task = readdir(tasks));) {
        char name[320];
        char line[512] = "";
        (void)snprintf(name, sizeof name, "/proc/self/task/%s/children",
                task->d_name);
        FILE *file = fopen(name, "re");
        if (file) {
            n += fgets(line, sizeof line, file) != NULL;
            (void)fclose(file);
        }
    }
    (void)closedir(tasks);
    return n;
}

/* Bytes of packed weights that this process holds. Those of the workers went
   with them; memory of the whole machine would be others' too. */
static uint64_t
held_weights(void)
{
    DIR *files = opendir("/proc/self/fd");
    assert_non_null(files);
    uint64_t held = 0;
    for (const struct dirent *entry; (entry = readdir(files));) {
        char target[64] = "";
        struct stat facts;
        if (readlinkat(dirfd(files), entry->d_name, target, sizeof target - 1) >
                        0 &&
                strncmp(target, "/memfd:fovea packed weights", 27) == 0 &&
                fstatat(dirfd(files), entry->d_name, &facts, 0) == 0) {
            held += (uint64_t)facts.st_size;
        }
    }
    (void)closedir(files);
    return held;
}

static void
idle_workers_give_their_memory_back(void **state)
{
    (void)state;
    struct fovea *library = open_library(300 * FOVEA_NS_PER_MS);
    struct fovea_model *model = open_model(library);
    embed(model);
    struct fovea_pool_stats stats = wait_for_workers(library, 1);
    uint64_t shared = stats.models[0].shared_bytes;
    fovea_pool_stats_finish(&stats);
    assert_true(shared > 50 * MIB && held_weights() >= shared);
    int64_t until = fovea_clock_ns() + WAIT_S * FOVEA_NS_PER_S;
    while (fovea_pool_has_workers(model) || count_children() > 0 ||
            fovea_pool_total_memory_mb(library) > 0) {
        assert_true(fovea_clock_ns() < until);
        (void)usleep(1000);
    }
    while (held_weights() > 0) {
        assert_true(fovea_clock_ns() < until);
        (void)usleep(1000);
    }
    /* And it can start again. */
    embed(model);
    fovea_model_close(model);
    fovea_close(library);
    assert_int_equal(count_children(), 0);
}

int
main(int argc, char **argv)
{
    if (argc != 3) {
        (void)fputs("usage: test_eviction MODEL_DIRECTORY SANITIZER|none\n",
                stderr);
        return 2;
    }
    directory = argv[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idle_workers_give_their_memory_back),
        cmocka_unit_test(a_second_worker_costs_its_buffers),
    };
    /* Sanitizers take memory of their own: not the last one. */
    bool is_sanitized = strcmp(argv[2], "none") != 0;
    size_t n = FOVEA_ARRAY_LEN(tests) - is_sanitized;
    return _cmocka_run_group_tests("eviction", tests, n, NULL, NULL);
}
