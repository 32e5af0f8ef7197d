/* Flags of the command: every form that works, every mistake's message; and what
   variables of the environment do where a flag is not given. */
#include "fovea/fovea.h"

#include "base/macros.h"
#include "cli/args.h"
#include "support/test.h"

static const char *const colours[] = { "red", "green", NULL };

struct values {
    bool raw;
    const char *model;
    uint64_t n_batch;
    uint64_t max_bytes;
    uint64_t colour;
    int64_t wait_ns;
    char copies[16][64]; /* of what is parsed; the words point there */
    const char *words[16];
    size_t n_words;
};

#define KIND(kind_) .kind = FOVEA_OPTION_KIND_##kind_

static const struct fovea_option_row rows[] = {
    { .option = { .flag = "raw", .environment = "FOVEA_RAW", KIND(SWITCH) },
            .scope = FOVEA_SCOPE_ARGUMENT,
            .letter = 'r' },
    { .option = { .flag = "model", KIND(TEXT) },
            .scope = FOVEA_SCOPE_ARGUMENT,
            .letter = 'm' },
    { .option = { .flag = "batch",
              .environment = "FOVEA_BATCH",
              KIND(NUMBER),
              .initial = "9",
              .min = 1,
              .max = 256 },
            .scope = FOVEA_SCOPE_ARGUMENT },
    { .option = { .flag = "max-bytes",
              KIND(BYTES),
              .initial = "1K",
              .min = 1,
              .max = UINT64_MAX },
            .scope = FOVEA_SCOPE_LIBRARY },
    { .option = { .flag = "colour", KIND(CHOICE), .words = colours },
            .scope = FOVEA_SCOPE_ARGUMENT },
    { .option = { .flag = "wait", .environment = "FOVEA_WAIT", KIND(TIME) },
            .scope = FOVEA_SCOPE_ARGUMENT },
};

static enum fovea_status
parse(struct values *values, const char *const *words,
        struct fovea_error *error)
{
#define FLAG(index, member)                            \
    {                                                  \
        .row = &rows[index], .value = &values->member, \
        .size = sizeof values->member                  \
    }
    struct fovea_flag flags[] = { FLAG(0, raw), FLAG(1, model),
        FLAG(2, n_batch), FLAG(3, max_bytes), FLAG(4, colour),
        FLAG(5, wait_ns) };
#undef FLAG
    char *argv[16];
    int argc = 0;
    for (; words[argc]; argc++) {
        argv[argc] = values->copies[argc];
        (void)snprintf(argv[argc], sizeof values->copies[argc], "%s",
                words[argc]);
    }
    return fovea_args_parse(flags, FOVEA_ARRAY_LEN(flags), argc, argv,
            values->words, &values->n_words, error);
}

#define ARGV(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void
all_forms_of_flags_work(void **state)
{
    (void)state;
    struct fovea_error error;
    struct values values = { 0 };
    assert_ok(parse(&values,
                      ARGV("a", "--model", "-x", "--batch=7", "-", "-r",
                              "--colour", "green", "--", "--raw", "-r"),
                      &error),
            &error);
    assert_string_equal(values.model, "-x");
    assert_int_equal(values.n_batch, 7);
    assert_true(values.raw);
    assert_int_equal(values.colour, 1);
    assert_int_equal(values.n_words, 4);
    assert_string_equal(values.words[0], "a");
    assert_string_equal(values.words[1], "-");
    assert_string_equal(values.words[2], "--raw");
    assert_string_equal(values.words[3], "-r");
    assert_ok(parse(&values, ARGV("-mM", "-m", "N", "--model=O=P"), &error),
            &error);
    assert_string_equal(values.model, "O=P");
}

static void
words_of_flags_keep_their_places(void **state)
{
    (void)state;
    struct fovea_error error;
    static const struct fovea_option_row text = {
        .option = { .flag = "text", KIND(TEXTS) },
        .scope = FOVEA_SCOPE_ARGUMENT,
    };
    bool raw = false;
    struct fovea_flag flags[] = { { .row = &text },
        { .row = &rows[0], .value = &raw, .size = sizeof raw } };
    char copies[8][16] = { "a", "--text", "-r", "--text=", "-", "--", "--text",
        "" };
    char *argv[8];
    struct fovea_arg_word words[8];
    size_t n = 0;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(argv); i++) {
        argv[i] = copies[i];
    }
    assert_ok(fovea_args_parse_ordered(flags, 2, FOVEA_ARRAY_LEN(argv), argv,
                      words, &n, &error),
            &error);
    static const char *const expected[] = { "a", "-r", "", "-", "--text", "" };
    assert_int_equal(n, FOVEA_ARRAY_LEN(expected));
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(words[i].word, expected[i]);
        assert_ptr_equal(words[i].row, i == 1 || i == 2 ? &text : NULL);
    }
    assert_false(raw);
    assert_int_equal(flags[0].given, FOVEA_GIVEN_BY_FLAG);
    argv[0] = copies[1];
    assert_fails(fovea_args_parse_ordered(flags, 2, 1, argv, words, &n, &error),
            &error, FOVEA_ERR_ARGUMENT, "--text needs a value");
}

