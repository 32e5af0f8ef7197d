/*
 * Texts of every kind that tokenizers stumble over, with the ids that Hugging
 * Face's own code gives (tests/data/tokenizers).
 */
#include <jansson.h>

#include "support/test.h"
#include "support/tokenizer.h"

static json_t *texts;

static int
load_texts(void **state)
{
    char path[512];
    (void)state;
    (void)snprintf(path, sizeof path, "%s/tests/data/tokenizers/texts.json",
            getenv("FOVEA_SOURCE_ROOT"));
    texts = json_load_file(path, JSON_ALLOW_NUL, NULL);
    return json_array_size(texts) == 550 ? 0 : -1;
}

static int
free_texts(void **state)
{
    (void)state;
    json_decref(texts);
    return 0;
}

static unsigned
digit(char c)
{
    return c <= '9' ? (unsigned)c - '0' : (unsigned)c - 'a' + 10;
}

static size_t
bytes_of(const json_t *hex, char *bytes)
{
    const char *text = json_string_value(hex);
    size_t n = json_string_length(hex) / 2;
    for (size_t i = 0; i < n; i++) {
        bytes[i] = (char)(digit(text[2 * i]) << 4 | digit(text[2 * i + 1]));
    }
    return n;
}

/* The ids of a list, written. The caller frees them. */
static char *
write_ids(const json_t *ids)
{
    size_t n = json_array_size(ids);
    char *text = malloc(12 * n + 1);
    assert_non_null(text);
    size_t at = 0;
    text[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        at += (size_t)snprintf(text + at, 12, i > 0 ? " %lld" : "%lld",
                (long long)json_integer_value(json_array_get(ids, i)));
    }
    return text;
}

static void
check(const char *name, enum fovea_text_profile profile, const char *column)
{
    struct fovea_tokenizer *tokenizer = tokenizer_of(name, profile);
    size_t n_refused = 0;
    for (size_t i = 0; i < json_array_size(texts); i++) {
        const json_t *row = json_array_get(texts, i);
        const json_t *text = json_object_get(row, "text");
        const json_t *hex = json_object_get(row, "hex");
        char *expected = write_ids(json_object_get(row, column));
        assert_ids(tokenizer, json_string_value(text), json_string_length(text),
                expected);
        free(expected);
        if (hex) {
            char bytes[256];
            uint32_t ids[256];
            struct fovea_encoding encoding;
            struct fovea_error error;
            size_t size = bytes_of(hex, bytes);
            assert_fails(fovea_tokenizer_encode(tokenizer, bytes, size, 256,
                                 ids, &encoding, &error),
                    &error, FOVEA_ERR_TEXT_ENCODING, "at offset");
            n_refused++;
        }
    }
    assert_int_equal(n_refused, 14);
    fovea_tokenizer_close(tokenizer);
}

static void
test_clip(void **state)
{
    (void)state;
    check("clip", FOVEA_TEXT_AUTO, "clip");
}

static void
test_clip_of_vocab_and_merges(void **state)
{
    (void)state;
    check("clip-files", FOVEA_TEXT_AUTO, "clip");
}

static void
test_unigram(void **state)
{
    (void)state;
    check("unigram", FOVEA_TEXT_AUTO, "unigram");
}

static void
test_byte_fallback(void **state)
{
    (void)state;
    check("bytefallback", FOVEA_TEXT_FILE, "bytefallback");
}

static void
test_byte_fallback_lower(void **state)
{
    (void)state;
    check("bytefallback", FOVEA_TEXT_AUTO, "bytefallback_lower");
    check("bytefallback", FOVEA_TEXT_LOWER, "bytefallback_lower");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clip),
        cmocka_unit_test(test_clip_of_vocab_and_merges),
        cmocka_unit_test(test_unigram),
        cmocka_unit_test(test_byte_fallback),
        cmocka_unit_test(test_byte_fallback_lower),
    };
    return cmocka_run_group_tests(tests, load_texts, free_texts);
}
