/* Options by their names and as texts, as bindings set them. */
#include <string.h>

#include "fovea/fovea.h"

#include "base/macros.h"
#include "support/test.h"

static bool
is_same(const void *a, const void *b, size_t size)
{
    return memcmp(a, b, size) == 0;
}

static void
every_option_is_described_and_set(void **state)
{
    (void)state;
    struct fovea_error error;
    size_t n = 0;
    for (const struct fovea_option *option; (option = fovea_option_describe(n));
            n++) {
        struct fovea_options options = FOVEA_OPTIONS_INIT;
        const struct fovea_options before = options;
        static const char *const samples[] = {
            [FOVEA_OPTION_KIND_NUMBER] = "2",
            [FOVEA_OPTION_KIND_BYTES] = "2G",
            [FOVEA_OPTION_KIND_PIXELS] = "2K",
            [FOVEA_OPTION_KIND_TIME] = "2ms",
            [FOVEA_OPTION_KIND_TEXT] = "two",
            [FOVEA_OPTION_KIND_SWITCH] = "true",
            [FOVEA_OPTION_KIND_MEMORY] = "2%",
        };
        assert_int_equal(option->struct_size, sizeof *option);
        assert_non_null(option->help);
        const char *sample = option->kind == FOVEA_OPTION_KIND_CHOICE
                ? option->words[1]
                : samples[option->kind];
        if (fovea_options_set(&options, option->name, sample, &error)) {
            fail_msg("%s", error.message);
        }
        /* None is without effect. */
        if (is_same(&options, &before, sizeof options)) {
            fail_msg("%s is not set", option->name);
        }
        /* And none is refused by what it is for. */
        struct fovea *library = NULL;
        assert_ok(fovea_open(&options, &library, &error), &error);
        fovea_close(library);
    }
    assert_true(n > 30);
}

static void
values_are_those_of_flags(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_options options = FOVEA_OPTIONS_INIT;
    assert_ok(fovea_options_set(&options, "max_workers", "4", &error), &error);
    assert_ok(fovea_options_set(&options, "url.max_redirects", "7", &error),
            &error);
    assert_ok(fovea_options_set(&options, "limits.max_bytes", "1M", &error),
            &error);
    assert_ok(fovea_options_set(&options, "idle_ns", "never", &error), &error);
    assert_ok(fovea_options_set(&options, "deadline_ns", "5m", &error), &error);
    assert_ok(fovea_options_set(&options, "sandbox", "auto", &error), &error);
    assert_ok(fovea_options_set(&options, "memory_limit", "4G", &error),
            &error);
    assert_ok(fovea_options_set(&options, "url.off", "yes", &error), &error);
    assert_ok(fovea_options_set(&options, "cache_directory", "", &error),
            &error);
    assert_int_equal(options.max_workers, 4);
    assert_int_equal(options.url.max_redirects, 7);
    assert_int_equal(options.limits.max_bytes, 1 << 20);
    assert_int_equal(options.idle_ns, FOVEA_NEVER);
    assert_int_equal(options.deadline_ns, 300000000000);
    assert_int_equal(options.sandbox, FOVEA_SANDBOX_AUTO);
    assert_int_equal(options.memory_limit_pct, 100);
    assert_true(options.memory_limit_bytes == UINT64_C(4) << 30);
    assert_true(options.url.off);
    assert_string_equal(options.cache_directory, "");
}

static void
mistakes_are_explained(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *value;
        const char *message;
    } cases[] = {
        { "max_wokers", "4", "did you mean max_workers?" },
        { "redirects", "4", "fovea_option_describe()" },
        { "max_workers", "0",
                "max_workers: \"0\" is not a whole number from 1 to 256" },
        { "max_workers", "257", "from 1 to 256" },
        { "url.total_ns", "soon", "url.total_ns: \"soon\" is not a time" },
        { "memory_limit", "101%", "from 1% to 100%" },
        { "limits.damaged", "maybe", "none of refuse, accept" },
        { "url.off", "maybe", "none of no, yes, false, true, off, on, 0, 1" },
        { "url.user_agent", "", "url.user_agent needs a value" },
    };
    struct fovea_error error;
    struct fovea_options options = FOVEA_OPTIONS_INIT;
    const struct fovea_options before = options;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        assert_fails(fovea_options_set(&options, cases[i].name, cases[i].value,
                             &error),
                &error, FOVEA_ERR_ARGUMENT, cases[i].message);
        assert_memory_equal(&options, &before, sizeof options);
    }
    assert_fails(fovea_options_set(NULL, "dtype", "f32", &error), &error,
            FOVEA_ERR_ARGUMENT, "options is NULL");
    assert_fails(fovea_options_set(&options, "dtype", NULL, &error), &error,
            FOVEA_ERR_ARGUMENT, "value is NULL");
    /* A member that the caller's struct has not got is not written. */
    struct fovea_options small = {
        .struct_size = offsetof(struct fovea_options, max_queue),
    };
    assert_fails(fovea_options_set(&small, "max_queue", "4", &error), &error,
            FOVEA_ERR_ARGUMENT, "struct_size");
    assert_ok(fovea_options_set(&small, "max_workers", "4", &error), &error);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_option_is_described_and_set),
        cmocka_unit_test(values_are_those_of_flags),
        cmocka_unit_test(mistakes_are_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
