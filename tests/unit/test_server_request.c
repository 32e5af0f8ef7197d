/* Requests in JSON: every shape that clients send, and every complaint. */
#include <malloc.h>

#include "base/macros.h"
#include "base/text.h"
#include "server/request.h"
#include "test.h"

enum {
    MAX_ITEMS = 8,
    BODY_SIZE = 20000000
};

/* What is allocated by the parser and by jansson, with the heap's own bytes. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *pointer);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *pointer);

static size_t live;
static size_t peak;

static size_t
cost(void *memory)
{
    return memory ? malloc_usable_size(memory) + sizeof(size_t) : 0;
}

static void *
count(void *memory)
{
    live += cost(memory);
    peak = live > peak ? live : peak;
    return memory;
}

void *
__wrap_malloc(size_t size)
{
    return count(__real_malloc(size));
}

void *
__wrap_calloc(size_t n, size_t size)
{
    return count(__real_calloc(n, size));
}

/* The old block may have to be there while the new one is filled. */
void *
__wrap_realloc(void *old, size_t size)
{
    size_t old_cost = cost(old);
    void *memory = count(__real_realloc(old, size));
    live -= memory ? old_cost : 0;
    return memory;
}

void
__wrap_free(void *pointer)
{
    live -= cost(pointer);
    __real_free(pointer);
}

/* A body of exactly its size on the heap, and what came of it. */
struct parsed {
    char *body;
    size_t size;
    struct fovea_embed_request request;
    struct fovea_complaint complaint;
    enum fovea_status status;
};

static void
parse(const char *text, struct parsed *parsed)
{
    *parsed = (struct parsed){ .size = strlen(text) };
    parsed->body = malloc(parsed->size + !parsed->size);
    assert_non_null(parsed->body);
    memcpy(parsed->body, text, parsed->size);
    parsed->status = fovea_embed_request_parse(parsed->body, parsed->size,
            MAX_ITEMS, &parsed->request, &parsed->complaint);
    if (parsed->status) {
        assert_null(parsed->request.tree);
        assert_null(parsed->request.items);
    } else {
        assert_int_equal(parsed->complaint.error.code, FOVEA_OK);
    }
}

static void
parsed_finish(struct parsed *parsed)
{
    fovea_embed_request_finish(&parsed->request);
    fovea_embed_request_finish(&parsed->request);
    free(parsed->body);
}

static void
parse_good(const char *text, struct parsed *parsed)
{
    parse(text, parsed);
    assert_ok(parsed->status, &parsed->complaint.error);
}

static void
check_refused(const char *text, enum fovea_status code, const char *param,
        const char *part)
{
    struct parsed parsed;
    parse(text, &parsed);
    assert_fails(parsed.status, &parsed.complaint.error, code, part);
    assert_string_equal(parsed.complaint.param, param);
    parsed_finish(&parsed);
}

static void
check_image(const struct fovea_request_item *item, enum fovea_image_kind kind,
        const char *text)
{
    if (item->error.code) {
        fail_msg("%s: %s", text, item->error.message);
    }
    assert_null(item->owned);
    assert_int_equal(item->image.kind, kind);
    assert_int_equal(item->image.size, strlen(text));
    assert_memory_equal(item->image.data, text, strlen(text) + 1);
}

/* A body with one item, alone and in a list. */
static void
parse_item(const char *item, bool in_list, struct parsed *parsed)
{
    struct fovea_text text = { 0 };
    fovea_text_format(&text, in_list ? "{\"input\":[%s]}" : "{\"input\":%s}",
            item);
    parse_good(text.data, parsed);
    assert_string_equal(parsed->request.list_name, "input");
    assert_int_equal(parsed->request.n_items, 1);
    assert_int_equal(parsed->request.is_list, in_list);
    fovea_text_finish(&text);
}

static void
check_item(const char *item, enum fovea_image_kind kind, const char *expected)
{
    struct parsed parsed;
    for (int in_list = 0; in_list < 2; in_list++) {
        parse_item(item, in_list, &parsed);
        check_image(&parsed.request.items[0], kind, expected);
        parsed_finish(&parsed);
    }
}

static void
check_bad_item(const char *item, enum fovea_status code, const char *part)
{
    struct parsed parsed;
    parse_item(item, true, &parsed);
    const struct fovea_error *error = &parsed.request.items[0].error;
    assert_fails(error->code, error, code, part);
    assert_null(parsed.request.items[0].image.data);
    parsed_finish(&parsed);
}

