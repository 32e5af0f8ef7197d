/*
 * FOVEA_DTYPE_AUTO as programs meet it: models that are opened, with a worker that
 * measures by a table of the test's (fake.h, "measure").
 */
#include <string.h>
#include <unistd.h>

#include "fovea/fovea.h"

#include "base/macros.h"
#include "support/golden.h"
#include "support/test.h"
#include "support/tree.h"
#include "sys/cpu.h"

static char root[] = "/tmp/fovea-auto-api-XXXXXX";
static char *wide; /* a model of 768 */

TREE_FIXTURE_INSIDE(root)

struct opened {
    struct fovea *library;
    struct fovea_model *model;
    const struct fovea_model_info *info;
};

static struct opened
open_model(const char *directory, enum fovea_dtype dtype, const char *cache)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", root, cache ? cache : "");
    const struct fovea_options options = {
        .struct_size = sizeof options,
        .dtype = dtype,
        .worker_program = getenv("FOVEA_FAKE_WORKER"),
        .cache_directory = cache ? path : "",
    };
    struct opened opened;
    struct fovea_error error;
    assert_ok(fovea_open(&options, &opened.library, &error), &error);
    assert_ok(
            fovea_model_open(opened.library, directory, &opened.model, &error),
            &error);
    opened.info = fovea_model_describe(opened.model);
    return opened;
}

static void
close_model(struct opened *opened)
{
    fovea_model_close(opened->model);
    fovea_close(opened->library);
}

/* Open it, and check what it computes in and why. */
static uint64_t
check(const char *directory, enum fovea_dtype asked, const char *cache,
        enum fovea_dtype dtype, const char *reason)
{
    struct opened opened = open_model(directory, asked, cache);
    assert_int_equal(opened.info->dtype, dtype);
    assert_non_null(strstr(opened.info->dtype_reason, reason));
    const uint64_t bytes = opened.info->shared_bytes;
    close_model(&opened);
    return bytes;
}

static void
table(const char *text)
{
    assert_int_equal(tree_put(root, "/measure", text), 0);
}

static bool
has_choice(void)
{
    return fovea_cpu_level() >= FOVEA_CPU_AVX512_BF16;
}

static void
the_times_decide_once(void **state)
{
    (void)state;
    if (!has_choice()) {
        print_message("# skipped: this CPU has no bfloat16 dot products\n");
        return;
    }
    table("times 2000000 1000000");
    const uint64_t narrow = check(wide, FOVEA_DTYPE_AUTO, "cache",
            FOVEA_DTYPE_BF16, "2.00 ms in float32, 1.00 ms in bfloat16");
    /* It is known now, whatever would be measured. */
    table("times 1000000 2000000");
    assert_int_equal(check(wide, FOVEA_DTYPE_AUTO, "cache", FOVEA_DTYPE_BF16,
                             "2.00 ms in float32"),
            narrow);
    /* Another cache knows nothing. */
    const uint64_t full = check(wide, FOVEA_DTYPE_AUTO, "other",
            FOVEA_DTYPE_F32, "1.00 ms in float32, 2.00 ms in bfloat16");
    assert_true(full > narrow);
    assert_int_equal(
            check(wide, FOVEA_DTYPE_F32, "other", FOVEA_DTYPE_F32, "asked for"),
            full);
    assert_int_equal(check(wide, FOVEA_DTYPE_BF16, "other", FOVEA_DTYPE_BF16,
                             "asked for"),
            narrow);
}

static void
models_of_a_library_agree_without_a_cache(void **state)
{
    (void)state;
    if (!has_choice()) {
        print_message("# skipped: this CPU has no bfloat16 dot products\n");
        return;
    }
    table("times 2000000 1000000");
    struct opened opened = open_model(wide, FOVEA_DTYPE_AUTO, NULL);
    table("times 1000000 2000000");
    struct fovea_error error;
    struct fovea_model *again = NULL;
    assert_ok(fovea_model_open(opened.library, wide, &again, &error), &error);
    assert_int_equal(fovea_model_describe(again)->dtype, FOVEA_DTYPE_BF16);
    fovea_model_close(again);
    close_model(&opened);
    assert_int_equal(access("cache", F_OK), -1);
}

/* It computes all the same, and the next one tries again. */
static void
a_worker_that_cannot_measure_leaves_float32(void **state)
{
    (void)state;
    if (!has_choice()) {
        print_message("# skipped: this CPU has no bfloat16 dot products\n");
        return;
    }
    table("crash");
    (void)check(wide, FOVEA_DTYPE_AUTO, "cache", FOVEA_DTYPE_F32,
            "not measured: a worker that measures has ended");
    table("times 2000000 1000000");
    (void)check(wide, FOVEA_DTYPE_AUTO, "cache", FOVEA_DTYPE_BF16, "measured");
}

/* Nothing is started where there is nothing to find out. */
static void
what_is_settled_is_not_measured(void **state)
{
    (void)state;
    char quick[GOLDEN_PATH_SIZE];
    golden_path("tests/golden/models/quick", quick);
    table("crash");
    (void)check(wide, FOVEA_DTYPE_BF16, "cache", FOVEA_DTYPE_BF16, "asked for");
    (void)check(quick, FOVEA_DTYPE_AUTO, "cache", FOVEA_DTYPE_F32,
            has_choice() ? "narrow" : "no bfloat16");
    (void)setenv("ONEDNN_MAX_CPU_ISA", "AVX512_CORE", 1);
    (void)check(wide, FOVEA_DTYPE_AUTO, "cache", FOVEA_DTYPE_F32,
            "no bfloat16 dot products");
    (void)unsetenv("ONEDNN_MAX_CPU_ISA");
    assert_int_equal(access("cache", F_OK), -1);
}

int
main(int argc, char **argv)
{
    if (argc != 2) {
        (void)fprintf(stderr, "usage: %s MODEL\n", argv[0]);
        return 2;
    }
    wide = realpath(argv[1], NULL); /* which is left */
    (void)unsetenv("ONEDNN_MAX_CPU_ISA");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(the_times_decide_once, empty_root),
        cmocka_unit_test_teardown(models_of_a_library_agree_without_a_cache,
                empty_root),
        cmocka_unit_test_teardown(a_worker_that_cannot_measure_leaves_float32,
                empty_root),
        cmocka_unit_test_teardown(what_is_settled_is_not_measured, empty_root),
    };
    const int n_failed = cmocka_run_group_tests(tests, make_root, remove_root);
    free(wide);
    return n_failed;
}
