/* Items of requests: every shape that clients send images and texts in. */
#include "base/error.h"
#include "base/macros.h"
#include "base/text.h"
#include "server/item.h"
#include "server/item_string.h"
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
    check_item("\"iVBORw0KGgoAAAAN\\r\\nSUhEUg\"", FOVEA_ITEM_IMAGE_BASE64,
            "iVBORw0KGgoAAAAN\r\nSUhEUg");
    check_item("\"_9j_4AAQSk-\"", FOVEA_ITEM_IMAGE_BASE64, "_9j_4AAQSk-");
    check_item("\"/9j/4AAQ\"", FOVEA_ITEM_IMAGE_BASE64, "/9j/4AAQ");
    check_item("\"\\/9j\\/4AAQ\"", FOVEA_ITEM_IMAGE_BASE64, "/9j/4AAQ");
    check_item("\"data:image/png;base64,iVBO\"", FOVEA_ITEM_IMAGE_BASE64,
            "data:image/png;base64,iVBO");
    check_item("\"DATA:;BASE64,iVBO\"", FOVEA_ITEM_IMAGE_BASE64,
            "DATA:;BASE64,iVBO");
}

/* What goes wrong with an image is said, and nobody gets a text's vector. */
static void
strings_that_are_neither(void **state)
{
    (void)state;
    static const char *const paths[] = { "/etc/passwd", "./a.jpg", "../a.jpg",
        "~/a.jpg", "C:\\\\a.jpg", "c:/a.jpg", "\\\\\\\\server\\\\a.jpg", "/",
        "/home/pictures/cat", "/work" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(paths); i++) {
        char item[64];
        (void)snprintf(item, sizeof item, "\"%s\"", paths[i]);
        check_bad_item(item, FOVEA_ERR_ARGUMENT, "looks like a path");
    }
    check_bad_item("\"file:///etc/passwd\"", FOVEA_ERR_URL,
            "a URL must be http, https or s3, not \"file\"");
    check_bad_item("\"file:/etc/passwd\"", FOVEA_ERR_URL, "not \"file\"");
    check_bad_item("\"FTP://a/b\"", FOVEA_ERR_URL, "not \"FTP\"");
    check_bad_item("\"gs://a/b.png\"", FOVEA_ERR_URL, "not \"gs\"");
    check_bad_item("\"httpsx://a\"", FOVEA_ERR_URL, "not \"httpsx\"");
    check_bad_item("\"data:image/png,iVBO\"", FOVEA_ERR_BASE64,
            "a data URI must be base64");
    check_bad_item("\"data:,\"", FOVEA_ERR_BASE64, "a data URI must be base64");
    check_bad_item("\"data:image/png;base64\"", FOVEA_ERR_BASE64,
            "without a comma");
    check_bad_item("{\"image\":\"a cat, and a dog\"}", FOVEA_ERR_BASE64,
            "neither an http(s) or s3 URL nor a data URI nor base64");
    check_bad_item("{\"image\":\"\"}", FOVEA_ERR_ARGUMENT, "an empty string");
    check_bad_item("{\"image\":\" \\n\"}", FOVEA_ERR_ARGUMENT,
            "an empty string");
    check_bad_item("{\"image\":\"/my pictures/cat.jpg\"}", FOVEA_ERR_ARGUMENT,
            "looks like a path");
}

static void
strings_are_texts(void **state)
{
    (void)state;
    static const char *const texts[] = { "a photo of a cat, and a dog", "cat",
        "cats", "hello", "hello world", "example.org/cat.jpg", "cat.jpg",
        "caf\xc3\xa9", "\xe7\x8c\xab", "Note: it is late", "...",
        ".NET is there", "~ 5 kg", "a:b c", "cat:dog", "localhost:80", "1/2",
        "data: 5, and 6", "http://a.example is down",
        "/r/cats is for cats, and not for dogs", "/work in progress of ours",
        "iVBO", "bm90IGFuIGltYWdl", "GIF89a", "BM", "P1 2", "UDP", "", "    ",
        " a cat ", "AAAA", "iVBORw0K GgoA", "TWFueSBoYW5kcw==" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(texts); i++) {
        char item[64];
        (void)snprintf(item, sizeof item, "\"%s\"", texts[i]);
        check_item(item, FOVEA_ITEM_TEXT, texts[i]);
    }
    check_item("\"two\\nlines\"", FOVEA_ITEM_TEXT, "two\nlines");
    check_item("\"\\ud83d\\udc31\"", FOVEA_ITEM_TEXT, "\xf0\x9f\x90\xb1");
}

