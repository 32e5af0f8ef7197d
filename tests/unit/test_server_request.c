/* Requests in JSON: every shape that clients send, and every complaint. */
#include <malloc.h>

#include "base/error.h"
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
    check_refused("{\"modality\":\"text\"" REST, FOVEA_ERR_TEXT_UNSUPPORTED,
            "modality",
            "modality is \"text\", and only images are embedded here");
    check_refused("{\"modality\":\"audio\"" REST, FOVEA_ERR_ARGUMENT,
            "modality",
            "modality must be \"image\" (text and audio are not served), not "
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
        "\"endianness\":\"little\",\"truncate_prompt_tokens\":9", /* vLLM */
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
        { "\"image\":\"AAAA\"", "image", "given in \"input\"" },
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
    check_refused("{\"texts\":[\"a cat\"]}", FOVEA_ERR_TEXT_UNSUPPORTED,
            "texts", "only images are embedded here");
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

/* Chats are one embedding of one image. */
static void
messages_are_read(void **state)
{
    (void)state;
    struct parsed parsed;
    parse_good("{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
               "\"image_url\",\"image_url\":{\"url\":\"AAAA\"}}]}]}",
            &parsed);
    assert_string_equal(parsed.request.list_name, "messages");
    assert_int_equal(parsed.request.n_items, 1);
    check_image(&parsed.request.items[0], FOVEA_IMAGE_BASE64, "AAAA");
    assert_false(parsed.request.items[0].may_be_text);
    parsed_finish(&parsed);
    check_refused("{\"messages\":[{\"content\":[]},{\"content\":[]}]}",
            FOVEA_ERR_ARGUMENT, "messages", "a list of one message");
    check_refused("{\"messages\":{\"content\":[]}}", FOVEA_ERR_ARGUMENT,
            "messages", "a list of one message");
    check_refused("{\"messages\":[]}", FOVEA_ERR_ARGUMENT, "messages",
            "messages is empty");
    check_refused("{\"messages\":[{\"image\":\"AAAA\"}]" REST,
            FOVEA_ERR_ARGUMENT, "messages", "both given");
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
    fovea_request_item_explain(read, &error);
    assert_int_equal(error.code, expected);
    assert_non_null(strstr(error.message, "its own words"));
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
    check_refused("{\"input\":[\"\",2,3,4,5,6,7,8,9]}",
            FOVEA_ERR_TOO_MANY_ITEMS, "input",
            "input has 9 images, at most 8 are taken");
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
    assert_fails(items[3].error.code, &items[3].error, FOVEA_ERR_ARGUMENT,
            "must be a string or an object, not a number");
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
        { "model", "second" }, { "model", "" }, { "dimensions", "" },
        { "dimensions", "4294967295" }, { "dimensions", "" },
        { "output_dimension", "4294967295" }, { "normalized", "true" },
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
    check_set_refused("normalized", "false", ", not false");
    check_set_refused("embed_dtype", "float16", ", not \"float16\"");
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
        cmocka_unit_test(foreign_fields_are_honoured_or_refused),
        cmocka_unit_test(messages_are_read),
        cmocka_unit_test(token_ids_are_texts),
        cmocka_unit_test(short_strings_may_be_texts),
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
