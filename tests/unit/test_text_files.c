/*
 * What is read of a tokenizer's files, and how the rest is refused: by name, with
 * the place.
 */
#include <fcntl.h>
#include <unistd.h>

#include "support/test.h"
#include "support/tokenizer.h"

#define A8 "aaaaaaaa"
#define REPLACE                                                               \
    "{\"type\": \"Replace\", \"pattern\": {\"String\": \"a\"}, \"content\": " \
    "\"" A8 A8 A8 A8 A8 A8 A8 A8 "\"}"
#define VOCAB  "\"vocab\": {\"a\": 0, \"b\": 1, \"ab\": 2, \" \": 3, \"c\": 4}"
#define MERGES "\"merges\": [\"a b\"]"
#define BPE    "\"model\": {\"type\": \"BPE\", " VOCAB ", " MERGES "}"
#define UNIGRAM                                                              \
    "\"model\": {\"type\": \"Unigram\", \"unk_id\": 0, \"vocab\": [[\"u\", " \
    "0], [\"a\", -1.5], [\"b\", -2], [\"ab\", -3]]}"

static struct fovea_tokenizer *
read_json(const char *json)
{
    struct fovea_error error;
    struct fovea_tokenizer *tokenizer = NULL;
    assert_ok(tokenizer_from_json(json, strlen(json), FOVEA_TEXT_AUTO,
                      &tokenizer, &error),
            &error);
    return tokenizer;
}

static void
check_ids(const char *json, const char *text, const char *expected)
{
    struct fovea_tokenizer *tokenizer = read_json(json);
    assert_ids(tokenizer, text, strlen(text), expected);
    fovea_tokenizer_close(tokenizer);
}

struct refusal {
    const char *json;
    const char *part; /* of the message */
};

static void
check_refusals(const struct refusal *refusals, size_t n, enum fovea_status code)
{
    for (size_t i = 0; i < n; i++) {
        struct fovea_error error;
        struct fovea_tokenizer *tokenizer = NULL;
        assert_fails(tokenizer_from_json(refusals[i].json,
                             strlen(refusals[i].json), FOVEA_TEXT_AUTO,
                             &tokenizer, &error),
                &error, code, refusals[i].part);
        assert_null(tokenizer);
    }
}