static void
settings_are_read(void **state)
{
    (void)state;
    struct parsed parsed;
    parse_good("{\"input\":\"AAAA\"}", &parsed);
    assert_null(parsed.request.model);
    assert_int_equal(parsed.request.encoding, FOVEA_ENCODING_FLOAT);
    assert_int_equal(parsed.request.dimensions, 0);
    assert_false(parsed.request.on_error_item);
    parsed_finish(&parsed);
    parse_good("{\"model\":\"openai\\/clip\",\"input\":[\"AAAA\",\"BBBB\"],"
               "\"modality\":\"image\",\"encoding_format\":\"base64\","
               "\"dimensions\":4294967295,\"on_error\":\"item\","
               "\"user\":{\"a\":[]},\"inputs\":null}",
            &parsed);
    assert_string_equal(parsed.request.model, "openai/clip");
    assert_int_equal(parsed.request.encoding, FOVEA_ENCODING_BASE64);
    assert_int_equal(parsed.request.dimensions, UINT32_MAX);
    assert_true(parsed.request.on_error_item);
    assert_true(parsed.request.is_list);
    assert_int_equal(parsed.request.n_items, 2);
    check_image(&parsed.request.items[1], FOVEA_IMAGE_BASE64, "BBBB");
    parsed_finish(&parsed);
    parse_good("{\"model\":null,\"images\":\"AAAA\",\"modality\":null,"
               "\"encoding_format\":null,\"dimensions\":null,"
               "\"on_error\":null,\"input\":null}",
            &parsed);
    assert_string_equal(parsed.request.list_name, "images");
    assert_null(parsed.request.model);
    parsed_finish(&parsed);
    parse_good("{\"inputs\":\"AAAA\",\"encoding_format\":\"float\","
               "\"on_error\":\"fail\",\"dimensions\":256.0,\"model\":\"\"}",
            &parsed);
    assert_string_equal(parsed.request.list_name, "inputs");
    assert_int_equal(parsed.request.dimensions, 256);
    assert_null(parsed.request.model);
    parsed_finish(&parsed);
}

#define REST ",\"input\":\"AAAA\"}"

static void
wrong_settings_are_named(void **state)
{
    (void)state;
    check_refused("{\"model\":5" REST, FOVEA_ERR_ARGUMENT, "model",
            "model must be a model's name, not a number");
    check_refused("{\"encoding_format\":\"int8\"" REST, FOVEA_ERR_ARGUMENT,
            "encoding_format",
            "encoding_format must be \"float\" or \"base64\", not \"int8\"");
    check_refused("{\"encoding_format\":[\"float\"]" REST, FOVEA_ERR_ARGUMENT,
            "encoding_format", ", not a list");
    check_refused("{\"encoding_format\":\"a\\n\xc3\xa9 b\"" REST,
            FOVEA_ERR_ARGUMENT, "encoding_format", ", not \"a??? b\"");
    check_refused("{\"dimensions\":\"256\"" REST, FOVEA_ERR_ARGUMENT,
            "dimensions",
            "dimensions must be an integer from 0 to 4294967295, not a "
            "string");
    check_refused("{\"dimensions\":-1" REST, FOVEA_ERR_ARGUMENT, "dimensions",
            ", not -1");
    check_refused("{\"dimensions\":1.5" REST, FOVEA_ERR_ARGUMENT, "dimensions",
            ", not 1.5");
    check_refused("{\"dimensions\":4294967296" REST, FOVEA_ERR_ARGUMENT,
            "dimensions", ", not 4294967296");
    check_refused("{\"dimensions\":123456789012345678901234567890" REST,
            FOVEA_ERR_ARGUMENT, "dimensions", ", not 1.234567");
    check_refused("{\"dimensions\":1e999" REST, FOVEA_ERR_JSON, "",
            "real number overflow");
    check_refused("{\"dimensions\":true" REST, FOVEA_ERR_ARGUMENT, "dimensions",
            ", not true or false");
    check_refused("{\"modality\":\"text\"" REST, FOVEA_ERR_ARGUMENT, "modality",
            "modality must be \"image\" (text and audio are not served), not "
            "\"text\"");
    check_refused("{\"modality\":{}" REST, FOVEA_ERR_ARGUMENT, "modality",
            "not an object");
    check_refused("{\"on_error\":\"skip\"" REST, FOVEA_ERR_ARGUMENT, "on_error",
            "on_error must be \"fail\" or \"item\", not \"skip\"");
    struct fovea_text text = { 0 };
    fovea_text_format(&text, "{\"model\":\"%02000d\"" REST, 0);
    check_refused(text.data, FOVEA_ERR_ARGUMENT, "model",
            "not 2000 bytes of text");
    fovea_text_clear(&text);
    fovea_text_format(&text, "{\"modality\":\"%0100d\"" REST, 0);
    check_refused(text.data, FOVEA_ERR_ARGUMENT, "modality",
            "\"0000000000000000000000000000000...\"");
    fovea_text_finish(&text);
}

