/*
 * What AUTO means is measured once and kept: by later starts, by processes that begin
 * together, and not by what is damaged, foreign or another shape's. Times are the
 * test's own.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/macros.h"
#include "pool/cache_choice.h"
#include "runtime/auto_dtype.h"
#include "support/test.h"
#include "support/tree.h"

enum {
    N_THREADS = 4,
    FILE_SIZE = 256,
};

static char root[] = "/tmp/fovea-auto-XXXXXX";

TREE_FIXTURE(root)

static const struct fovea_choice_shape shape = { 768, 3072, 12, 7 };
static const struct fovea_choice_times fast = { 2000, 1000 };
static const struct fovea_choice_times slow = { 1000, 2000 };

/* Measures by a table of one row. */
struct table {
    struct fovea_choice_times times;
    unsigned n_measured;
    bool fails;
};

static enum fovea_status
measure(void *context, const struct fovea_choice_shape *asked,
        struct fovea_choice_times *times_out, struct fovea_error *err)
{
    struct table *table = context;
    FOVEA_ASSERT(fovea_choice_shape_is_good(asked));
    table->n_measured++;
    if (table->fails) {
        return fovea_fail(err, FOVEA_ERR_WORKER_START, "no worker");
    }
    *times_out = table->times;
    return FOVEA_OK;
}

static struct fovea_cache
make_cache(const char *name)
{
    struct fovea_error error;
    struct fovea_cache cache;
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", root, name);
    assert_ok(fovea_cache_init(&cache, name ? path : "", 1 << 20, &error),
            &error);
    return cache;
}

/* As a start of a program would. */
static struct fovea_auto_answer
ask(const struct fovea_cache *cache, struct table *table,
        const struct fovea_choice_shape *asked)
{
    struct fovea_auto all;
    struct fovea_auto_answer answer;
    fovea_auto_init(&all, cache, measure, table);
    fovea_auto_find(&all, asked, &answer);
    fovea_auto_finish(&all);
    return answer;
}

static void
file_of(const struct fovea_choice_shape *of, char path_out[256])
{
    char key[FOVEA_CACHE_KEY_SIZE];
    fovea_cache_choice_key(of, key);
    assert_true(fovea_cache_is_key(key));
    (void)snprintf(path_out, 256, "%s/cache/dtypes/%s", root, key);
}

static size_t
read_file(const char *path, char bytes_out[FILE_SIZE])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    ssize_t n = read(fd, bytes_out, FILE_SIZE);
    (void)close(fd);
    assert_true(n > 0 && n < FILE_SIZE);
    return (size_t)n;
}

static void
write_file(const char *path, const char *bytes, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, size), size);
    (void)close(fd);
}

static void
later_starts_know_it(void **state)
{
    (void)state;
    struct fovea_cache cache = make_cache("cache");
    struct table first = { .times = fast };
    struct table later = { .times = slow };
    struct fovea_auto_answer answer = ask(&cache, &first, &shape);
    assert_int_equal(answer.dtype, FOVEA_DTYPE_BF16);
    assert_non_null(strstr(answer.reason, "measured"));
    for (int i = 0; i < 3; i++) {
        answer = ask(&cache, &later, &shape);
        assert_int_equal(answer.dtype, FOVEA_DTYPE_BF16);
    }
    assert_int_equal(first.n_measured, 1);
    assert_int_equal(later.n_measured, 0);
    /* Another shape is another question. */
    const struct fovea_choice_shape others[] = { { 1024, 3072, 16, 7 },
        { 768, 3073, 12, 7 }, { 768, 3072, 8, 7 }, { 768, 3072, 12, 8 } };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(others); i++) {
        answer = ask(&cache, &later, &others[i]);
        assert_int_equal(answer.dtype, FOVEA_DTYPE_F32);
        assert_int_equal(later.n_measured, i + 1);
    }
    fovea_cache_finish(&cache);
}

static void
one_library_measures_once_without_a_cache(void **state)
{
    (void)state;
    struct fovea_cache cache = { NULL, 0 };
    struct table table = { .times = fast };
    struct fovea_auto all;
    struct fovea_auto_answer answer;
    fovea_auto_init(&all, &cache, measure, &table);
    for (int i = 0; i < 3; i++) {
        fovea_auto_find(&all, &shape, &answer);
        assert_int_equal(answer.dtype, FOVEA_DTYPE_BF16);
    }
    assert_int_equal(table.n_measured, 1);
    fovea_auto_finish(&all);
}