static void
test_unsupported(void **state)
{
    static const struct refusal refusals[] = {
        { "{\"normalizer\": {\"type\": \"Nmt\"}, " BPE "}", "normalizer Nmt" },
        { "{\"normalizer\": {\"type\": \"Sequence\", \"normalizers\": "
          "[{\"type\": \"NFC\"}, {\"type\": \"StripAccents\"}]}, " BPE "}",
                "normalizer StripAccents" },
        { "{\"normalizer\": {\"type\": \"Sequence\", \"normalizers\": "
          "[{\"type\": \"Sequence\", \"normalizers\": []}]}, " BPE "}",
                "normalizer Sequence" },
        { "{\"normalizer\": {\"type\": \"Replace\", \"pattern\": {\"Regex\": "
          "\"a|b\"}, \"content\": \"\"}, " BPE "}",
                "regular expression \"a|b\"" },
        { "{\"normalizer\": {\"type\": \"Replace\", \"pattern\": {\"Regex\": "
          "\"[^a]\"}, \"content\": \"\"}, " BPE "}",
                "regular expression \"[^a]\"" },
        { "{\"normalizer\": {\"type\": \"Replace\", \"pattern\": {\"Regex\": "
          "\"[a&&b]\"}, \"content\": \"\"}, " BPE "}",
                "regular expression" },
        { "{\"normalizer\": {\"type\": \"Replace\", \"pattern\": {\"Regex\": "
          "\"\\\\d+\"}, \"content\": \"\"}, " BPE "}",
                "regular expression" },
        { "{\"pre_tokenizer\": {\"type\": \"Digits\"}, " BPE "}",
                "pre_tokenizer Digits" },
        { "{\"pre_tokenizer\": {\"type\": \"ByteLevel\"}, " BPE "}",
                "add_prefix_space" },
        { "{\"pre_tokenizer\": {\"type\": \"Metaspace\", \"replacement\": "
          "\"_\", \"prepend_scheme\": \"first\"}, " BPE "}",
                "prepend_scheme \"first\"" },
        { "{\"pre_tokenizer\": {\"type\": \"Sequence\", \"pretokenizers\": "
          "[{\"type\": \"ByteLevel\", \"add_prefix_space\": false}, "
          "{\"type\": \"WhitespaceSplit\"}]}, " BPE "}",
                "WhitespaceSplit behind ByteLevel" },
        { "{\"pre_tokenizer\": {\"type\": \"Split\", \"pattern\": "
          "{\"String\": \"a\"}, \"behavior\": \"Odd\"}, " BPE "}",
                "behavior \"Odd\"" },
        { "{\"model\": {\"type\": \"WordPiece\", " VOCAB "}}",
                "model WordPiece" },
        { "{\"model\": {" VOCAB "}}", "model WordPiece" },
        { "{\"model\": {\"dropout\": 0.1, " VOCAB ", " MERGES "}}", "dropout" },
        { "{\"model\": {\"ignore_merges\": true, " VOCAB ", " MERGES "}}",
                "ignore_merges" },
        { "{\"model\": {\"continuing_subword_prefix\": \"##\", " VOCAB
          ", " MERGES "}}",
                "continuing_subword_prefix" },
        { "{\"model\": {\"type\": \"Unigram\", \"vocab\": [[\"a\", 0]]}}",
                "without unk_id" },
        { "{\"post_processor\": {\"type\": \"Odd\"}, " BPE "}",
                "post_processor Odd" },
        { "{\"post_processor\": {\"type\": \"TemplateProcessing\", "
          "\"single\": []}, " BPE "}",
                "a template without the text" },
        { "{\"added_tokens\": [{\"id\": 0, \"content\": \"a\", \"rstrip\": "
          "true}, {\"id\": 3, \"content\": \" \"}], " BPE "}",
                "begins with white space" },
        { "{\"normalizer\": {\"type\": \"Sequence\", \"normalizers\": "
          "[" REPLACE "," REPLACE "," REPLACE "," REPLACE "," REPLACE
          "," REPLACE "]}, \"added_tokens\": [{\"id\": 0, \"content\": \"a\", "
          "\"normalized\": true}], " BPE "}",
                "the normalizer makes one too long" },
    };
    (void)state;
    check_refusals(refusals, sizeof refusals / sizeof refusals[0],
            FOVEA_ERR_TOKENIZER_UNSUPPORTED);
}

static void
test_invalid(void **state)
{
    static const struct refusal refusals[] = {
        { "", "not valid JSON" },
        { "[]", "not an object" },
        { "{", "not valid JSON near byte 1" },
        { "{\"a\": \"\xff\"}", "UTF" },
        { "{\"a\": \"\\ud800\"}", "half of a surrogate pair, at byte 13" },
        { "{\"a\": \"\\ud800\\u0041\"}", "half of a surrogate pair" },
        { "{\"a\": \"\\udc00\"}", "half of a surrogate pair" },
        { "{\"a\": 1, \"a\": 2}", "\"a\" stands twice" },
        { "{\"a\": [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
                "nested too deeply" },
        { "{}", "no vocabulary" },
        { "{\"model\": 3}", "no vocabulary" },
        { "{\"model\": {\"type\": \"BPE\", \"vocab\": null}}", "no list" },
        { "{\"model\": {\"type\": \"BPE\", " VOCAB "}}", "not those of BPE" },
        { "{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": -1}, " MERGES
          "}}",
                "piece 0 has no id" },
        { "{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 0, \"b\": 0}, "
          "\"merges\": []}}",
                "two pieces have the id 0" },
        { "{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 0, \"a\": 1}, "
          "\"merges\": []}}",
                "piece 1 (\"a\"): the same piece as that of id 0" },
        { "{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 0, \"b\": "
          "900000}, \"merges\": []}}",
                "ids have no piece" },
        { "{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": {}}}}",
                "piece 0" },
        { "{\"model\": {\"type\": \"BPE\", " VOCAB ", \"merges\": [\"ab\"]}}",
                "merge 0 is not two pieces" },
        { "{\"model\": {\"type\": \"BPE\", " VOCAB
          ", \"merges\": [\"a b\", \"a b c\"]}}",
                "merge 1 is not two pieces" },
        { "{\"model\": {\"type\": \"BPE\", " VOCAB
          ", \"merges\": [[\"a\", \"x\"]]}}",
                "merge 0 joins what is not" },
        { "{\"model\": {\"type\": \"BPE\", " VOCAB
          ", \"merges\": [[\"a\", \"c\"]]}}",
                "merge 0 makes what is not" },
        { "{\"model\": {\"type\": \"BPE\", " VOCAB ", \"merges\": [[\"a\"]]}}",
                "merge 0 is neither" },
        { "{\"model\": {\"type\": \"BPE\", " VOCAB
          ", \"merges\": [[\"a\", \"b\", \"c\"]]}}",
                "merge 1 is neither" },
        { "{\"model\": {\"unk_token\": \"x\", " VOCAB ", " MERGES "}}",
                "unk_token \"x\"" },
        { "{\"model\": {\"type\": \"Unigram\", \"unk_id\": 5, \"vocab\": "
          "[[\"a\", 0]]}}",
                "unk_id is not a piece" },
        { "{\"model\": {\"type\": \"Unigram\", \"unk_id\": 0, \"vocab\": "
          "[[\"a\"]]}}",
                "piece 0 is not [piece, score]" },
        { "{\"normalizer\": {\"type\": \"Replace\"}, " BPE "}",
                "its pattern is neither" },
        { "{\"normalizer\": {\"type\": \"Precompiled\", "
          "\"precompiled_charsmap\": \"AAAA\"}, " BPE "}",
                "its charsmap is broken" },
        { "{\"normalizer\": {}, " BPE "}", "it has no \"type\"" },
        { "{\"added_tokens\": [{\"id\": 1, \"content\": \"a\"}], " BPE "}",
                "number 0 has another id" },
        { "{\"added_tokens\": [{\"id\": 9, \"content\": \"z\"}], " BPE "}",
                "its id is not the next one" },
        { "{\"added_tokens\": {}, " BPE "}", "no list" },
        { "{\"post_processor\": {\"type\": \"BertProcessing\", \"cls\": "
          "[\"a\", 77], \"sep\": [\"a\", 0]}, " BPE "}",
                "without a valid id" },
    };
    (void)state;
    check_refusals(refusals, sizeof refusals / sizeof refusals[0],
            FOVEA_ERR_TOKENIZER_INVALID);
}

