/*
 * What a sealed worker is, seen from outside, before and after it served every
 * format in batches of every size: no memory that is both written and executed,
 * no threads but its own, no capability.
 */
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/macros.h"
#include "support/test.h"
#include "support/worker_host.h"
#include "sys/memfd.h"

enum {
    MAX_NAMES = 200,
    MAX_DIMENSION = 24,
    BATCH = 8,
};

static char names[MAX_NAMES][64];
static size_t n_names;

static int
list_formats(void **state)
{
    (void)state;
    char path[WORKER_PATH_SIZE];
    worker_path("samples/formats", path);
    DIR *folder = opendir(path);
    if (!folder) {
        return -1;
    }
    for (struct dirent *entry = readdir(folder); entry && n_names < MAX_NAMES;
            entry = readdir(folder)) {
        if (entry->d_name[0] != '.') {
            (void)snprintf(names[n_names++], 64, "samples/formats/%.40s",
                    entry->d_name);
        }
    }
    return closedir(folder) || n_names < BATCH ? -1 : 0;
}

static FILE *
open_facts(pid_t pid, const char *name)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    return file;
}

static void
check_memory(pid_t pid)
{
    FILE *maps = open_facts(pid, "maps");
    char line[1024];
    size_t n_executable = 0;
    while (fgets(line, sizeof line, maps)) {
        const char *rights = strchr(line, ' ');
        assert_non_null(rights);
        if (rights[2] == 'w' && rights[3] == 'x') {
            fail_msg("%s", line);
        }
        n_executable += rights[3] == 'x';
    }
    (void)fclose(maps);
    assert_true(n_executable > 0);
}

static void
check_status(pid_t pid, unsigned n_threads)
{
    char threads[32];
    char line[256];
    size_t n = 0;
    (void)snprintf(threads, sizeof threads, "Threads:\t%u\n", n_threads);
    FILE *facts = open_facts(pid, "status");
    while (fgets(line, sizeof line, facts)) {
        if (strncmp(line, "Threads:", 8) == 0) {
            assert_string_equal(line, threads);
            n++;
        }
        if (strncmp(line, "CapPrm:", 7) == 0 ||
                strncmp(line, "CapEff:", 7) == 0) {
            assert_string_equal(line + 7, "\t0000000000000000\n");
            n++;
        }
    }
    (void)fclose(facts);
    assert_int_equal(n, 3);
}

static void
check(const struct worker_host *host, unsigned n_threads)
{
    check_memory(host->pid);
    check_status(host->pid, n_threads);
}

/* Batches of one to eight of the formats' samples, round and round, until each
   was in one. */
static void
embed_all(struct worker_host *host, size_t dimension)
{
    size_t n_good = 0;
    size_t next = 0;
    size_t n_sent = 0;
    for (size_t n = 0; n_sent < n_names || n < BATCH; n++) {
        size_t size = n % BATCH + 1;
        const char *paths[BATCH];
        float vectors[BATCH * MAX_DIMENSION];
        struct fovea_result results[BATCH];
        for (size_t i = 0; i < size; i++) {
            paths[i] = names[next];
            next = next + 1 < n_names ? next + 1 : 0;
        }
        worker_embed(host, paths, size, true, dimension, results, vectors);
        n_sent += size;
        for (size_t i = 0; i < size; i++) {
            n_good += results[i].status == FOVEA_OK;
        }
    }
    assert_true(n_good > n_names / 2);
}

static void
check_embedding(enum fovea_dtype dtype, unsigned n_threads)
{
    struct fovea_load load = worker_load_of("quick");
    load.n_threads = n_threads;
    load.dtype = dtype;
    struct worker_host host = worker_start();
    struct fovea_ready ready = worker_load(&host, &load, -1, NULL);
    assert_true(ready.is_sandboxed);
    check(&host, n_threads);
    embed_all(&host, ready.dimension);
    check(&host, n_threads);
    worker_end(&host, FOVEA_WORKER_EXIT_OK);
}

static void
a_worker_that_embeds(void **state)
{
    (void)state;
    check_embedding(FOVEA_DTYPE_F32, 1);
    check_embedding(FOVEA_DTYPE_BF16, 1);
    check_embedding(FOVEA_DTYPE_INT8, 1);
    check_embedding(FOVEA_DTYPE_F32, 3);
}

static void
check_file_worker(enum fovea_work_kind kind)
{
    struct fovea_load load = worker_load_of("quick");
    load.kind = kind;
    struct worker_host host = worker_start();
    struct fovea_ready ready = worker_load(&host, &load, -1, NULL);
    struct fovea_error error;
    int output = -1;
    assert_true(ready.is_sandboxed);
    assert_ok(fovea_memfd_create("pixels", &output, &error), &error);
    check(&host, 1);
    for (size_t i = 0; i < n_names; i++) {
        char path[WORKER_PATH_SIZE];
        struct fovea_result result;
        worker_path(names[i], path);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        assert_true(fd >= 0);
        worker_send_job(&host, i + 1, &fd, 1, false, output);
        worker_receive_job(&host, i + 1, 1, 0, &result, NULL);
        (void)close(fd);
    }
    check(&host, 1);
    (void)close(output);
    worker_end(&host, FOVEA_WORKER_EXIT_OK);
}

static void
a_worker_that_makes_pixels(void **state)
{
    (void)state;
    check_file_worker(FOVEA_WORK_PIXELS);
}

static void
a_worker_that_makes_thumbnails(void **state)
{
    (void)state;
    check_file_worker(FOVEA_WORK_THUMBNAIL);
}

int
main(int argc, char **argv)
{
    worker_arguments(argc, argv);
    if (worker_program.sandbox == FOVEA_SANDBOX_OFF) {
        (void)puts("1..0 # SKIP built without the sandbox");
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_worker_that_embeds),
        cmocka_unit_test(a_worker_that_makes_pixels),
        cmocka_unit_test(a_worker_that_makes_thumbnails),
    };
    return cmocka_run_group_tests_name("worker_seal", tests, list_formats,
            NULL);
}
