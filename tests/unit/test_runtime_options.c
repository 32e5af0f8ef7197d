/* Options by their names and as texts, as bindings set them. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fovea/fovea.h"

#include "base/macros.h"
#include "base/utf8.h"
#include "support/test.h"

static bool
is_same(const void *a, const void *b, size_t size)
{
    return memcmp(a, b, size) == 0;
}

/* A value that any number of its kind takes. */
static const char *
number_of(const struct fovea_option *option)
{
    static char text[32];
    (void)snprintf(text, sizeof text, "%llu",
            option->min > 2 ? (unsigned long long)option->min : 2ULL);
    return text;
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
        const char *const samples[] = {
            [FOVEA_OPTION_KIND_NUMBER] = number_of(option),
            [FOVEA_OPTION_KIND_BYTES] = "2M",
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

static bool
is_one_line(const char *message)
{
    char line[FOVEA_ERROR_MESSAGE_SIZE];
    memcpy(line, message, sizeof line);
    fovea_utf8_make_line(line);
    return strcmp(line, message) == 0;
}

/* Nothing of them is written, or it is and the library opens with it; and what
   is said of them is a line that has its end. */
static void
texts_of_any_kind_are_survived(void **state)
{
    (void)state;
    char digits[301];
    char letters[302];
    memset(digits, '9', sizeof digits - 1);
    digits[sizeof digits - 1] = '\0';
    letters[0] = 'x';
    for (size_t i = 1; i < sizeof letters - 1; i += 2) {
        memcpy(letters + i, "\xc3\xa9", 2);
    }
    letters[sizeof letters - 1] = '\0';
    const char *const values[] = { "", " ", " 4", "4 ", "-1", "+4", "1e999",
        "1e3", "5mm", "0x10", "nan", "0", "18446744073709551616", "%", "0%",
        "101%", "1.5.5", ".5", "9999999999h", "0.0000000001", "4KK", "YES",
        "%n%s", "a\nb", "4\n", "\x1b[2J", "\xff\xfe", digits, letters };
    struct fovea_error error;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(values); i++) {
        const struct fovea_option *option;
        for (size_t k = 0; (option = fovea_option_describe(k)); k++) {
            struct fovea_options options = FOVEA_OPTIONS_INIT;
            const struct fovea_options before = options;
            if (!fovea_options_set(&options, option->name, values[i], &error)) {
                continue;
            }
            assert_true(is_same(&options, &before, sizeof options));
            assert_int_equal(error.code, FOVEA_ERR_ARGUMENT);
            if (strncmp(error.message, option->name, strlen(option->name)) !=
                            0 ||
                    !is_one_line(error.message)) {
                fail_msg("%s", error.message);
            }
            /* The range is there, however long the text is. */
            assert_true(strlen(error.message) < sizeof error.message - 1);
        }
        struct fovea_options options = FOVEA_OPTIONS_INIT;
        assert_fails(fovea_options_set(&options, values[i], "4", &error),
                &error, FOVEA_ERR_ARGUMENT, "fovea_option_describe()");
        assert_true(is_one_line(error.message));
    }
    assert_null(fovea_option_describe(SIZE_MAX));
}

/* Of every option, by a struct of every size, at the end of what may be
   written. */
static void
nothing_is_written_behind_a_struct(void **state)
{
    (void)state;
    struct fovea_error error;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(pages, MAP_FAILED);
    assert_int_equal(mprotect(pages + page, page, PROT_NONE), 0);
    static const char *const samples[] = {
        [FOVEA_OPTION_KIND_BYTES] = "2M",
        [FOVEA_OPTION_KIND_PIXELS] = "2K",
        [FOVEA_OPTION_KIND_TIME] = "2ms",
        [FOVEA_OPTION_KIND_TEXT] = "two",
        [FOVEA_OPTION_KIND_SWITCH] = "true",
        [FOVEA_OPTION_KIND_MEMORY] = "2G",
    };
    for (size_t size = sizeof(size_t); size <= sizeof(struct fovea_options);
            size += sizeof(size_t)) {
        void *begin = pages + page - size;
        struct fovea_options *options = begin;
        memset(options, 0, size);
        options->struct_size = size;
        const struct fovea_option *option;
        size_t n_behind = 0;
        for (size_t i = 0; (option = fovea_option_describe(i)); i++) {
            enum fovea_status status = fovea_options_set(options, option->name,
                    option->kind == FOVEA_OPTION_KIND_CHOICE ? option->words[1]
                            : option->kind == FOVEA_OPTION_KIND_NUMBER
                            ? number_of(option)
                            : samples[option->kind],
                    &error);
            n_behind += status == FOVEA_ERR_ARGUMENT;
        }
        assert_int_equal(n_behind == 0,
                size >= offsetof(struct fovea_options, s3.reserved));
        struct fovea *library = NULL;
        assert_ok(fovea_open(options, &library, &error), &error);
        fovea_close(library);
    }
    (void)munmap(pages, 2 * page);
}

/* As where it was left to chance: what lies behind the struct is not read. */
static void
sizes_that_nobody_set_are_refused(void **state)
{
    (void)state;
    static const size_t sizes[] = { 0, 1, sizeof(size_t) - 1, (1 << 16) + 1,
        SIZE_MAX / 2, SIZE_MAX };
    struct fovea *library = NULL;
    struct fovea_error error;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(sizes); i++) {
        struct fovea_options options = FOVEA_OPTIONS_INIT;
        options.struct_size = sizes[i];
        assert_fails(fovea_open(&options, &library, &error), &error,
                FOVEA_ERR_ARGUMENT, "begin with FOVEA_OPTIONS_INIT");
        assert_fails(fovea_options_set(&options, "dtype", "f32", &error),
                &error, FOVEA_ERR_ARGUMENT, "begin with FOVEA_OPTIONS_INIT");
        assert_int_equal(options.dtype, FOVEA_DTYPE_AUTO);
        assert_ok(fovea_open(NULL, &library, &error), &error);
        size_t *members[3];
        struct fovea_pool_stats stats;
        members[0] = &stats.struct_size;
        members[1] = &stats.model_size;
        members[2] = &stats.worker_size;
        for (size_t k = 0; k < FOVEA_ARRAY_LEN(members); k++) {
            stats = (struct fovea_pool_stats)FOVEA_POOL_STATS_INIT;
            *members[k] = sizes[i];
            assert_fails(fovea_pool_stats(library, &stats, &error), &error,
                    FOVEA_ERR_ARGUMENT, "begin with FOVEA_POOL_STATS_INIT");
        }
        fovea_close(library);
    }
}