/* Merges in both forms, and before the vocabulary; a model without a type. */
static void
test_orders_and_forms(void **state)
{
    (void)state;
    check_ids("{" BPE "}", "abca", "2 4 0");
    check_ids("{\"model\": {" MERGES ", " VOCAB "}}", "abca", "2 4 0");
    check_ids("{\"model\": {\"merges\": [[\"a\", \"b\"]], " VOCAB
              ", \"type\": \"BPE\"}, \"normalizer\": null}",
            "abca", "2 4 0");
    check_ids("{" UNIGRAM "}", "abxya", "3 0 1");
    check_ids("{\"model\": {\"vocab\": [[\"u\", 0], [\"a\", 1]], \"unk_id\": "
              "0}}",
            "aa", "1 1");
    /* A pair twice: the later rank counts. */
    check_ids("{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 0, \"b\": "
              "1, \"ab\": 2, \"ba\": 3}, \"merges\": [\"a b\", \"b a\", \"a "
              "b\"]}}",
            "aba", "0 3");
}

static void
test_cut(void **state)
{
    (void)state;
    struct fovea_tokenizer *tokenizer = tokenizer_of("clip", FOVEA_TEXT_AUTO);
    static const char text[] = "a photo of a cat";
    uint32_t ids[8] = { 0 };
    struct fovea_encoding encoding;
    struct fovea_error error;
    size_t size = sizeof text - 1;
    assert_ok(fovea_tokenizer_encode(tokenizer, text, size, 8, ids, &encoding,
                      &error),
            &error);
    assert_int_equal(encoding.n_ids, 7);
    assert_int_equal(encoding.n_total, 7);
    assert_ok(fovea_tokenizer_encode(tokenizer, text, size, 4, ids, &encoding,
                      &error),
            &error);
    assert_int_equal(encoding.n_ids, 4);
    assert_int_equal(encoding.n_total, 7);
    static const uint32_t cut[] = { 49406, 320, 1125, 49407 };
    assert_memory_equal(ids, cut, sizeof cut);
    assert_ok(fovea_tokenizer_encode(tokenizer, NULL, 0, 2, ids, &encoding,
                      &error),
            &error);
    assert_int_equal(encoding.n_ids, 2);
    assert_fails(fovea_tokenizer_encode(tokenizer, text, size, 1, ids,
                         &encoding, &error),
            &error, FOVEA_ERR_ARGUMENT, "room for 1");
    fovea_tokenizer_close(tokenizer);
}

