/* From flags to the library's options. */
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "cli/option_flags.h"
#include "support/test.h"
#include "sys/cpu.h"

static enum fovea_status
apply(const char *first, const char *second, struct fovea_options *options,
        struct fovea_error *error)
{
    struct fovea_flag flags[FOVEA_N_OPTIONS];
    static char words[2][64]; /* the options have pieces of them */
    char *argv[2] = { words[0], words[1] };
    const char *left[2];
    size_t n_left = 0;
    (void)snprintf(words[0], sizeof words[0], "%s", first);
    (void)snprintf(words[1], sizeof words[1], "%s", second ? second : "");
    *options = (struct fovea_options)FOVEA_OPTIONS_INIT;
    size_t n = fovea_option_flags(options, FOVEA_COMMAND_EMBED, flags);
    return fovea_args_parse(flags, n, second ? 2 : 1, argv, left, &n_left,
            error);
}

/* A value that the option takes, and that is not its default. */
static const char *
sample_of(const struct fovea_option_row *row)
{
    static char text[32];
    const struct fovea_option *option = &row->option;
    (void)snprintf(text, sizeof text, "%llu",
            option->min > 2 ? (unsigned long long)option->min : 2ULL);
    return option->words ? option->words[1] : text;
}

/* Of each row, and no other member. */
static void
every_flag_reaches_its_option(void **state)
{
    (void)state;
    const struct fovea_options untouched = FOVEA_OPTIONS_INIT;
    struct fovea_options options;
    struct fovea_error error;
    size_t n = 0;
    for (size_t i = 0; i < FOVEA_N_OPTIONS; i++) {
        const struct fovea_option_row *row = &fovea_option_rows[i];
        char word[64];
        if (row->scope != FOVEA_SCOPE_LIBRARY ||
                !(row->commands >> FOVEA_COMMAND_EMBED & 1)) {
            continue;
        }
        bool is_switch = row->option.kind == FOVEA_OPTION_KIND_SWITCH;
        (void)snprintf(word, sizeof word, "--%s%s%s", row->option.flag,
                is_switch ? "" : "=", is_switch ? "" : sample_of(row));
        assert_ok(apply(word, NULL, &options, &error), &error);
        const char *member = (const char *)&options + row->offset;
        if (memcmp(member, (const char *)&untouched + row->offset, row->size) ==
                0) {
            fail_msg("%s sets nothing", word);
        }
        if (row->option.kind == FOVEA_OPTION_KIND_MEMORY) {
            options.memory_limit_bytes = 0;
        }
        memset((char *)&options + row->offset, 0, row->size);
        assert_memory_equal(&options, &untouched, sizeof options);
        n++;
    }
    assert_true(n > 20);
}

static enum fovea_status
apply_variable(enum fovea_command_id command, const char *name,
        const char *value, struct fovea_options *options,
        struct fovea_error *error)
{
    struct fovea_flag flags[FOVEA_N_OPTIONS];
    const char *left[1];
    size_t n_left = 0;
    *options = (struct fovea_options)FOVEA_OPTIONS_INIT;
    size_t n = fovea_option_flags(options, command, flags);
    assert_int_equal(setenv(name, value, 1), 0);
    enum fovea_status status =
            fovea_args_parse(flags, n, 0, NULL, left, &n_left, error);
    assert_int_equal(unsetenv(name), 0);
    return status;
}

/* Of each row, for every command that has its flag; an empty one is none, and
   one that is wrong is named. */
static void
every_variable_reaches_its_option(void **state)
{
    (void)state;
    const struct fovea_options untouched = FOVEA_OPTIONS_INIT;
    struct fovea_options options;
    struct fovea_error error;
    size_t n = 0;
    for (size_t i = 0; i < (size_t)FOVEA_N_OPTIONS * FOVEA_N_COMMANDS; i++) {
        const struct fovea_option_row *row =
                &fovea_option_rows[i / FOVEA_N_COMMANDS];
        enum fovea_command_id command =
                (enum fovea_command_id)(i % FOVEA_N_COMMANDS);
        const char *name = row->option.environment;
        if (row->scope != FOVEA_SCOPE_LIBRARY ||
                !(row->commands >> command & 1)) {
            continue;
        }
        bool is_switch = row->option.kind == FOVEA_OPTION_KIND_SWITCH;
        assert_ok(apply_variable(command, name,
                          is_switch ? "yes" : sample_of(row), &options, &error),
                &error);
        const char *member = (const char *)&options + row->offset;
        if (memcmp(member, (const char *)&untouched + row->offset, row->size) ==
                0) {
            fail_msg("%s sets nothing", name);
        }
        assert_ok(apply_variable(command, name, "", &options, &error), &error);
        assert_memory_equal(&options, &untouched, sizeof options);
        if (row->option.kind != FOVEA_OPTION_KIND_TEXT) {
            assert_fails(apply_variable(command, name, "?", &options, &error),
                    &error, FOVEA_ERR_ARGUMENT, name);
            assert_memory_equal(&options, &untouched, sizeof options);
        }
        n++;
    }
    assert_true(n > 80);
}

