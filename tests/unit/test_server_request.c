/* Requests in JSON: settings, lists, and what they cost. */
#include <malloc.h>

#include "base/macros.h"
#include "base/text.h"
#include "server/fields.h"
#include "support/requested.h"

enum {
    MOST_IMAGES = 2048, /* images of a request */
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

static void
settings_are_read(void **state)
{
    (void)state;
    struct parsed parsed;
    parse_good("{\"input\":\"/9j/\"}", &parsed);
    assert_null(parsed.request.model);
    assert_int_equal(parsed.request.encoding, FOVEA_ENCODING_FLOAT);
    assert_int_equal(parsed.request.dimensions, 0);
    assert_false(parsed.request.on_error_item);
    parsed_finish(&parsed);
    parse_good("{\"model\":\"openai\\/clip\",\"input\":[\"/9j/\",\"/9j/BBBB\"],"
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
    check_image(&parsed.request.items[1], FOVEA_ITEM_IMAGE_BASE64, "/9j/BBBB");
    parsed_finish(&parsed);
    parse_good("{\"model\":null,\"images\":\"/9j/\",\"modality\":null,"
               "\"encoding_format\":null,\"dimensions\":null,"
               "\"on_error\":null,\"input\":null}",
            &parsed);
    assert_string_equal(parsed.request.list_name, "images");
    assert_null(parsed.request.model);
    parsed_finish(&parsed);
    parse_good("{\"inputs\":\"/9j/\",\"encoding_format\":\"float\","
               "\"on_error\":\"fail\",\"dimensions\":256.0,\"model\":\"\"}",
            &parsed);
    assert_string_equal(parsed.request.list_name, "inputs");
    assert_int_equal(parsed.request.dimensions, 256);
    assert_null(parsed.request.model);
    parsed_finish(&parsed);
}

#define REST ",\"input\":\"/9j/\"}"

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
    check_refused("{\"modality\":\"audio\"" REST, FOVEA_ERR_ARGUMENT,
            "modality",
            "modality must be \"image\" or \"text\" (audio is not served), not "
            "\"audio\"");
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
    check_refused("{\"images\":[\"/9j/\"]" REST, FOVEA_ERR_ARGUMENT, "images",
            "\"input\" and \"images\" are both given");
    check_refused("{\"images\":[\"/9j/\"],\"inputs\":[]}", FOVEA_ERR_ARGUMENT,
            "images", "\"inputs\" and \"images\" are both given");
    check_refused("{\"input\":[\"\",2,3,4,5,6,7,8,9]}",
            FOVEA_ERR_TOO_MANY_ITEMS, "input",
            "input has 9 items, at most 8 are taken (--max-items)");
    check_refused("[\"/9j/\"]", FOVEA_ERR_JSON, "", "must be an object");
    check_refused("{\"input\":\"/9j/\",\"input\":\"/9j/BBBB\"}", FOVEA_ERR_JSON,
            "", "duplicate object key");
    check_refused("{\"images\":[\"/9j/\"],\"texts\":[]}", FOVEA_ERR_ARGUMENT,
            "texts", "\"images\" and \"texts\" are both given");
    check_refused("{\"images\":[\"/9j/\"],\"modality\":\"text\"}",
            FOVEA_ERR_ARGUMENT, "modality",
            "modality is \"text\", and \"images\" are given");
    check_refused("{\"texts\":[\"cat\"],\"modality\":\"image\"}",
            FOVEA_ERR_ARGUMENT, "modality",
            "modality is \"image\", and \"texts\" are given");
    check_refused("{\"input\":{\"image\":\"A\",\"image\":\"B\"}}",
            FOVEA_ERR_JSON, "", "duplicate object key");
    struct fovea_text text = { 0 };
    fovea_text_format(&text, "{\"input\":[");
    for (size_t i = 0; i < 10000; i++) {
        fovea_text_format(&text, "\"/9j/\",");
    }
    fovea_text_format(&text, "\"/9j/\"]}");
    check_refused(text.data, FOVEA_ERR_TOO_MANY_ITEMS, "",
            "more than 4224 values and names");
    fovea_text_finish(&text);
}

/* One bad item leaves its neighbours as they are. */
static void
items_are_apart(void **state)
{
    (void)state;
    struct parsed parsed;
    struct fovea_text text = { 0 };
    fovea_text_format(&text,
            "{\"input\":[\"/9j/\",\"file:/a\",{\"image\":\"%04000d\\/\"},7]}",
            0);
    parse_good(text.data, &parsed);
    const struct fovea_request_item *items = parsed.request.items;
    assert_int_equal(parsed.request.n_items, 4);
    check_image(&items[0], FOVEA_ITEM_IMAGE_BASE64, "/9j/");
    assert_int_equal(items[1].error.code, FOVEA_ERR_URL);
    assert_int_equal(items[2].error.code, FOVEA_OK);
    assert_int_equal(items[2].item.size, 4001);
    const char *data = items[2].item.data;
    assert_true(data > parsed.body && data < parsed.body + parsed.size);
    assert_string_equal(data + 3998, "00/");
    assert_fails(items[3].error.code, &items[3].error, FOVEA_ERR_ARGUMENT,
            "must be a string or an object, not a number");
    parsed_finish(&parsed);
    fovea_text_finish(&text);
}

static void
items_have_names(void **state)
{
    (void)state;
    char param[FOVEA_HTTP_PARAM_SIZE];
    struct fovea_embed_request request = { .list_name = "input", .n_items = 4 };
    fovea_embed_request_param(&request, 0, param);
    assert_string_equal(param, "input");
    request.is_list = true;
    fovea_embed_request_param(&request, 3, param);
    assert_string_equal(param, "input[3]");
    request = (struct fovea_embed_request){ .n_items = 1 };
    fovea_embed_request_param(&request, 0, param);
    assert_string_equal(param, "");
}

static void
check_set_refused(const char *name, const char *value, const char *part)
{
    struct fovea_embed_request request = { 0 };
    struct fovea_http_complaint complaint = { .param = "" };
    assert_fails(fovea_fields_set(&request, name, value, &complaint),
            &complaint.error, FOVEA_ERR_ARGUMENT, part);
    assert_string_equal(complaint.param, name);
    fovea_embed_request_finish(&request);
}

static void
settings_are_set_from_text(void **state)
{
    (void)state;
    static const char *const pairs[][2] = { { "model", "first" },
        { "model", "second" }, { "model", "" }, { "dimensions", "" },
        { "dimensions", "4294967295" }, { "dimensions", "" },
        { "output_dimension", "4294967295" }, { "normalized", "true" },
        { "encoding_format", "float" }, { "encoding_format", "base64" },
        { "on_error", "fail" }, { "on_error", "item" }, { "modality", "image" },
        { "modality", "" }, { "other", "value" } };
    struct fovea_embed_request request = { 0 };
    struct fovea_http_complaint complaint = { .param = "" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(pairs); i++) {
        assert_ok(fovea_fields_set(&request, pairs[i][0], pairs[i][1],
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
    check_set_refused("normalized", "false", ", not false");
    check_set_refused("embed_dtype", "float16", ", not \"float16\"");
    check_set_refused("modality", "audio", ", not \"audio\"");
}

/* The most that parsing a text takes beside it. */
static size_t
peak_of(struct fovea_text *text, enum fovea_status expected)
{
    struct fovea_embed_request request = { 0 };
    struct fovea_http_complaint complaint = { .param = "" };
    size_t before = live;
    peak = live;
    assert_int_equal(fovea_embed_request_parse(text->data, text->size,
                             MOST_IMAGES, &request, &complaint),
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
    fovea_text_format(text, "\",\"input\":\"/9j/\"}");
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
    for (size_t i = 0; i < MOST_IMAGES; i++) {
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
        cmocka_unit_test(items_are_apart),
        cmocka_unit_test(items_have_names),
        cmocka_unit_test(settings_are_set_from_text),
        cmocka_unit_test(memory_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