static void
test_facts_and_pieces(void **state)
{
    (void)state;
    struct fovea_tokenizer *tokenizer = tokenizer_of("clip", FOVEA_TEXT_AUTO);
    const struct fovea_tokenizer_facts *facts =
            fovea_tokenizer_facts(tokenizer);
    size_t size = 0;
    assert_string_equal(facts->kind, "byte-level BPE");
    assert_string_equal(facts->profile, "file");
    assert_int_equal(facts->n_ids, 49408);
    assert_int_equal(facts->n_before, 1);
    assert_int_equal(facts->n_after, 1);
    assert_int_equal(facts->end_id, 49407);
    assert_int_equal(facts->pad_id, 49407);
    assert_false(facts->pads_left);
    const char *piece = fovea_tokenizer_piece(tokenizer, 2368, &size);
    assert_int_equal(size, 7);
    assert_memory_equal(piece, "cat</w>", 7);
    assert_null(fovea_tokenizer_piece(tokenizer, 49408, &size));
    fovea_tokenizer_close(tokenizer);

    tokenizer = tokenizer_of("bytefallback", FOVEA_TEXT_AUTO);
    facts = fovea_tokenizer_facts(tokenizer);
    assert_string_equal(facts->kind, "BPE");
    assert_string_equal(facts->profile, "lower");
    assert_int_equal(facts->n_before, 0);
    assert_int_equal(facts->end_id, 1);
    assert_int_equal(facts->pad_id, 0);
    fovea_tokenizer_close(tokenizer);

    tokenizer = read_json("{" BPE "}");
    facts = fovea_tokenizer_facts(tokenizer);
    assert_int_equal(facts->end_id, FOVEA_NO_TOKEN);
    assert_int_equal(facts->pad_id, FOVEA_NO_TOKEN);
    fovea_tokenizer_close(tokenizer);
}

static void
test_canonical(void **state)
{
    (void)state;
    struct fovea_tokenizer *plain = tokenizer_of("clip", FOVEA_TEXT_FILE);
    struct fovea_tokenizer *canonical =
            tokenizer_of("clip", FOVEA_TEXT_CANONICAL);
    assert_ids(canonical, "  A_photo,\tof~a {cat}! ", 23,
            "49406 320 1125 29774 2368 49407");
    assert_ids(plain, "a photo of a cat", 16,
            "49406 320 1125 539 320 2368 49407");
    assert_ids(canonical, "A_photo [of] a\n`cat`!", 21,
            "49406 320 1125 539 320 2368 49407");
    fovea_tokenizer_close(plain);
    fovea_tokenizer_close(canonical);
}

/* A text takes memory by what it has: English little, and each character that
   compatibility makes long its share. */
static void
test_memory(void **state)
{
    static const struct {
        const char *name;
        uint64_t a_byte;
    } rows[] = { { "clip", 50 }, { "unigram", 145 }, { "bytefallback", 145 } };
    enum {
        SIZE = 1 << 16
    };
    (void)state;
    char *text = malloc(SIZE);
    assert_non_null(text);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fovea_tokenizer *tokenizer =
                tokenizer_of(rows[i].name, FOVEA_TEXT_AUTO);
        memset(text, 'a', SIZE);
        uint64_t plain = fovea_tokenizer_encode_bytes(tokenizer, text, SIZE);
        assert_true(plain > SIZE && plain <= rows[i].a_byte * SIZE + 4096);
        memset(text, 0xcc, SIZE);
        assert_true(
                fovea_tokenizer_encode_bytes(tokenizer, text, SIZE) > plain);
        fovea_tokenizer_close(tokenizer);
    }
    free(text);
}

static void
test_missing(void **state)
{
    (void)state;
    struct fovea_error error;
    int fd = -1;
    assert_fails(fovea_tokenizer_compile("/nonexistent", FOVEA_TEXT_AUTO, &fd,
                         &error),
            &error, FOVEA_ERR_MODEL_NOT_FOUND, "merges.txt");
    assert_int_equal(fd, -1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unsupported),
        cmocka_unit_test(test_invalid),
        cmocka_unit_test(test_orders_and_forms),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_facts_and_pieces),
        cmocka_unit_test(test_canonical),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
