/* Images of requests: every shape that clients send, and texts by mistake. */
#include "base/error.h"
#include "base/macros.h"
#include "base/text.h"
#include "server/item.h"
#include "support/requested.h"

static void
strings_are_told_apart(void **state)
{
    (void)state;
    check_item("\"https://a.example/b.jpg\"", FOVEA_ITEM_IMAGE_URL,
            "https://a.example/b.jpg");
    check_item("\"http:\\/\\/a.example\\/b.jpg?c=%20\\u0026d\"",
            FOVEA_ITEM_IMAGE_URL, "http://a.example/b.jpg?c=%20&d");
    check_item("\"HTTPS://A\"", FOVEA_ITEM_IMAGE_URL, "HTTPS://A");
    check_item("\" \\n\\thttp://a\"", FOVEA_ITEM_IMAGE_URL, "http://a");
    check_item("\"iVBORw0KGgo=\"", FOVEA_ITEM_IMAGE_BASE64, "iVBORw0KGgo=");
    check_item("\"iVBO\\r\\nRw0K\"", FOVEA_ITEM_IMAGE_BASE64, "iVBO\r\nRw0K");
    check_item("\"_9j_4AAQSk-\"", FOVEA_ITEM_IMAGE_BASE64, "_9j_4AAQSk-");
    check_item("\"/9j/4AAQ\"", FOVEA_ITEM_IMAGE_BASE64, "/9j/4AAQ");
    check_item("\"\\/9j\\/4AAQ\"", FOVEA_ITEM_IMAGE_BASE64, "/9j/4AAQ");
    check_item("\"data:image/png;base64,iVBO\"", FOVEA_ITEM_IMAGE_BASE64,
            "data:image/png;base64,iVBO");
    check_item("\"DATA:;BASE64,iVBO\"", FOVEA_ITEM_IMAGE_BASE64,
            "DATA:;BASE64,iVBO");
}

static void
strings_that_are_no_images(void **state)
{
    (void)state;
    check_bad_item("\"\"", FOVEA_ERR_ARGUMENT, "an empty string");
    check_bad_item("\" \\n\"", FOVEA_ERR_ARGUMENT, "an empty string");
    static const char *const paths[] = { "/etc/passwd", "./a.jpg", "../a.jpg",
        "~/a.jpg", "C:\\\\a.jpg", "c:/a.jpg", "\\\\\\\\server\\\\a.jpg", "/" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(paths); i++) {
        char item[64];
        (void)snprintf(item, sizeof item, "\"%s\"", paths[i]);
        check_bad_item(item, FOVEA_ERR_ARGUMENT, "looks like a path");
    }
    check_bad_item("\"file:///etc/passwd\"", FOVEA_ERR_URL,
            "a URL must be http or https, not \"file\"");
    check_bad_item("\"FTP://a/b\"", FOVEA_ERR_URL, "not \"FTP\"");
    check_bad_item("\"gs://a/b.png\"", FOVEA_ERR_URL, "not \"gs\"");
    check_bad_item("\"localhost:80/a\"", FOVEA_ERR_URL, "not \"localhost\"");
    check_bad_item("\"httpsx://a\"", FOVEA_ERR_URL, "not \"httpsx\"");
    check_bad_item("\"data:image/png,iVBO\"", FOVEA_ERR_BASE64,
            "a data URI must be base64");
    check_bad_item("\"data:,\"", FOVEA_ERR_BASE64, "a data URI must be base64");
    check_bad_item("\"data:image/png;base64\"", FOVEA_ERR_BASE64,
            "without a comma");
    static const char *const texts[] = { "a photo of a cat, and a dog",
        "example.org/cat.jpg", "caf\xc3\xa9", "Note: it is late", "...",
        ".NET is there", "~ 5 kg", "a:b c" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(texts); i++) {
        char item[64];
        (void)snprintf(item, sizeof item, "\"%s\"", texts[i]);
        check_bad_item(item, FOVEA_ERR_TEXT_UNSUPPORTED,
                "only images are embedded here, and this is a text");
    }
    check_bad_item("{\"image\":\"a cat, and a dog\"}", FOVEA_ERR_BASE64,
            "neither an http(s) URL nor a data URI nor base64");
}