/* The beginning of a picture of every kind, as base64 writes it. */
static void
base64_of_images_is_no_text(void **state)
{
    (void)state;
    static const char *const images[] = { "/9j/4AAQ", "_9j_", "iVBORw0KGgo",
        "R0lGODlhAQ", "UklGRiQAAABXRUJQVlA4", "SUkqAAgA", "TU0AKgAA",
        "Qk02AAAAAAAAADYAAAAoAAAA", "UDYKMSAxCjI1NQo", "/0//UQApAAAAAAABAAAAAQ",
        "AAAAHGZ0eXBhdmlmAAAAAGF2aWZtaWYx", "AAAADEpYTCANCocK",
        "/wr6f4CMgQgQCAAuASAgICAgICAgICAgICAg",
        "PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciLz4",
        /* that went wrong on its way */
        "iVBORw0KGgo!", "iVBORw0KGgo...", "R0lGODlhA===",
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4 2mP4z8AAAA" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(images); i++) {
        assert_false(fovea_string_is_text(images[i], strlen(images[i])));
    }
    /* What is longer has blanks or other letters than ASCII's, or is an image
       that went wrong. */
    struct fovea_text text = { 0 };
    fovea_text_format(&text, "%01024d", 0);
    assert_true(fovea_string_is_text(text.data, text.size));
    fovea_text_format(&text, "0");
    assert_false(fovea_string_is_text(text.data, text.size));
    fovea_text_format(&text, "\r\n0000 \n");
    assert_false(fovea_string_is_text(text.data, text.size));
    fovea_text_format(&text, " 0");
    assert_true(fovea_string_is_text(text.data, text.size));
    fovea_text_clear(&text);
    for (size_t i = 0; i < 1000; i++) {
        fovea_text_format(&text, "\xe7\x8c\xab");
    }
    assert_true(fovea_string_is_text(text.data, text.size));
    fovea_text_finish(&text);
}

/* What the request says of its strings goes before what they look like. */
static void
a_modality_settles_strings(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        enum fovea_item_kind kind;
        const char *data;
    } cases[] = {
        { "{\"input\":\"cats\",\"modality\":\"image\"}",
                FOVEA_ITEM_IMAGE_BASE64, "cats" },
        { "{\"images\":[\"cats\"]}", FOVEA_ITEM_IMAGE_BASE64, "cats" },
        { "{\"input\":\"/9j/\",\"modality\":\"text\"}", FOVEA_ITEM_TEXT,
                "/9j/" },
        { "{\"texts\":[\"http://a.example\"]}", FOVEA_ITEM_TEXT,
                "http://a.example" },
        { "{\"input\":[\"data:image/png;base64,iVBO\"],\"modality\":\"text\"}",
                FOVEA_ITEM_TEXT, "data:image/png;base64,iVBO" },
        { "{\"texts\":[\"/etc/passwd\"]}", FOVEA_ITEM_TEXT, "/etc/passwd" },
        { "{\"texts\":\"\",\"modality\":\"text\"}", FOVEA_ITEM_TEXT, "" },
        /* Objects say themselves what they are. */
        { "{\"input\":{\"image\":\"/9j/\"},\"modality\":\"text\"}",
                FOVEA_ITEM_IMAGE_BASE64, "/9j/" },
        { "{\"images\":[{\"text\":\"/9j/\"}]}", FOVEA_ITEM_TEXT, "/9j/" },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        struct parsed parsed;
        parse_good(cases[i].body, &parsed);
        check_image(&parsed.request.items[0], cases[i].kind, cases[i].data);
        parsed_finish(&parsed);
    }
    struct parsed parsed;
    parse_good("{\"input\":[\"\"],\"modality\":\"image\"}", &parsed);
    const struct fovea_error *error = &parsed.request.items[0].error;
    assert_fails(error->code, error, FOVEA_ERR_ARGUMENT, "an empty string");
    parsed_finish(&parsed);
}

