/*
 * What AUTO means when memory fails on the way: the times are found or measured all the
 * same, or it is float32 and said why; nothing half written is found later, nothing is
 * left open.
 */
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/macros.h"
#include "pool/cache_choice.h"
#include "runtime/auto_dtype.h"
#include "support/fault.h"
#include "support/test.h"
#include "support/tree.h"

static char root[] = "/tmp/fovea-fault-auto-XXXXXX";

TREE_FIXTURE(root)

static const struct fovea_choice_shape shape = { 768, 3072, 12, 7 };

/* Takes memory of its own, as starting a worker does. */
static enum fovea_status
measure(void *context, const struct fovea_choice_shape *asked,
        struct fovea_choice_times *times_out, struct fovea_error *err)
{
    (void)context;
    FOVEA_AUTO_FREE void *buffer = malloc(64);
    if (!buffer) {
        return fovea_fail_memory(err, 64, "measuring");
    }
    *times_out = (struct fovea_choice_times){ asked->width, 1 };
    return FOVEA_OK;
}

static int
lowest_free_fd(void)
{
    int fd = dup(STDIN_FILENO);
    assert_true(fd >= 0);
    (void)close(fd);
    return fd;
}

static enum fovea_status
find_twice(const void *context, struct fovea_error *err)
{
    const int next_fd = *(const int *)context;
    char path[128];
    struct fovea_cache cache = { NULL, 0 };
    (void)snprintf(path, sizeof path, "%s/cache", root);
    (void)tree_empty(path);
    enum fovea_status status = fovea_cache_init(&cache, path, 1 << 20, err);
    for (int i = 0; i < 2 && !status; i++) {
        struct fovea_auto all;
        struct fovea_auto_answer answer;
        fovea_auto_init(&all, &cache, measure, NULL);
        fovea_auto_find(&all, &shape, &answer);
        fovea_auto_finish(&all);
        if (answer.dtype == FOVEA_DTYPE_F32) {
            assert_non_null(strstr(answer.reason, "not measured"));
            status = fovea_fail_memory(err, 64, "measuring");
        } else {
            assert_int_equal(answer.dtype, FOVEA_DTYPE_BF16);
        }
    }
    struct fovea_choice_times times;
    char key[FOVEA_CACHE_KEY_SIZE];
    fovea_cache_choice_key(&shape, key);
    if (fovea_cache_choice_read(&cache, key, &times)) {
        assert_int_equal(times.f32_ns, shape.width);
    }
    fovea_cache_finish(&cache);
    assert_int_equal(lowest_free_fd(), next_fd);
    return status;
}

static void
the_answer_is_right_or_float32(void **state)
{
    (void)state;
    const int next_fd = lowest_free_fd();
    const struct fault_rules rules = { .own_only = true };
    struct fovea_error error;
    /* libcrypto keeps what it makes when it is first used. */
    assert_ok(find_twice(&next_fd, &error), &error);
    assert_true(fault_each_allocation(find_twice, &next_fd, rules) > 5);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(the_answer_is_right_or_float32, empty_root),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
