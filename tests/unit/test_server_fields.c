/* Fields of requests that other services know, and chats. */
#include "base/macros.h"
#include "base/text.h"
#include "support/requested.h"

#define REST ",\"input\":\"/9j/\"}"

/* Fields of other services: those that ask for other numbers are refused by
 * name, unless they ask for what there is. */
static void
foreign_fields_are_honoured_or_refused(void **state)
{
    (void)state;
    static const char *const good[] = {
        "\"embedding_types\":[\"float\"],\"input_type\":\"search_document\","
        "\"truncate\":\"END\"", /* Cohere */
        "\"embedding_type\":\"float\",\"normalized\":true,\"task\":\"x\","
        "\"late_chunking\":false,\"return_multivector\":false", /* Jina */
        "\"output_dtype\":\"float\",\"truncation\":true,"
        "\"input_type\":\"document\",\"output_encoding\":null", /* Voyage */
        "\"normalize\":true,\"embed_dtype\":\"float32\","
        "\"endianness\":\"little\",\"truncate_prompt_tokens\":null", /* vLLM */
        "\"endianness\":\"native\",\"texts\":null,\"image\":null,\"prompt\":null",
        "\"whatever\":{\"a\":[1]},\"embedding_types\":\"float\"",
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(good); i++) {
        struct fovea_text text = { 0 };
        struct parsed parsed;
        fovea_text_format(&text, "{%s" REST, good[i]);
        parse_good(text.data, &parsed);
        assert_int_equal(parsed.request.encoding, FOVEA_ENCODING_FLOAT);
        parsed_finish(&parsed);
        fovea_text_finish(&text);
    }
    static const struct {
        const char *field;
        const char *param;
        const char *part;
    } bad[] = {
        { "\"embedding_types\":[\"int8\"]", "embedding_types",
                "must be \"float\" or \"base64\", not \"int8\"" },
        { "\"embedding_types\":[\"float\",\"binary\"]", "embedding_types",
                "not a list" },
        { "\"embedding_types\":[]", "embedding_types", "not a list" },
        { "\"embedding_type\":\"ubinary\"", "embedding_type", "ubinary" },
        { "\"output_dtype\":\"uint8\"", "output_dtype",
                "must be \"float\", not \"uint8\"" },
        { "\"output_dtype\":\"flo\"", "output_dtype", "not \"flo\"" },
        { "\"output_encoding\":\"hex\"", "output_encoding", "hex" },
        { "\"embed_dtype\":\"float16\"", "embed_dtype", "float16" },
        { "\"embed_dtype\":\"\\\"\"", "embed_dtype", "not" },
        { "\"endianness\":\"big\"", "endianness", "big" },
        { "\"normalized\":false", "normalized", "must be true, not false" },
        { "\"normalize\":1", "normalize", "must be true, not a number" },
        { "\"late_chunking\":true", "late_chunking",
                "must be false, not true" },
        { "\"return_multivector\":true", "return_multivector", "not true" },
        { "\"prompt\":\"a\"", "prompt", "without a prompt" },
        { "\"prompt_name\":\"query\"", "prompt_name", "without a prompt" },
        { "\"image\":\"/9j/\"", "image", "given in \"input\"" },
        { "\"text\":\"a cat\"", "text", "given in \"input\"" },
        { "\"truncate\":\"START\"", "truncate",
                "or \"END\" (cut) or false or \"NONE\" (refused), not "
                "\"START\"" },
        { "\"truncate\":1", "truncate", "not a number" },
        { "\"truncation\":\"left\"", "truncation", "not \"left\"" },
        { "\"truncation_direction\":\"Left\"", "truncation_direction",
                "not \"Left\"" },
        { "\"truncate_prompt_tokens\":9", "truncate_prompt_tokens",
                "where its model's context ends" },
        { "\"input_image\":{}", "input_image", "given in \"input\"" },
        { "\"output_dimension\":-1", "output_dimension", "not -1" },
        { "\"output_dimension\":\"8\"", "output_dimension", "not a string" },
        { "\"dimensions\":9,\"output_dimension\":8", "output_dimension",
                "given twice, as 9 and as 8" },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(bad); i++) {
        struct fovea_text text = { 0 };
        fovea_text_format(&text, "{%s" REST, bad[i].field);
        check_refused(text.data, FOVEA_ERR_ARGUMENT, bad[i].param, bad[i].part);
        fovea_text_finish(&text);
    }
    struct parsed parsed;
    parse_good("{\"embedding_types\":[\"base64\"],\"output_dimension\":8,"
               "\"dimensions\":8" REST,
            &parsed);
    assert_int_equal(parsed.request.encoding, FOVEA_ENCODING_BASE64);
    assert_int_equal(parsed.request.dimensions, 8);
    parsed_finish(&parsed);
    parse_good("{\"output_dimension\":16,\"dimensions\":0" REST, &parsed);
    assert_int_equal(parsed.request.dimensions, 16);
    parsed_finish(&parsed);
}

/* Whether a text may be cut: Cohere's words, and true and false. */
static void
truncation_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *field;
        bool is_refused;
    } cases[] = {
        { "\"truncate\":null", false },
        { "\"truncate\":\"NONE\"", true },
        { "\"truncate\":\"none\"", true },
        { "\"truncate\":\"END\"", false },
        { "\"truncate\":true", false },
        { "\"truncate\":false", true },
        { "\"truncation\":false", true },
        { "\"truncation\":true,\"truncation_direction\":\"Right\"", false },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        struct fovea_text text = { 0 };
        struct parsed parsed;
        fovea_text_format(&text, "{%s" REST, cases[i].field);
        parse_good(text.data, &parsed);
        assert_int_equal(parsed.request.refuses_truncated, cases[i].is_refused);
        parsed_finish(&parsed);
        fovea_text_finish(&text);
    }
}

/* Chats are one embedding of one image or text. */
static void
messages_are_read(void **state)
{
    (void)state;
    struct parsed parsed;
    parse_good("{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
               "\"image_url\",\"image_url\":{\"url\":\"/9j/\"}}]}]}",
            &parsed);
    assert_string_equal(parsed.request.list_name, "messages");
    assert_int_equal(parsed.request.n_items, 1);
    check_image(&parsed.request.items[0], FOVEA_ITEM_IMAGE_BASE64, "/9j/");
    parsed_finish(&parsed);
    parse_good("{\"messages\":[{\"role\":\"user\",\"content\":\"a cat\"}]}",
            &parsed);
    check_image(&parsed.request.items[0], FOVEA_ITEM_TEXT, "a cat");
    parsed_finish(&parsed);
    check_refused("{\"messages\":[{\"content\":[]},{\"content\":[]}]}",
            FOVEA_ERR_ARGUMENT, "messages", "a list of one message");
    check_refused("{\"messages\":{\"content\":[]}}", FOVEA_ERR_ARGUMENT,
            "messages", "a list of one message");
    check_refused("{\"messages\":[]}", FOVEA_ERR_ARGUMENT, "messages",
            "messages is empty");
    check_refused("{\"messages\":[{\"image\":\"/9j/\"}]" REST,
            FOVEA_ERR_ARGUMENT, "messages", "both given");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(foreign_fields_are_honoured_or_refused),
        cmocka_unit_test(truncation_is_read),
        cmocka_unit_test(messages_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