static void
lists_are_checked(void **state)
{
    (void)state;
    check_refused("{}", FOVEA_ERR_ARGUMENT, "input", "\"input\" is missing");
    check_refused("{\"input\":null}", FOVEA_ERR_ARGUMENT, "input",
            "\"input\" is missing");
    check_refused("{\"input\":[]}", FOVEA_ERR_ARGUMENT, "input",
            "input is empty");
    check_refused("{\"images\":[]}", FOVEA_ERR_ARGUMENT, "images",
            "images is empty");
    check_refused("{\"input\":3}", FOVEA_ERR_ARGUMENT, "input",
            "input must be a string, an object or a list of them, not a "
            "number");
    check_refused("{\"inputs\":false}", FOVEA_ERR_ARGUMENT, "inputs",
            "not true or false");
    check_refused("{\"images\":[\"AAAA\"]" REST, FOVEA_ERR_ARGUMENT, "images",
            "\"input\" and \"images\" are both given");
    check_refused("{\"images\":[\"AAAA\"],\"inputs\":[]}", FOVEA_ERR_ARGUMENT,
            "images", "\"inputs\" and \"images\" are both given");
    check_refused("{\"input\":[1,2,3,4,5,6,7,8,9]}", FOVEA_ERR_TOO_MANY_ITEMS,
            "input", "input has 9 images, at most 8 are taken");
    check_refused("[\"AAAA\"]", FOVEA_ERR_JSON, "", "must be an object");
    check_refused("{\"input\":\"AAAA\",\"input\":\"BBBB\"}", FOVEA_ERR_JSON, "",
            "duplicate object key");
    check_refused("{\"input\":{\"image\":\"A\",\"image\":\"B\"}}",
            FOVEA_ERR_JSON, "", "duplicate object key");
    struct fovea_text text = { 0 };
    fovea_text_format(&text, "{\"input\":[");
    for (size_t i = 0; i < 10000; i++) {
        fovea_text_format(&text, "\"AAAA\",");
    }
    fovea_text_format(&text, "\"AAAA\"]}");
    check_refused(text.data, FOVEA_ERR_TOO_MANY_ITEMS, "",
            "more than 4224 values and names");
    fovea_text_finish(&text);
}

static void
strings_are_told_apart(void **state)
{
    (void)state;
    check_item("\"https://a.example/b.jpg\"", FOVEA_IMAGE_URL,
            "https://a.example/b.jpg");
    check_item("\"http:\\/\\/a.example\\/b.jpg?c=%20\\u0026d\"",
            FOVEA_IMAGE_URL, "http://a.example/b.jpg?c=%20&d");
    check_item("\"HTTPS://A\"", FOVEA_IMAGE_URL, "HTTPS://A");
    check_item("\" \\n\\thttp://a\"", FOVEA_IMAGE_URL, "http://a");
    check_item("\"iVBORw0KGgo=\"", FOVEA_IMAGE_BASE64, "iVBORw0KGgo=");
    check_item("\"iVBO\\r\\nRw0K\"", FOVEA_IMAGE_BASE64, "iVBO\r\nRw0K");
    check_item("\"_9j_4AAQSk-\"", FOVEA_IMAGE_BASE64, "_9j_4AAQSk-");
    check_item("\"/9j/4AAQ\"", FOVEA_IMAGE_BASE64, "/9j/4AAQ");
    check_item("\"\\/9j\\/4AAQ\"", FOVEA_IMAGE_BASE64, "/9j/4AAQ");
    check_item("\"data:image/png;base64,iVBO\"", FOVEA_IMAGE_BASE64,
            "data:image/png;base64,iVBO");
    check_item("\"DATA:;BASE64,iVBO\"", FOVEA_IMAGE_BASE64,
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
    check_bad_item("\"a photo of a cat, and a dog\"", FOVEA_ERR_BASE64,
            "neither an http(s) URL nor a data URI nor base64");
    check_bad_item("\"example.org/cat.jpg\"", FOVEA_ERR_BASE64, "neither");
    check_bad_item("\"caf\xc3\xa9\"", FOVEA_ERR_BASE64, "neither");
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
        "{\"text\":null,\"image\":\"AAAA\",\"url\":null,\"id\":[1]}",
        "{\"content\":[{\"type\":\"image_base64\",\"image_base64\":\"AAAA\"}]}",
        "{\"content\":[{\"type\":\"image_url\",\"image_url\":\"AAAA\"}]}",
        "{\"content\":[{\"image_url\":{\"url\":\"AAAA\"}}]}",
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(objects); i++) {
        check_item(objects[i], FOVEA_IMAGE_BASE64, "AAAA");
    }
    check_item("{\"image\":\"https://a\"}", FOVEA_IMAGE_URL, "https://a");
    check_item("{\"image_url\":{\"url\":\"data:;base64,AAAA\"}}",
            FOVEA_IMAGE_BASE64, "data:;base64,AAAA");
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
        { "{\"text\":\"a cat\"}", "\"text\" is given: only images are served" },
        { "{\"text\":\"a\",\"image\":\"AAAA\"}", "\"text\" is given" },
        { "{\"type\":\"text\",\"text\":\"a\"}", "\"text\" is given" },
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
        { "{\"content\":\"AAAA\"}", "\"content\" must be a list of one part" },
        { "{\"content\":[{\"image\":\"A\"},{\"image\":\"A\"}]}",
                "\"content\" must be a list of one part" },
        { "{\"content\":[\"a text\"]}", "must be an object, not a string" },
        { "{\"content\":[{\"type\":\"text\",\"text\":\"a\"}]}",
                "\"text\" is given" },
        { "{\"content\":[{\"content\":[{\"image\":\"A\"}]}]}",
                "an object without \"image\"" },
        { "5", "an image must be a string or an object, not a number" },
        { "null", "not null" },
        { "[\"AAAA\"]", "not a list" },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        check_bad_item(cases[i].item, FOVEA_ERR_ARGUMENT, cases[i].part);
    }
    check_bad_item("{\"url\":\"file:///a\"}", FOVEA_ERR_URL,
            "\"url\": a URL must be http or https");
}