static void
objects_are_read(void **state)
{
    (void)state;
    static const char *const objects[] = {
        "{\"image\":\"AAAA\"}",
        "{\"image\":{\"url\":\"AAAA\"}}",
        "{\"url\":\"AAAA\"}",
        "{\"bytes\":\"AAAA\"}",
        "{\"image_url\":\"AAAA\"}",
        "{\"image_url\":{\"url\":\"AAAA\",\"detail\":\"auto\"}}",
        "{\"type\":\"image_url\",\"image_url\":\"AAAA\"}",
        "{\"type\":\"image_url\",\"image_url\":{\"url\":\"AAAA\"}}",
        "{\"type\":\"image_url\",\"image\":{\"url\":\"AAAA\"}}",
        "{\"type\":\"image_base64\",\"image_base64\":\"AAAA\"}",
        "{\"type\":\"image\",\"image\":\"AAAA\"}",
        "{\"type\":\"input_image\",\"image_url\":\"AAAA\"}",
        "{\"text\":null,\"image\":\"AAAA\",\"url\":null,\"id\":[1]}",
        "{\"content\":[{\"type\":\"image_base64\",\"image_base64\":\"AAAA\"}]}",
        "{\"content\":[{\"type\":\"image_url\",\"image_url\":\"AAAA\"}]}",
        "{\"content\":[{\"image_url\":{\"url\":\"AAAA\"}}]}",
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(objects); i++) {
        check_item(objects[i], FOVEA_ITEM_IMAGE_BASE64, "AAAA");
    }
    check_item("{\"image\":\"https://a\"}", FOVEA_ITEM_IMAGE_URL, "https://a");
    check_item("{\"image_url\":{\"url\":\"data:;base64,AAAA\"}}",
            FOVEA_ITEM_IMAGE_BASE64, "data:;base64,AAAA");
}

static void
objects_that_are_no_images(void **state)
{
    (void)state;
    static const struct {
        const char *item;
        const char *part;
    } cases[] = {
        { "{}", "an object without \"image\"" },
        { "{\"img\":\"AAAA\"}", "an object without \"image\"" },
        { "{\"image\":null}", "an object without \"image\"" },
        { "{\"type\":\"input_image\",\"file_id\":\"f\"}", "no files are kept" },
        { "{\"type\":\"text\"}", "\"type\" must be \"image_url\"" },
        { "{\"type\":\"video_url\",\"video_url\":\"AAAA\"}",
                "\"type\" must be \"image_url\"" },
        { "{\"type\":1,\"image\":\"AAAA\"}", "\"type\" must be" },
        { "{\"image\":\"AAAA\",\"url\":\"AAAA\"}",
                "\"image\" and \"url\" are both given" },
        { "{\"image\":5}",
                "\"image\" must be a string or {\"url\": a string}, "
                "not a number" },
        { "{\"image_url\":[]}", "not a list" },
        { "{\"image_url\":{}}", "not another object" },
        { "{\"image_url\":{\"url\":5}}", "not another object" },
        { "{\"image\":\"\"}", "\"image\": an empty string" },
        { "{\"content\":[]}", "\"content\" must be a list of one part" },
        { "{\"content\":[{\"image\":\"A\"},{\"image\":\"A\"}]}",
                "\"content\" must be a list of one part" },
        { "{\"content\":[\"a text\"]}", "must be an object, not a string" },
        { "{\"content\":[{\"content\":[{\"image\":\"A\"}]}]}",
                "an object without \"image\"" },
        { "true", "an image must be a string or an object, not true" },
        { "null", "not null" },
        { "[\"AAAA\"]", "not a list" },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        check_bad_item(cases[i].item, FOVEA_ERR_ARGUMENT, cases[i].part);
    }
    static const char *const texts[] = { "{\"text\":\"a cat\"}",
        "{\"text\":\"a\",\"image\":\"AAAA\"}",
        "{\"type\":\"text\",\"text\":\"a\"}", "{\"content\":\"AAAA\"}",
        "{\"content\":[{\"type\":\"text\",\"text\":\"a\"}]}" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(texts); i++) {
        check_bad_item(texts[i], FOVEA_ERR_TEXT_UNSUPPORTED,
                "only images are embedded here");
    }
    check_bad_item("{\"url\":\"file:///a\"}", FOVEA_ERR_URL,
            "\"url\": a URL must be http or https");
}