static void
objects_are_read(void **state)
{
    (void)state;
    static const char *const objects[] = {
        "{\"image\":\"/9j/\"}",
        "{\"image\":{\"url\":\"/9j/\"}}",
        "{\"url\":\"/9j/\"}",
        "{\"bytes\":\"/9j/\"}",
        "{\"image_url\":\"/9j/\"}",
        "{\"image_url\":{\"url\":\"/9j/\",\"detail\":\"auto\"}}",
        "{\"type\":\"image_url\",\"image_url\":\"/9j/\"}",
        "{\"type\":\"image_url\",\"image_url\":{\"url\":\"/9j/\"}}",
        "{\"type\":\"image_url\",\"image\":{\"url\":\"/9j/\"}}",
        "{\"type\":\"image_base64\",\"image_base64\":\"/9j/\"}",
        "{\"type\":\"image\",\"image\":\"/9j/\"}",
        "{\"type\":\"input_image\",\"image_url\":\"/9j/\"}",
        "{\"text\":null,\"image\":\"/9j/\",\"url\":null,\"id\":[1]}",
        "{\"content\":[{\"type\":\"image_base64\",\"image_base64\":\"/9j/\"}]}",
        "{\"content\":[{\"type\":\"image_url\",\"image_url\":\"/9j/\"}]}",
        "{\"content\":[{\"image_url\":{\"url\":\"/9j/\"}}]}",
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(objects); i++) {
        check_item(objects[i], FOVEA_ITEM_IMAGE_BASE64, "/9j/");
    }
    static const char *const texts[] = {
        "{\"text\":\"a cat\"}",
        "{\"text\":\"a cat\",\"image\":null}",
        "{\"type\":\"text\",\"text\":\"a cat\"}",
        "{\"type\":\"input_text\",\"text\":\"a cat\"}",
        "{\"content\":\"a cat\"}",
        "{\"role\":\"user\",\"content\":\"a cat\"}",
        "{\"content\":[{\"type\":\"text\",\"text\":\"a cat\"}]}",
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(texts); i++) {
        check_item(texts[i], FOVEA_ITEM_TEXT, "a cat");
    }
    check_item("{\"text\":\"\"}", FOVEA_ITEM_TEXT, "");
    check_item("{\"text\":\"http://a\"}", FOVEA_ITEM_TEXT, "http://a");
    check_item("{\"image\":\"https://a\"}", FOVEA_ITEM_IMAGE_URL, "https://a");
    check_item("{\"image_url\":{\"url\":\"data:;base64,/9j/\"}}",
            FOVEA_ITEM_IMAGE_BASE64, "data:;base64,/9j/");
}

static void
objects_that_are_neither(void **state)
{
    (void)state;
    static const struct {
        const char *item;
        const char *part;
    } cases[] = {
        { "{}", "an object without \"text\"" },
        { "{\"img\":\"/9j/\"}", "an object without \"text\"" },
        { "{\"image\":null}", "an object without \"text\"" },
        { "{\"type\":\"input_image\",\"file_id\":\"f\"}", "no files are kept" },
        { "{\"type\":\"text\"}", "an object without \"text\"" },
        { "{\"text\":5}", "\"text\" must be a string, not a number" },
        { "{\"text\":{\"url\":\"a\"}}", "must be a string, not an object" },
        { "{\"text\":\"a\",\"image\":\"/9j/\"}",
                "\"text\" and \"image\" are both given" },
        { "{\"type\":\"video_url\",\"video_url\":\"/9j/\"}",
                "\"type\" must be \"text\"" },
        { "{\"type\":1,\"image\":\"/9j/\"}", "\"type\" must be" },
        { "{\"image\":\"/9j/\",\"url\":\"/9j/\"}",
                "\"image\" and \"url\" are both given" },
        { "{\"image\":5}",
                "\"image\" must be a string or {\"url\": a string}, "
                "not a number" },
        { "{\"image_url\":[]}", "not a list" },
        { "{\"image_url\":{}}", "not another object" },
        { "{\"image_url\":{\"url\":5}}", "not another object" },
        { "{\"image\":\"\"}", "\"image\": an empty string" },
        { "{\"content\":[]}", "or a list of one part" },
        { "{\"content\":{\"text\":\"a\"}}", "or a list of one part" },
        { "{\"content\":[{\"type\":\"text\",\"text\":\"a\"},"
          "{\"image_url\":\"/9j/\"}]}",
                "\"content\" has 2 parts, which would be one embedding" },
        { "{\"content\":[{\"image\":\"A\"},{\"image\":\"A\"}]}",
                "\"content\" has 2 parts" },
        { "{\"content\":[\"a text\"]}", "must be an object, not a string" },
        { "{\"content\":[{\"content\":[{\"image\":\"A\"}]}]}",
                "an object without \"text\"" },
        { "true",
                "an image or a text must be a string or an object, not true" },
        { "null", "not null" },
        { "[\"/9j/\"]", "not a list" },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        check_bad_item(cases[i].item, FOVEA_ERR_ARGUMENT, cases[i].part);
    }
    check_bad_item("{\"url\":\"file:///a\"}", FOVEA_ERR_URL,
            "\"url\": a URL must be http, https or s3");
}