/* One bad item leaves its neighbours as they are. */
static void
items_are_apart(void **state)
{
    (void)state;
    struct parsed parsed;
    struct fovea_text text = { 0 };
    fovea_text_format(&text,
            "{\"input\":[\"AAAA\",\"file:a\",{\"image\":\"%04000d\\/\"},7]}",
            0);
    parse_good(text.data, &parsed);
    const struct fovea_request_item *items = parsed.request.items;
    assert_int_equal(parsed.request.n_items, 4);
    check_image(&items[0], FOVEA_IMAGE_BASE64, "AAAA");
    assert_int_equal(items[1].error.code, FOVEA_ERR_URL);
    assert_int_equal(items[2].error.code, FOVEA_OK);
    assert_int_equal(items[2].image.size, 4001);
    const char *data = items[2].image.data;
    assert_true(data > parsed.body && data < parsed.body + parsed.size);
    assert_string_equal(data + 3998, "00/");
    assert_int_equal(items[3].error.code, FOVEA_ERR_ARGUMENT);
    parsed_finish(&parsed);
    fovea_text_finish(&text);
}

static void
items_have_names(void **state)
{
    (void)state;
    char param[FOVEA_PARAM_SIZE];
    struct fovea_embed_request request = { .list_name = "input" };
    fovea_embed_request_param(&request, 0, param);
    assert_string_equal(param, "input");
    request.is_list = true;
    fovea_embed_request_param(&request, 3, param);
    assert_string_equal(param, "input[3]");
    request = (struct fovea_embed_request){ 0 };
    fovea_embed_request_param(&request, 0, param);
    assert_string_equal(param, "");
}

static void
check_set_refused(const char *name, const char *value, const char *part)
{
    struct fovea_embed_request request = { 0 };
    struct fovea_complaint complaint = { .param = "" };
    assert_fails(fovea_embed_request_set(&request, name, value, &complaint),
            &complaint.error, FOVEA_ERR_ARGUMENT, part);
    assert_string_equal(complaint.param, name);
    fovea_embed_request_finish(&request);
}