static void
token_ids_are_texts(void **state)
{
    (void)state;
    check_refused("{\"input\":[1,2,3,4,5,6,7,8,9]}", FOVEA_ERR_TEXT_UNSUPPORTED,
            "input", "check_embedding_ctx_length=False");
    check_refused("{\"input\":[7]}", FOVEA_ERR_TEXT_UNSUPPORTED, "input",
            "input is a list of token ids, and only images are embedded here");
    check_bad_item("[1,2,3]", FOVEA_ERR_TEXT_UNSUPPORTED,
            "check_embedding_ctx_length=False");
    check_bad_item("[[1]]", FOVEA_ERR_ARGUMENT, "not a list");
    check_bad_item("[]", FOVEA_ERR_ARGUMENT, "not a list");
}

/* What an item with a string becomes when its bytes are no image. */
static void
check_explained(const char *item, const char *more, enum fovea_status failure,
        enum fovea_status expected)
{
    struct fovea_text text = { 0 };
    struct parsed parsed;
    fovea_text_format(&text, "{\"input\":[%s]%s}", item, more);
    parse_good(text.data, &parsed);
    struct fovea_request_item *read = &parsed.request.items[0];
    assert_int_equal(read->error.code, FOVEA_OK);
    struct fovea_error error;
    (void)fovea_fail(&error, failure, "its own words");
    fovea_item_explain(read, &error);
    assert_int_equal(error.code, expected);
    bool is_told = strstr(error.message, "its own words");
    assert_int_equal(is_told,
            expected != FOVEA_ERR_TEXT_UNSUPPORTED || !read->has_words);
    parsed_finish(&parsed);
    fovea_text_finish(&text);
}

static void
short_strings_may_be_texts(void **state)
{
    (void)state;
    static const char image[] = ",\"modality\":\"image\"";
    static const char *const words[] = { "\"cats\"", "\"hello world\"",
        "\"cat\"", "\"a b\\tc\"" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(words); i++) {
        check_explained(words[i], "", FOVEA_ERR_BASE64,
                FOVEA_ERR_TEXT_UNSUPPORTED);
        check_explained(words[i], "", FOVEA_ERR_NOT_AN_IMAGE,
                FOVEA_ERR_TEXT_UNSUPPORTED);
        check_explained(words[i], "", FOVEA_ERR_IMAGE_TRUNCATED,
                FOVEA_ERR_IMAGE_TRUNCATED);
        check_explained(words[i], "", FOVEA_ERR_BUSY, FOVEA_ERR_BUSY);
        check_explained(words[i], image, FOVEA_ERR_BASE64, FOVEA_ERR_BASE64);
    }
    static const char *const images[] = { "\"data:image/png;base64,cats\"",
        "\"http://a b\"", "{\"image\":\"cats\"}", "{\"url\":\"hello cat\"}" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(images); i++) {
        check_explained(images[i], "", FOVEA_ERR_BASE64, FOVEA_ERR_BASE64);
        check_explained(images[i], "", FOVEA_ERR_NOT_AN_IMAGE,
                FOVEA_ERR_NOT_AN_IMAGE);
    }
    /* Long ones have blanks between words, or are no texts. */
    struct fovea_text text = { 0 };
    fovea_text_format(&text, "\"%01024d\"", 0);
    check_explained(text.data, "", FOVEA_ERR_BASE64,
            FOVEA_ERR_TEXT_UNSUPPORTED);
    fovea_text_clear(&text);
    fovea_text_format(&text, "\"%01025d\"", 0);
    check_explained(text.data, "", FOVEA_ERR_BASE64, FOVEA_ERR_BASE64);
    fovea_text_clear(&text);
    fovea_text_format(&text, "\"%01025d\\r\\n0000 \\n\"", 0);
    check_explained(text.data, "", FOVEA_ERR_BASE64, FOVEA_ERR_BASE64);
    fovea_text_clear(&text);
    fovea_text_format(&text, "\"%01025d 0\"", 0);
    check_explained(text.data, "", FOVEA_ERR_BASE64,
            FOVEA_ERR_TEXT_UNSUPPORTED);
    fovea_text_finish(&text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_are_told_apart),
        cmocka_unit_test(strings_that_are_no_images),
        cmocka_unit_test(objects_are_read),
        cmocka_unit_test(objects_that_are_no_images),
        cmocka_unit_test(token_ids_are_texts),
        cmocka_unit_test(short_strings_may_be_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