static void
nothing_is_said_of_nothing(void **state)
{
    (void)state;
    assert_null(fovea_model_describe(NULL));
    assert_int_equal(fovea_embedding_dimension(NULL), 0);
    assert_int_equal(fovea_model_window(NULL), 0);
    char digest[FOVEA_WEIGHTS_DIGEST_SIZE];
    assert_int_equal(fovea_model_weights_digest(NULL, digest, NULL),
            FOVEA_ERR_ARGUMENT);
    assert_int_equal(fovea_stream_fd(NULL), -1);
    assert_int_equal(fovea_pool_total_memory_mb(NULL), 0);
    assert_false(fovea_pool_has_workers(NULL));
    assert_int_equal(fovea_histogram_quantile_ns(NULL, 0.5), 0);
    fovea_stream_cancel(NULL);
    fovea_stream_close(NULL);
    fovea_cancel(NULL, 1);
    fovea_model_close(NULL);
    fovea_close(NULL);
    fovea_pool_stats_finish(NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_option_is_described_and_set),
        cmocka_unit_test(values_are_those_of_flags),
        cmocka_unit_test(mistakes_are_explained),
        cmocka_unit_test(texts_of_any_kind_are_survived),
        cmocka_unit_test(nothing_is_written_behind_a_struct),
        cmocka_unit_test(sizes_that_nobody_set_are_refused),
        cmocka_unit_test(nothing_is_said_of_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
