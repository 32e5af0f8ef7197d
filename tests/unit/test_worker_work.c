/* The worker's half of the table of kinds of work: every kind of the wire is
   done, and its reader makes rows of the size that it states. */
#include <fcntl.h>
#include <unistd.h>

#include "base/macros.h"
#include "option/limits.h"
#include "support/test.h"
#include "support/tokenizer.h"
#include "worker/work_kind.h"

enum {
    WIDTH_PX = 7,
    HEIGHT_PX = 5,
    ROW_BYTES = 3 * WIDTH_PX * HEIGHT_PX,
    CANARY = 0xa5
};

static struct fovea_read_options
make_options(void)
{
    static const struct fovea_limits defaults;
    return (struct fovea_read_options){
        .settings = {
            .filter = FOVEA_FILTER_BICUBIC,
            .resize = FOVEA_RESIZE_SHORTEST,
.resize_height_px = 8,
.resize_width_px = 8,
            .crop_height_px = HEIGHT_PX,
            .crop_width_px = WIDTH_PX,
        },
        .limits = fovea_limits_resolve(&defaults),
    };
}

static void
every_kind_is_done(void **state)
{
    (void)state;
    for (int i = 0; i < FOVEA_N_WORK_KINDS; i++) {
        enum fovea_work_kind kind = (enum fovea_work_kind)i;
        struct fovea_work work = fovea_work_find(kind);
        assert_ptr_equal(work.facts, fovea_work_facts(kind));
        assert_non_null(work.reader);
        assert_non_null(work.reader->load);
        assert_non_null(work.reader->row_bytes);
        assert_non_null(work.reader->read);
        assert_int_equal(work.sandbox, FOVEA_SANDBOX_RULES_CODECS);
    }
    assert_ptr_equal(fovea_work_find(FOVEA_WORK_EMBED).reader,
            &fovea_read_image);
    assert_ptr_equal(fovea_work_find(FOVEA_WORK_PIXELS).reader,
            &fovea_read_image);
    assert_ptr_equal(fovea_work_find(FOVEA_WORK_EMBED_TEXT).reader,
            &fovea_read_text);
    assert_ptr_equal(fovea_work_find(FOVEA_WORK_THUMBNAIL).reader,
            &fovea_read_thumbnail);
    assert_ptr_equal(fovea_work_find(FOVEA_WORK_TOKENS).reader,
            &fovea_read_tokens);
}

static void
an_image_fills_its_row_and_no_more(void **state)
{
    (void)state;
    const struct fovea_read_options options = make_options();
    const struct fovea_work_flags flags = { 0 };
    char path[4096];
    const char *root = getenv("FOVEA_SOURCE_ROOT");
    (void)snprintf(path, sizeof path, "%s/samples/formats/baseline.jpg",
            root ? root : ".");
    struct fovea_input input = FOVEA_INPUT_INIT;
    struct fovea_error error;
    assert_ok(fovea_input_open_file(path, &input, &error), &error);
    struct fovea_facts facts = { 0 };
    uint8_t row[ROW_BYTES + 1];
    memset(row, CANARY, sizeof row);
    assert_int_equal(fovea_read_image.row_bytes(&options), ROW_BYTES);
    assert_ok(fovea_read_image.read(&options, NULL, &flags, &input, row, &facts,
                      &error),
            &error);
    size_t n_left = 0;
    for (size_t i = 0; i < ROW_BYTES; i++) {
        n_left += row[i] == CANARY;
    }
    assert_true(n_left < ROW_BYTES / 2);
    assert_int_equal(facts.width_px, 120);
    assert_int_equal(facts.height_px, 90);
    assert_int_equal(facts.format, FOVEA_FORMAT_JPEG);
    assert_false(facts.has_taken);
    assert_int_equal(row[ROW_BYTES], CANARY);
    fovea_input_finish(&input);
}

enum {
    CONTEXT = 12
};

#define A8 "aaaaaaaa"
#define REPLACE                                                               \
    "{\"type\": \"Replace\", \"pattern\": {\"String\": \"a\"}, \"content\": " \
    "\"" A8 A8 A8 A8 A8 A8 A8 A8 "\"}"

/* A reader of texts by one of the tests' tokenizers; table_fd: -1, to compile
   it. */