static void
settings_are_set_from_text(void **state)
{
    (void)state;
    static const char *const pairs[][2] = { { "model", "first" },
        { "model", "second" }, { "model", "" }, { "dimensions", "12" },
        { "dimensions", "4294967295" }, { "dimensions", "" },
        { "encoding_format", "float" }, { "encoding_format", "base64" },
        { "on_error", "fail" }, { "on_error", "item" }, { "modality", "image" },
        { "modality", "" }, { "other", "value" } };
    struct fovea_embed_request request = { 0 };
    struct fovea_complaint complaint = { .param = "" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(pairs); i++) {
        assert_ok(fovea_embed_request_set(&request, pairs[i][0], pairs[i][1],
                          &complaint),
                &complaint.error);
    }
    assert_string_equal(request.model, "second");
    assert_int_equal(request.dimensions, UINT32_MAX);
    assert_int_equal(request.encoding, FOVEA_ENCODING_BASE64);
    assert_true(request.on_error_item);
    fovea_embed_request_finish(&request);
    check_set_refused("dimensions", "4294967296", ", not \"4294967296\"");
    check_set_refused("dimensions", "99999999999999999999999", ", not \"999");
    check_set_refused("dimensions", "-1", ", not \"-1\"");
    check_set_refused("dimensions", "1e2", ", not \"1e2\"");
    check_set_refused("dimensions", " 1", ", not \" 1\"");
    check_set_refused("encoding_format", "FLOAT", ", not \"FLOAT\"");
    check_set_refused("on_error", "x", ", not \"x\"");
    check_set_refused("modality", "audio", ", not \"audio\"");
}

/* The most that parsing a text takes beside it. */
static size_t
peak_of(struct fovea_text *text, enum fovea_status expected)
{
    struct fovea_embed_request request = { 0 };
    struct fovea_complaint complaint = { .param = "" };
    size_t before = live;
    peak = live;
    assert_int_equal(fovea_embed_request_parse(text->data, text->size,
                             FOVEA_DEFAULT_MAX_ITEMS, &request, &complaint),
            expected);
    size_t most = peak - before;
    fovea_embed_request_finish(&request);
    assert_true(live == before);
    fovea_text_clear(text);
    return most;
}

static void
repeat(struct fovea_text *text, const char *part, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        fovea_text_add(text, part, strlen(part));
    }
}

/* Fill a body up to its size with an unknown field, and end it. */
static void
end_body(struct fovea_text *text)
{
    static const char line[] = "0123456789abcdef0123456789abcdef";
    fovea_text_format(text, "\"y\":\"");
    while (text->size < BODY_SIZE) {
        fovea_text_add(text, line, strlen(line));
    }
    fovea_text_format(text, "\",\"input\":\"AAAA\"}");
}

static void
memory_is_bounded(void **state)
{
    (void)state;
    struct fovea_text text = { 0 };
    json_set_alloc_funcs(malloc, free);
    /* One image. */
    fovea_text_format(&text, "{");
    end_body(&text);
    assert_true(peak_of(&text, FOVEA_OK) < 16384);
    /* As many as there may be. */
    static const char image[] = "\\/9j0123456789abcdef";
    fovea_text_format(&text, "{\"input\":[");
    for (size_t i = 0; i < FOVEA_DEFAULT_MAX_ITEMS; i++) {
        fovea_text_format(&text, i ? ",{\"image\":\"" : "{\"image\":\"");
        repeat(&text, image, 480);
        fovea_text_format(&text, "\"}");
    }
    fovea_text_format(&text, "]}");
    assert_true(text.size > BODY_SIZE / 2);
    assert_true(peak_of(&text, FOVEA_OK) < 2U << 20);
    /* The most expensive values, and the longest of short strings. */
    char string[1100];
    (void)snprintf(string, sizeof string, "\"%01024d\",", 0);
    fovea_text_format(&text, "{\"x\":[");
    repeat(&text, string, 3980);
    repeat(&text, "{},", 32000);
    fovea_text_format(&text, "0],");
    end_body(&text);
    size_t most = peak_of(&text, FOVEA_OK);
    assert_in_range(most, BODY_SIZE / 2, BODY_SIZE);
    /* What has more is refused before a tree is made of it. */
    fovea_text_format(&text, "{\"x\":[");
    repeat(&text, "{},", BODY_SIZE / 3);
    fovea_text_format(&text, "0]}");
    assert_true(peak_of(&text, FOVEA_ERR_TOO_MANY_ITEMS) < 1U << 20);
    fovea_text_format(&text, "{\"x\":[");
    repeat(&text, string, BODY_SIZE / 1027);
    fovea_text_format(&text, "0]}");
    assert_in_range(peak_of(&text, FOVEA_ERR_BODY_TOO_LARGE), 0, BODY_SIZE);
    fovea_text_finish(&text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_are_read),
        cmocka_unit_test(wrong_settings_are_named),
        cmocka_unit_test(lists_are_checked),
        cmocka_unit_test(strings_are_told_apart),
        cmocka_unit_test(strings_that_are_no_images),
        cmocka_unit_test(objects_are_read),
        cmocka_unit_test(objects_that_are_no_images),
        cmocka_unit_test(items_are_apart),
        cmocka_unit_test(items_have_names),
        cmocka_unit_test(settings_are_set_from_text),
        cmocka_unit_test(memory_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