/* A cache that cannot be written is as good as none. */
static void
a_cache_in_the_way_does_no_harm(void **state)
{
    (void)state;
    char path[128];
    (void)snprintf(path, sizeof path, "%s/cache", root);
    write_file(path, "a file", 6);
    struct fovea_cache cache = make_cache("cache");
    struct table table = { .times = fast };
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(ask(&cache, &table, &shape).dtype, FOVEA_DTYPE_BF16);
        assert_int_equal(table.n_measured, i + 1);
    }
    fovea_cache_finish(&cache);
}

static void
what_fails_is_float32_and_tried_again(void **state)
{
    (void)state;
    struct fovea_cache cache = make_cache("cache");
    struct table table = { .times = fast, .fails = true };
    struct fovea_auto_answer answer = ask(&cache, &table, &shape);
    assert_int_equal(answer.dtype, FOVEA_DTYPE_F32);
    assert_string_equal(answer.reason, "not measured: no worker");
    table.fails = false;
    assert_int_equal(ask(&cache, &table, &shape).dtype, FOVEA_DTYPE_BF16);
    assert_int_equal(table.n_measured, 2);
    fovea_cache_finish(&cache);
}

/* Every byte in turn is another one; cut anywhere; more than there should be. */
static void
a_damaged_file_is_measured_anew(void **state)
{
    (void)state;
    struct fovea_cache cache = make_cache("cache");
    struct table first = { .times = fast };
    char path[256];
    char bytes[FILE_SIZE];
    char wrong[FILE_SIZE + 8];
    (void)ask(&cache, &first, &shape);
    file_of(&shape, path);
    const size_t size = read_file(path, bytes);
    struct table again = { .times = slow };
    for (size_t i = 0; i <= 2 * size + 1; i++) {
        size_t wrong_size = size;
        memcpy(wrong, bytes, size);
        if (i < size) {
            wrong[i] ^= 1;
        } else if (i < 2 * size) {
            wrong_size = i - size;
        } else {
            wrong[size] = i == 2 * size ? '\n' : 'x';
            wrong_size = size + 1;
        }
        write_file(path, wrong, wrong_size);
        struct fovea_choice_times times;
        char key[FOVEA_CACHE_KEY_SIZE];
        fovea_cache_choice_key(&shape, key);
        assert_false(fovea_cache_choice_read(&cache, key, &times));
    }
    assert_int_equal(ask(&cache, &again, &shape).dtype, FOVEA_DTYPE_F32);
    assert_int_equal(again.n_measured, 1);
    assert_int_equal(ask(&cache, &again, &shape).dtype, FOVEA_DTYPE_F32);
    assert_int_equal(again.n_measured, 1);
    fovea_cache_finish(&cache);
}

static void
a_foreign_file_is_measured_anew(void **state)
{
    (void)state;
    struct fovea_cache cache = make_cache("cache");
    struct table first = { .times = fast };
    const struct fovea_choice_shape other = { 1024, 4096, 16, 8 };
    char path[256];
    char bytes[FILE_SIZE];
    (void)ask(&cache, &first, &other);
    file_of(&other, path);
    const size_t size = read_file(path, bytes);
    /* Whole, but of another shape or machine. */
    file_of(&shape, path);
    write_file(path, bytes, size);
    struct table again = { .times = slow };
    assert_int_equal(ask(&cache, &again, &shape).dtype, FOVEA_DTYPE_F32);
    assert_int_equal(again.n_measured, 1);
    /* Right, but others may have written it. */
    assert_int_equal(chmod(path, 0666), 0);
    again.times = fast;
    assert_int_equal(ask(&cache, &again, &shape).dtype, FOVEA_DTYPE_BF16);
    assert_int_equal(again.n_measured, 2);
    /* What it was replaced by is the user's own. */
    assert_int_equal(ask(&cache, &again, &shape).dtype, FOVEA_DTYPE_BF16);
    assert_int_equal(again.n_measured, 2);
    fovea_cache_finish(&cache);
}

static void
what_the_library_may_use_is_part_of_the_key(void **state)
{
    (void)state;
    char plain[FOVEA_CACHE_KEY_SIZE];
    char capped[FOVEA_CACHE_KEY_SIZE];
    (void)unsetenv("ONEDNN_MAX_CPU_ISA");
    fovea_cache_choice_key(&shape, plain);
    (void)setenv("ONEDNN_MAX_CPU_ISA", "AVX512_CORE_BF16", 1);
    fovea_cache_choice_key(&shape, capped);
    (void)unsetenv("ONEDNN_MAX_CPU_ISA");
    assert_string_not_equal(plain, capped);
}

static struct fovea_auto shared;

static void *
ask_in_thread(void *context)
{
    fovea_auto_find(&shared, &shape, context);
    return NULL;
}