static struct fovea_read_options
open_text(const char *name, bool is_causal, uint32_t end_id, int table_fd,
        int *made_out)
{
    const char *tokenizers = getenv("FOVEA_TOKENIZERS");
    char directory[4096];
    assert_non_null(tokenizers);
    (void)snprintf(directory, sizeof directory, "%s/%s", tokenizers, name);
    const struct fovea_tower tower = {
        .modality = FOVEA_MODALITY_TEXT,
        .vocabulary = 50000,
        .context = CONTEXT,
        .end_id = end_id,
        .pad_id = 77,
        .is_causal = is_causal,
    };
    const struct fovea_read_origin origin = { .directory = directory,
        .tower = &tower,
        .table_fd = table_fd };
    static const struct fovea_limits defaults;
    struct fovea_read_options options = {
        .limits = fovea_limits_resolve(&defaults),
    };
    struct fovea_error error;
    assert_ok(fovea_read_text.load(&origin, &options, made_out, &error),
            &error);
    assert_true(options.table_bytes > 0);
    assert_int_equal(fovea_read_text.row_bytes(&options),
            (1 + CONTEXT) * sizeof(uint32_t));
    return options;
}

static enum fovea_status
read_text(const struct fovea_read_options *options, const char *text,
        bool refuses_truncated, uint32_t row[1 + CONTEXT],
        struct fovea_error *err)
{
    const struct fovea_work_flags flags = {
        .refuses_truncated = refuses_truncated,
    };
    struct fovea_facts facts = { 0 };
    struct fovea_input input = FOVEA_INPUT_INIT;
    fovea_input_from_memory(text, strlen(text), &input);
    enum fovea_status status = fovea_read_text.read(options, NULL, &flags,
            &input, row, &facts, err);
    fovea_input_finish(&input);
    assert_int_equal(facts.width_px, 0);
    return status;
}

/* With what the tokenizer says, and all of it counts. */
static void
a_text_is_filled_up(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t pad_id;
    } cases[] = { { "bytefallback", 0 }, { "unigram", 1 } };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        struct fovea_error error;
        uint32_t row[1 + CONTEXT];
        uint32_t again[1 + CONTEXT];
        int made = -1;
        struct fovea_read_options options =
                open_text(cases[i].name, false, 1, -1, &made);
        assert_true(made >= 0);
        assert_ok(read_text(&options, "a cat", false, row, &error), &error);
        assert_int_equal(row[0], CONTEXT);
        assert_int_equal(row[CONTEXT], cases[i].pad_id);
        assert_int_equal(row[CONTEXT - 1], cases[i].pad_id);
        assert_int_not_equal(row[1], cases[i].pad_id);
        fovea_read_text.finish(&options);
        /* The next worker maps the table, and makes none. */
        int none = -1;
        options = open_text(cases[i].name, false, 1, made, &none);
        assert_int_equal(none, -1);
        assert_ok(read_text(&options, "a cat", false, again, &error), &error);
        assert_memory_equal(row, again, sizeof row);
        fovea_read_text.finish(&options);
        (void)close(made);
    }
}

/* Of a causal tower what is behind the end token does not count, and a text that
   is cut keeps it. */
static void
a_text_ends_with_its_end_token(void **state)
{
    (void)state;
    enum {
        START = 49406,
        END = 49407
    };
    static const char many[] = "a b c d e f g h i j k l m n o p";
    struct fovea_error error;
    uint32_t row[1 + CONTEXT];
    int made = -1;
    struct fovea_read_options options = open_text("clip", true, END, -1, &made);
    assert_ok(read_text(&options, "a cat", false, row, &error), &error);
    assert_int_equal(row[0], 4);
    assert_int_equal(row[1], START);
    assert_int_equal(row[4], END);
    assert_ok(read_text(&options, "", false, row, &error), &error);
    assert_int_equal(row[0], 2);
    assert_ok(read_text(&options, many, false, row, &error), &error);
    assert_int_equal(row[0], CONTEXT);
    assert_int_equal(row[CONTEXT], END);
    assert_int_equal(error.notes, FOVEA_NOTE_TRUNCATED);
    assert_string_equal(error.message,
            "the text has 18 tokens, of which the model takes 12");
    assert_fails(read_text(&options, many, true, row, &error), &error,
            FOVEA_ERR_TEXT_TRUNCATED, "the text has 18 tokens");
    assert_fails(read_text(&options, "\xc0\x80", false, row, &error), &error,
            FOVEA_ERR_TEXT_ENCODING, "UTF-8");
    options.limits.max_text_bytes = 4;
    assert_fails(read_text(&options, "a cat", false, row, &error), &error,
            FOVEA_ERR_TEXT_TOO_LARGE, "--max-text-bytes");
    options.limits.max_text_bytes = 5;
    options.limits.max_decode_bytes = 100;
    assert_fails(read_text(&options, "a cat", false, row, &error), &error,
            FOVEA_ERR_TEXT_TOO_LARGE, "--max-image-memory");
    options.limits.max_decode_bytes = 1 << 20;
    options.tower.vocabulary = END;
    assert_fails(read_text(&options, "a cat", false, row, &error), &error,
            FOVEA_ERR_TOKENIZER_INVALID,
            "token 49407, and the model has 49407");
    fovea_read_text.finish(&options);
    (void)close(made);
}