static void
flags_are_read_as_they_are_meant(void **state)
{
    (void)state;
    struct fovea_options options;
    struct fovea_error error;
    const struct {
        const char *flag;
        const void *field;
        uint64_t value;
        size_t size;
    } cases[] = {
#define FIELD(name, flag, value) \
    { flag, &options.name, value, sizeof options.name }
        FIELD(max_batch, "--batch=3", 3),
        FIELD(max_workers, "--workers=5", 5),
        FIELD(n_threads, "--threads=1", 1),
        FIELD(max_queue, "--max-queue=7", 7),
        FIELD(deadline_ns, "--deadline=2", 2000000000),
        FIELD(image_ns, "--image-time=3s", 3000000000),
        FIELD(load_ns, "--load-time=4", 4000000000),
        FIELD(idle_ns, "--idle=never", INT64_MAX),
        FIELD(recycle_after, "--recycle=9", 9),
        FIELD(max_cache_bytes, "--max-cache=1G", 1073741824),
        FIELD(sandbox, "--sandbox=off", FOVEA_SANDBOX_OFF),
        FIELD(url.connect_ns, "--connect-time=1", 1000000000),
        FIELD(url.total_ns, "--fetch-time=1m", 60000000000),
        FIELD(url.max_redirects, "--max-redirects=2", 2),
        FIELD(url.max_tries, "--fetch-tries=4", 4),
        FIELD(url.allow_private, "--allow-private-urls", true),
        FIELD(limits.max_bytes, "--max-bytes=1K", 1024),
        FIELD(limits.max_pixels, "--max-pixels=1K", 1000),
        FIELD(limits.max_side_px, "--max-side=11", 11),
        FIELD(limits.damaged, "--damaged=accept", FOVEA_DAMAGED_ACCEPT),
        FIELD(limits.damaged, "--damaged=refuse", FOVEA_DAMAGED_REFUSE),
        FIELD(limits.max_text_bytes, "--max-text-bytes=2K", 2048),
        FIELD(limits.truncate, "--truncate=refuse", FOVEA_TRUNCATE_REFUSE),
        FIELD(limits.truncate, "--truncate=cut", FOVEA_TRUNCATE_CUT),
        FIELD(dtype, "--dtype=bf16", FOVEA_DTYPE_BF16),
        FIELD(dtype, "--dtype=int8", FOVEA_DTYPE_INT8),
        FIELD(pixels, "--pixels=torchvision", FOVEA_PIXELS_TORCHVISION),
        FIELD(url.max_connections, "--fetch-connections=7", 7),
        FIELD(url.max_per_host, "--fetch-per-host=3", 3),
        FIELD(limits.max_decode_bytes, "--max-image-memory=1M", 1048576),
        FIELD(limits.max_decode_work, "--max-image-work=1M", 1000000),
        FIELD(memory_limit_pct, "--memory-limit=50%", 50),
        FIELD(memory_limit_bytes, "--memory-limit=4G", UINT64_C(4) << 30),
#undef FIELD
    };
    assert_ok(apply("--user-agent=a (b)", NULL, &options, &error), &error);
    assert_string_equal(options.url.user_agent, "a (b)");
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        assert_ok(apply(cases[i].flag, NULL, &options, &error), &error);
        uint64_t value = 0;
        memcpy(&value, cases[i].field, cases[i].size);
        assert_int_equal(value, cases[i].value);
    }
}

static void
bytes_take_the_place_of_the_share(void **state)
{
    (void)state;
    struct fovea_options options;
    struct fovea_error error;
    assert_ok(apply("--memory-limit=1M", NULL, &options, &error), &error);
    assert_int_equal(options.memory_limit_pct, 100);
    assert_int_equal(options.memory_limit_bytes, 1 << 20);
    assert_ok(apply("--memory-limit=1M", "--memory-limit=7%", &options, &error),
            &error);
    assert_int_equal(options.memory_limit_pct, 7);
    assert_int_equal(options.memory_limit_bytes, 0);
}

static void
memory_limits_that_are_none_are_explained(void **state)
{
    (void)state;
    static const char *const bad[] = { "0%", "101%", "%", "5x%", "-5%",
        "999999999999%", "0", "4T", "x" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(bad); i++) {
        struct fovea_options options;
        struct fovea_error error;
        assert_fails(apply("--memory-limit", bad[i], &options, &error), &error,
                FOVEA_ERR_ARGUMENT, bad[i]);
    }
}

static void
threads_share_the_cpus_among_workers(void **state)
{
    (void)state;
    struct fovea_options options;
    struct fovea_error error;
    unsigned n_cpus = fovea_cpu_count();
    assert_ok(apply("--threads=2", NULL, &options, &error), &error);
    assert_ok(fovea_option_flags_resolve(&options, &error), &error);
    assert_int_equal(options.max_workers, n_cpus > 3 ? n_cpus / 2 : 1);
    assert_ok(apply("--threads=2", "--workers=6", &options, &error), &error);
    assert_ok(fovea_option_flags_resolve(&options, &error), &error);
    assert_int_equal(options.max_workers, 6);
    assert_ok(apply("--threads=1", NULL, &options, &error), &error);
    assert_ok(fovea_option_flags_resolve(&options, &error), &error);
    assert_int_equal(options.max_workers, n_cpus > 2 ? n_cpus : 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_flag_reaches_its_option),
        cmocka_unit_test(every_variable_reaches_its_option),
        cmocka_unit_test(flags_are_read_as_they_are_meant),
        cmocka_unit_test(bytes_take_the_place_of_the_share),
        cmocka_unit_test(memory_limits_that_are_none_are_explained),
        cmocka_unit_test(threads_share_the_cpus_among_workers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