static void
threads_measure_once(void **state)
{
    (void)state;
    struct fovea_cache cache = make_cache("cache");
    struct table table = { .times = fast };
    struct fovea_auto_answer answers[N_THREADS];
    pthread_t threads[N_THREADS];
    fovea_auto_init(&shared, &cache, measure, &table);
    for (size_t i = 0; i < N_THREADS; i++) {
        assert_int_equal(
                pthread_create(&threads[i], NULL, ask_in_thread, &answers[i]),
                0);
    }
    for (size_t i = 0; i < N_THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(answers[i].dtype, FOVEA_DTYPE_BF16);
    }
    assert_int_equal(table.n_measured, 1);
    fovea_auto_finish(&shared);
    fovea_cache_finish(&cache);
}

/* Two processes at once. The first one measures until it is told to go on; the second
   one, which would come to another answer, is waiting for it then. */
struct held {
    int began[2];
    int go_on[2];
};

static enum fovea_status
measure_held(void *context, const struct fovea_choice_shape *asked,
        struct fovea_choice_times *times_out, struct fovea_error *err)
{
    (void)asked;
    (void)err;
    const struct held *held = context;
    char byte = 0;
    FOVEA_ASSERT(write(held->began[1], "b", 1) == 1);
    FOVEA_ASSERT(read(held->go_on[0], &byte, 1) == 1);
    *times_out = fast;
    return FOVEA_OK;
}

static pid_t
start(const struct fovea_cache *cache, fovea_measure_fn *how, void *context,
        int say_fd)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct fovea_auto all;
        struct fovea_auto_answer answer;
        fovea_auto_init(&all, cache, how, context);
        if (say_fd >= 0 && write(say_fd, "s", 1) != 1) {
            _exit(99);
        }
        fovea_auto_find(&all, &shape, &answer);
        fovea_auto_finish(&all);
        _exit((int)answer.dtype);
    }
    return pid;
}

/* Until the process sleeps: in the lock, for it does nothing else that waits. */
static void
wait_until_it_sleeps(pid_t pid)
{
    char path[64];
    char text[256] = "";
    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    for (;;) {
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        assert_true(fd >= 0);
        ssize_t n = read(fd, text, sizeof text - 1);
        (void)close(fd);
        assert_true(n > 0);
        text[n] = '\0';
        const char *name_end = strrchr(text, ')');
        assert_non_null(name_end);
        /* Ended, it did not wait: the answers tell. */
        if (name_end[2] == 'S' || name_end[2] == 'Z') {
            return;
        }
        (void)sched_yield();
    }
}

static void
processes_that_begin_together_agree(void **state)
{
    (void)state;
    struct fovea_cache cache = make_cache("cache");
    struct held held;
    struct table other = { .times = slow };
    int said[2];
    char byte = 0;
    assert_int_equal(pipe2(held.began, O_CLOEXEC), 0);
    assert_int_equal(pipe2(held.go_on, O_CLOEXEC), 0);
    assert_int_equal(pipe2(said, O_CLOEXEC), 0);
    const pid_t first = start(&cache, measure_held, &held, -1);
    assert_int_equal(read(held.began[0], &byte, 1), 1);
    const pid_t second = start(&cache, measure, &other, said[1]);
    assert_int_equal(read(said[0], &byte, 1), 1);
    wait_until_it_sleeps(second);
    assert_int_equal(write(held.go_on[1], "g", 1), 1);
    int status = 0;
    assert_int_equal(waitpid(first, &status, 0), first);
    assert_int_equal(WEXITSTATUS(status), FOVEA_DTYPE_BF16);
    assert_int_equal(waitpid(second, &status, 0), second);
    assert_int_equal(WEXITSTATUS(status), FOVEA_DTYPE_BF16);
    for (int i = 0; i < 2; i++) {
        (void)close(held.began[i]);
        (void)close(held.go_on[i]);
        (void)close(said[i]);
    }
    fovea_cache_finish(&cache);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(later_starts_know_it, empty_root),
        cmocka_unit_test(one_library_measures_once_without_a_cache),
        cmocka_unit_test_teardown(a_cache_in_the_way_does_no_harm, empty_root),
        cmocka_unit_test_teardown(what_fails_is_float32_and_tried_again,
                empty_root),
        cmocka_unit_test_teardown(a_damaged_file_is_measured_anew, empty_root),
        cmocka_unit_test_teardown(a_foreign_file_is_measured_anew, empty_root),
        cmocka_unit_test(what_the_library_may_use_is_part_of_the_key),
        cmocka_unit_test_teardown(threads_measure_once, empty_root),
        cmocka_unit_test_teardown(processes_that_begin_together_agree,
                empty_root),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