static void
sizes_take_suffixes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t bytes;
    } cases[] = {
        { "17", 17 },
        { "2k", 2048 },
        { "3M", 3 << 20 },
        { "5G", UINT64_C(5) << 30 },
        { "18446744073709551615", UINT64_MAX },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        struct fovea_error error;
        struct values values = { 0 };
        char flag[64];
        (void)snprintf(flag, sizeof flag, "--max-bytes=%s", cases[i].text);
        assert_ok(parse(&values, ARGV(flag), &error), &error);
        assert_true(values.max_bytes == cases[i].bytes);
    }
}

static void
mistakes_are_explained(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        const char *message;
    } cases[] = {
        { "--bacth=2", "did you mean --batch?" },
        { "--modle", "unknown flag --modle; did you mean --model?" },
        { "--quantum-entanglement", "goes behind --" },
        { "-x", "unknown flag -x" },
        { "-rr", "unknown flag -rr" },
        { "--raw=1", "--raw takes no value" },
        { "--batch", "--batch needs a value" },
        { "--model=", "--model needs a value" },
        { "--batch=0", "\"0\" is not a whole number from 1 to 256" },
        { "--batch=257", "1 to 256" },
        { "--batch=-1", "1 to 256" },
        { "--batch=1K", "\"1K\"" },
        { "--batch=", "\"\"" },
        { "--max-bytes=K", "may follow" },
        { "--max-bytes=1KB", "may follow" },
        { "--max-bytes=1T", "may follow" },
        { "--max-bytes=18446744073709551616", "18446744073709551615" },
        { "--max-bytes=99999999999G", "may follow" },
        { "--colour=blue", "\"blue\" is none of red, green" },
        { "--wait=0", "\"0\" is not a time" },
        { "--wait=", "is not a time" },
        { "--wait=.5", "is not a time" },
        { "--wait=-1", "is not a time" },
        { "--wait=1.2.3", "is not a time" },
        { "--wait=5d", "ms, s, m or h" },
        { "--wait=s", "is not a time" },
        { "--wait=10000000000", "is not a time" },
        { "--wait=9999999999999999999", "is not a time" },
        { "--wait=forever", "or never" },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        struct fovea_error error;
        struct values values = { 0 };
        assert_fails(parse(&values, ARGV("a", cases[i].word), &error), &error,
                FOVEA_ERR_ARGUMENT, cases[i].message);
    }
}

static void
times_have_units(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t time_ns;
    } cases[] = {
        { "1", 1000000000 },
        { "0.25", 250000000 },
        { "1.", 1000000000 },
        { "1.0000000019", 1000000001 },
        { "20ms", 20000000 },
        { "0.5ms", 500000 },
        { "3s", 3000000000 },
        { "1.5m", 90000000000 },
        { "2h", 7200000000000 },
        { "9000000000", 9000000000000000000 },
        { "never", FOVEA_NEVER },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        struct fovea_error error;
        struct values values = { 0 };
        assert_ok(parse(&values, ARGV("--wait", cases[i].text), &error),
                &error);
        assert_int_equal(values.wait_ns, cases[i].time_ns);
    }
}

static void
set_variable(const char *name, const char *value)
{
    /* One thread. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    assert_int_equal(value ? setenv(name, value, 1) : unsetenv(name), 0);
}

static void
flags_go_before_variables_before_defaults(void **state)
{
    (void)state;
    struct fovea_error error;
    struct values values = { 0 };
    assert_ok(parse(&values, ARGV("a"), &error), &error);
    assert_int_equal(values.n_batch, 9);
    assert_int_equal(values.max_bytes, 0); /* the library's to know */
    set_variable("FOVEA_BATCH", "");
    values = (struct values){ 0 };
    assert_ok(parse(&values, ARGV("a"), &error), &error);
    assert_int_equal(values.n_batch, 9);
    set_variable("FOVEA_BATCH", "5");
    set_variable("FOVEA_RAW", "yes");
    set_variable("FOVEA_WAIT", "2m");
    values = (struct values){ 0 };
    assert_ok(parse(&values, ARGV("a"), &error), &error);
    assert_int_equal(values.n_batch, 5);
    assert_true(values.raw);
    assert_int_equal(values.wait_ns, 120000000000);
    assert_ok(parse(&values, ARGV("a", "--batch=6"), &error), &error);
    assert_int_equal(values.n_batch, 6);
    /* One that a flag goes before is not looked at. */
    set_variable("FOVEA_BATCH", "many");
    assert_ok(parse(&values, ARGV("a", "--batch=6"), &error), &error);
    assert_fails(parse(&values, ARGV("a"), &error), &error, FOVEA_ERR_ARGUMENT,
            "FOVEA_BATCH: \"many\" is not a whole number from 1 to 256");
    set_variable("FOVEA_BATCH", NULL);
    set_variable("FOVEA_RAW", "maybe");
    assert_fails(parse(&values, ARGV("a"), &error), &error, FOVEA_ERR_ARGUMENT,
            "FOVEA_RAW: \"maybe\" is none of no, yes");
    set_variable("FOVEA_RAW", "0");
    values = (struct values){ 0 };
    assert_ok(parse(&values, ARGV("a"), &error), &error);
    assert_false(values.raw);
    set_variable("FOVEA_RAW", NULL);
    set_variable("FOVEA_WAIT", NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_forms_of_flags_work),
        cmocka_unit_test(words_of_flags_keep_their_places),
        cmocka_unit_test(sizes_take_suffixes),
        cmocka_unit_test(times_have_units),
        cmocka_unit_test(mistakes_are_explained),
        cmocka_unit_test(flags_go_before_variables_before_defaults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