static void
token_ids_are_refused(void **state)
{
    (void)state;
    check_refused("{\"input\":[1,2,3,4,5,6,7,8,9]}", FOVEA_ERR_ARGUMENT,
            "input", "check_embedding_ctx_length=False");
    check_refused("{\"input\":[7]}", FOVEA_ERR_ARGUMENT, "input",
            "input is a list of token ids");
    check_bad_item("[1,2,3]", FOVEA_ERR_ARGUMENT,
            "check_embedding_ctx_length=False");
    check_bad_item("[[1]]", FOVEA_ERR_ARGUMENT, "not a list");
    check_bad_item("[]", FOVEA_ERR_ARGUMENT, "not a list");
}

/* What is said of a text where the model has no text tower. */
static void
check_unsupported(const char *body, const char *other,
        enum fovea_status expected, const char *part)
{
    struct parsed parsed;
    parse_good(body, &parsed);
    struct fovea_request_item *item = &parsed.request.items[0];
    assert_int_equal(item->item.kind, FOVEA_ITEM_TEXT);
    struct fovea_error error;
    fovea_item_refuse_text(item, "near", other, &error);
    assert_fails(error.code, &error, expected, part);
    parsed_finish(&parsed);
}

static void
texts_are_refused_by_name(void **state)
{
    (void)state;
    check_unsupported("{\"input\":\"cats\"}", NULL, FOVEA_ERR_TEXT_UNSUPPORTED,
            "near embeds only images, and this is a text: neither an http(s) "
            "URL nor a data URI nor base64 of an image; a model with a text "
            "tower, as openai/clip-vit-base-patch32");
    check_unsupported("{\"input\":\"cats\"}", "far", FOVEA_ERR_TEXT_UNSUPPORTED,
            "far, which is served too, embeds texts");
    check_unsupported("{\"input\":{\"text\":\"\"}}", NULL,
            FOVEA_ERR_TEXT_UNSUPPORTED, "and this is a text; a model");
    check_unsupported("{\"texts\":[\"/etc/my passwd\"]}", NULL,
            FOVEA_ERR_TEXT_UNSUPPORTED, "and this is a text; a model");
    check_unsupported("{\"input\":\"\"}", NULL, FOVEA_ERR_ARGUMENT,
            "an empty string");
    check_unsupported("{\"input\":\"/my pictures/cat.jpg\"}", NULL,
            FOVEA_ERR_ARGUMENT, "looks like a path");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_are_told_apart),
        cmocka_unit_test(strings_that_are_neither),
        cmocka_unit_test(strings_are_texts),
        cmocka_unit_test(base64_of_images_is_no_text),
        cmocka_unit_test(a_modality_settles_strings),
        cmocka_unit_test(objects_are_read),
        cmocka_unit_test(objects_that_are_neither),
        cmocka_unit_test(token_ids_are_refused),
        cmocka_unit_test(texts_are_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