/* Steps that each make a text 64 times as long ask for more memory than can be
   counted; that and the text's own bytes are not few. */
static void
a_text_that_grows_without_bound_is_too_large(void **state)
{
    (void)state;
    static const char json[] = "{\"normalizer\": {\"type\": \"Sequence\", "
                               "\"normalizers\": [" REPLACE "," REPLACE
                               "," REPLACE "," REPLACE "," REPLACE "," REPLACE
                               "]}, \"model\": {\"type\": \"BPE\", \"vocab\": "
                               "{\"a\": 0}, \"merges\": []}}";
    static const struct fovea_limits defaults;
    struct fovea_error error;
    uint32_t row[1 + CONTEXT];
    struct fovea_read_options options = {
        .limits = fovea_limits_resolve(&defaults),
        .tower = { .modality = FOVEA_MODALITY_TEXT,
                .vocabulary = 1,
                .context = CONTEXT },
    };
    assert_ok(tokenizer_from_json(json, sizeof json - 1, FOVEA_TEXT_AUTO,
                      &options.tokenizer, &error),
            &error);
    assert_fails(read_text(&options, "aaaa", false, row, &error), &error,
            FOVEA_ERR_TEXT_TOO_LARGE, "--max-image-memory");
    fovea_read_text.finish(&options);
}

/* Every text would have the embedding of its first token. */
static void
an_end_that_no_text_has_is_refused(void **state)
{
    (void)state;
    static const struct {
        uint32_t end_id;
        bool ends_at_largest;
        const char *message; /* NULL: none */
    } cases[] = {
        { 49407, false, NULL },
        { 49407, true, NULL },
        { 2, true, NULL },
        { 49406, false,
                "ends a text with token 49407, and to the model token 49406" },
        { 1000000, false, "to the model token 1000000 is the end" },
    };
    char directory[4096];
    tokenizer_path("clip", directory, sizeof directory);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        const struct fovea_tower tower = {
            .modality = FOVEA_MODALITY_TEXT,
            .vocabulary = 50000,
            .context = CONTEXT,
            .end_id = cases[i].end_id,
            .ends_at_largest = cases[i].ends_at_largest,
            .is_causal = true,
        };
        const struct fovea_read_origin origin = { .directory = directory,
            .tower = &tower,
            .table_fd = -1 };
        struct fovea_read_options options = { .table_bytes = 0 };
        struct fovea_error error;
        int made = -1;
        enum fovea_status status =
                fovea_read_text.load(&origin, &options, &made, &error);
        if (cases[i].message) {
            assert_fails(status, &error, FOVEA_ERR_TOKENIZER_UNSUPPORTED,
                    cases[i].message);
            assert_int_equal(made, -1);
        } else {
            assert_ok(status, &error);
            (void)close(made);
        }
        fovea_read_text.finish(&options);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_done),
        cmocka_unit_test(an_image_fills_its_row_and_no_more),
        cmocka_unit_test(a_text_is_filled_up),
        cmocka_unit_test(a_text_ends_with_its_end_token),
        cmocka_unit_test(a_text_that_grows_without_bound_is_too_large),
        cmocka_unit_test(an_end_that_no_text_has_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
