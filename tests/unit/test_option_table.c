/* The table of options: it agrees with itself, with the public headers, and with
   what messages call limits. */
#include <ctype.h>
#include <string.h>

#include "base/macros.h"
#include "option/limits.h"
#include "option/members.h"
#include "option/value.h"
#include "support/test.h"

static void
messages_end_alike(void **state)
{
    (void)state;
    assert_string_equal(fovea_limit_by(FOVEA_OPTION_PIXELS),
            "(--max-pixels, fovea_limits.max_pixels)");
    assert_string_equal(fovea_limit_by(FOVEA_OPTION_REDIRECTS),
            "(--max-redirects, fovea_url_options.max_redirects)");
    assert_string_equal(fovea_limit_by(FOVEA_OPTION_MEMORY),
            "(--memory-limit, fovea_options.memory_limit_bytes)");
    assert_string_equal(fovea_limit_by(FOVEA_OPTION_BODY), "(--max-body)");
    assert_string_equal(fovea_limit_by(FOVEA_OPTION_DRAIN),
            "(fovea_options.drain_ns)");
}

/* FOVEA_ and the flag in capitals. */
static bool
is_variable_of(const char *variable, const char *flag)
{
    const char *at = variable + strlen("FOVEA_");
    for (; *flag && *at; flag++, at++) {
        if (*at != (*flag == '-' ? '_' : toupper((unsigned char)*flag))) {
            return false;
        }
    }
    return strncmp(variable, "FOVEA_", strlen("FOVEA_")) == 0 && !*flag && !*at;
}

static void
rows_agree_with_themselves(void **state)
{
    (void)state;
    for (size_t k = 0; k < FOVEA_N_OPTIONS; k++) {
        const struct fovea_option_row *row = &fovea_option_rows[k];
        const struct fovea_option *option = &row->option;
        const char *name = option->flag ? option->flag : option->name;
        bool takes_value = option->kind != FOVEA_OPTION_KIND_SWITCH;
        bool has_words = option->kind == FOVEA_OPTION_KIND_CHOICE;
        if ((option->flag && (row->argument != NULL) != takes_value) ||
                (option->words != NULL) != has_words ||
                (option->flag == NULL) != (row->commands == 0) ||
                (row->scope == FOVEA_SCOPE_LIBRARY) != (option->name != NULL)) {
            fail_msg("the row of %s", name);
        }
        if (option->flag && option->environment &&
                !is_variable_of(option->environment, option->flag)) {
            fail_msg("%s is no variable of --%s", option->environment, name);
        }
        if (row->scope != FOVEA_SCOPE_ARGUMENT && option->flag &&
                !option->environment) {
            fail_msg("--%s has no variable", name);
        }
        for (size_t i = 0; has_words && option->words[i]; i++) {
            if (strcmp(option->words[i], "default") != 0 &&
                    !strstr(option->help, option->words[i]) &&
                    option->help[strlen(option->help) - 1] != ':') {
                fail_msg("--%s does not say %s", name, option->words[i]);
            }
        }
        if (*option->status) {
            bool is_known = false;
#define X(id, value, code, ...) is_known |= strcmp(code, option->status) == 0;
#include "fovea/status.def"
#undef X
            if (!is_known) {
                fail_msg("%s is no status", option->status);
            }
        }
    }
}

/* No command has a flag twice, long or short. */
static void
flags_of_a_command_are_distinct(void **state)
{
    (void)state;
    for (size_t i = 0; i < FOVEA_N_OPTIONS; i++) {
        const struct fovea_option_row *row = &fovea_option_rows[i];
        for (size_t j = 0; j < FOVEA_N_OPTIONS; j++) {
            const struct fovea_option_row *other = &fovea_option_rows[j];
            if (row != other && (row->commands & other->commands) &&
                    (strcmp(row->option.flag, other->option.flag) == 0 ||
                            (row->letter && row->letter == other->letter))) {
                fail_msg("--%s and --%s", row->option.flag, other->option.flag);
            }
        }
    }
}

static void
defaults_of_the_table_are_those_of_the_headers(void **state)
{
    (void)state;
    struct fovea_options options = FOVEA_OPTIONS_INIT;
    struct fovea_error error;
    assert_ok(fovea_options_fill(&options, &error), &error);
    assert_int_equal(options.max_batch, FOVEA_DEFAULT_BATCH);
    assert_int_equal(options.max_queue, FOVEA_DEFAULT_QUEUE);
    assert_int_equal(options.memory_limit_pct, 80);
    assert_int_equal(options.memory_limit_bytes, 0);
    assert_int_equal(options.n_threads, 1);
    assert_int_equal(options.idle_ns, 300000000000);
    assert_int_equal(options.deadline_ns, 300000000000);
    assert_int_equal(options.image_ns, 30000000000);
    assert_int_equal(options.load_ns, 120000000000);
    assert_int_equal(options.drain_ns, 5000000000);
    assert_int_equal(options.recycle_after, 10000);
    assert_true(options.max_cache_bytes == UINT64_C(8) << 30);
    assert_int_equal(options.url.connect_ns, 10000000000);
    assert_int_equal(options.url.total_ns, 60000000000);
    assert_int_equal(options.url.max_redirects, 5);
    assert_int_equal(options.url.max_connections, 32);
    assert_int_equal(options.url.max_per_host, 6);
    assert_int_equal(options.url.max_tries, 3);
    const struct fovea_limits limits = { 0 };
    const struct fovea_limits all = fovea_limits_resolve(&limits);
    assert_true(all.max_bytes == FOVEA_DEFAULT_MAX_BYTES);
    assert_true(all.max_pixels == FOVEA_DEFAULT_MAX_PIXELS);
    assert_true(all.max_side_px == FOVEA_DEFAULT_MAX_SIDE_PX);
    assert_true(all.max_decode_bytes == FOVEA_DEFAULT_MAX_DECODE_BYTES);
    assert_true(all.max_decode_work == FOVEA_DEFAULT_MAX_DECODE_WORK);
    assert_memory_equal(&all, &options.limits, sizeof all);
    options.drain_ns = -1;
    assert_ok(fovea_options_fill(&options, &error), &error);
    assert_int_equal(options.drain_ns, 0);
    /* The share has its default beside a limit in bytes. */
    options = (struct fovea_options)FOVEA_OPTIONS_INIT;
    options.memory_limit_bytes = 12345;
    assert_ok(fovea_options_fill(&options, &error), &error);
    assert_int_equal(options.memory_limit_pct, 80);
    assert_int_equal(options.memory_limit_bytes, 12345);
}

/* Whatever a row says its default is, its flag would take. */
static void
defaults_are_values(void **state)
{
    (void)state;
    for (size_t k = 0; k < FOVEA_N_OPTIONS; k++) {
        const struct fovea_option_row *row = &fovea_option_rows[k];
        struct fovea_options options = FOVEA_OPTIONS_INIT;
        uint64_t other = 0;
        bool is_ours = row->scope == FOVEA_SCOPE_LIBRARY;
        fovea_value_default(row,
                is_ours ? (char *)&options + row->offset : (char *)&other,
                is_ours ? row->size : sizeof other);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_end_alike),
        cmocka_unit_test(rows_agree_with_themselves),
        cmocka_unit_test(flags_of_a_command_are_distinct),
        cmocka_unit_test(defaults_of_the_table_are_those_of_the_headers),
        cmocka_unit_test(defaults_are_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
