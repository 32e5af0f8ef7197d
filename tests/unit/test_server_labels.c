/* Requests for labels of images, in JSON. */
#include "base/macros.h"
#include "base/text.h"
#include "server/job_write_labels.h"
#include "support/requested.h"

#define IMAGE  "\"input\":\"/9j/\""
#define LABELS "\"labels\":[\"cat\",\"dog\"]"

static void
check_text_of(const struct fovea_embed_request *request, size_t label,
        const char *text)
{
    const struct fovea_request_item *item =
            &request->items[request->n_items + label];
    assert_int_equal(item->error.code, FOVEA_OK);
    assert_int_equal(item->item.kind, FOVEA_ITEM_TEXT);
    assert_int_equal(item->item.size, strlen(text));
    assert_memory_equal(item->item.data, text, strlen(text));
}

static void
labels_are_read(void **state)
{
    (void)state;
    struct parsed parsed;
    parse_labelled("{" IMAGE "," LABELS "}", &parsed);
    assert_ok(parsed.status, &parsed.complaint.error);
    const struct fovea_embed_request *request = &parsed.request;
    assert_int_equal(request->n_items, 1);
    assert_int_equal(request->labels.n, 2);
    assert_int_equal(fovea_embed_request_size(request), 3);
    assert_false(request->labels.is_raw);
    assert_int_equal(request->labels.top, 0);
    assert_string_equal(request->labels.names[1], "dog");
    check_image(&request->items[0], FOVEA_ITEM_IMAGE_BASE64, "/9j/");
    check_text_of(request, 0, "a photo of a cat");
    check_text_of(request, 1, "a photo of a dog");
    char param[FOVEA_HTTP_PARAM_SIZE];
    fovea_embed_request_param(request, 0, param);
    assert_string_equal(param, "input");
    fovea_embed_request_param(request, 2, param);
    assert_string_equal(param, "labels[1]");
    parsed_finish(&parsed);
    parse_labelled("{\"images\":[\"cats\",{\"image\":\"/9j/\"}],\"labels\":"
                   "[\"caf\\u00e9\"],\"template\":\"{} seen\",\"raw_scores\":"
                   "true,\"top_k\":1,\"model\":\"a\",\"on_error\":\"item\"}",
            &parsed);
    assert_ok(parsed.status, &parsed.complaint.error);
    assert_int_equal(request->n_items, 2);
    /* No string is a text. */
    check_image(&request->items[0], FOVEA_ITEM_IMAGE_BASE64, "cats");
    check_text_of(request, 0, "caf\xc3\xa9 seen");
    assert_true(request->labels.is_raw);
    assert_true(request->on_error_item);
    assert_int_equal(request->labels.top, 1);
    parsed_finish(&parsed);
    parse_labelled("{" IMAGE "," LABELS
                   ",\"template\":null,\"raw_scores\":null,"
                   "\"top_k\":null,\"modality\":\"image\"}",
            &parsed);
    check_text_of(request, 0, "a photo of a cat");
    parsed_finish(&parsed);
}

static void
what_labels_cannot_be(void **state)
{
    (void)state;
    static const struct {
        const char *fields;
        enum fovea_status code;
        const char *param;
        const char *part;
    } cases[] = {
        { IMAGE, FOVEA_ERR_ARGUMENT, "labels", "\"labels\" is missing" },
        { IMAGE ",\"labels\":null", FOVEA_ERR_ARGUMENT, "labels",
                "\"labels\" is missing" },
        { IMAGE ",\"labels\":\"cat\"", FOVEA_ERR_ARGUMENT, "labels",
                "labels must be a list of strings, not a string" },
        { IMAGE ",\"labels\":[]", FOVEA_ERR_ARGUMENT, "labels",
                "there are no labels" },
        { IMAGE ",\"labels\":[\"a\",7]", FOVEA_ERR_ARGUMENT, "labels",
                "labels[1] must be a string, not a number" },
        { IMAGE ",\"labels\":[\"a\",null]", FOVEA_ERR_ARGUMENT, "labels",
                "labels[1] must be a string, not null" },
        { IMAGE ",\"labels\":[\"a\",\" \"]", FOVEA_ERR_ARGUMENT, "labels",
                "labels[1]: label 2 is empty" },
        { IMAGE ",\"labels\":[\"a\",\" a\"]", FOVEA_ERR_ARGUMENT, "labels",
                "labels[1]: the label \" a\" is given twice" },
        { IMAGE ",\"labels\":[\"a\",\"b\",\"a\"]", FOVEA_ERR_ARGUMENT, "labels",
                "labels[2]: the label \"a\" is given twice" },
        { IMAGE ",\"labels\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\","
                "\"9\"]",
                FOVEA_ERR_TOO_MANY_ITEMS, "labels",
                "there are 9 labels, at most 8 are taken (--max-items)" },
        { IMAGE "," LABELS ",\"template\":\"a photo\"", FOVEA_ERR_ARGUMENT,
                "template", "needs {} where the label is to stand" },
        { IMAGE "," LABELS ",\"template\":\"{} {}\"", FOVEA_ERR_ARGUMENT,
                "template", "has {} once" },
        { IMAGE "," LABELS ",\"template\":[]", FOVEA_ERR_ARGUMENT, "template",
                "template must be a text with {} in it, not a list" },
        { IMAGE "," LABELS ",\"raw_scores\":1", FOVEA_ERR_ARGUMENT,
                "raw_scores", "must be true or false, not a number" },
        { IMAGE "," LABELS ",\"top_k\":-1", FOVEA_ERR_ARGUMENT, "top_k",
                "not -1" },
        { IMAGE "," LABELS ",\"dimensions\":8", FOVEA_ERR_ARGUMENT,
                "dimensions", "compared with whole vectors" },
        { IMAGE "," LABELS ",\"modality\":\"text\"", FOVEA_ERR_ARGUMENT,
                "modality", "and not of texts" },
        { "\"texts\":[\"a\"]," LABELS, FOVEA_ERR_ARGUMENT, "modality",
                "\"texts\" are given" },
        { LABELS, FOVEA_ERR_ARGUMENT, "input", "\"input\" is missing" },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        struct fovea_text text = { 0 };
        struct parsed parsed;
        fovea_text_format(&text, "{%s}", cases[i].fields);
        parse_labelled(text.data, &parsed);
        assert_fails(parsed.status, &parsed.complaint.error, cases[i].code,
                cases[i].part);
        assert_null(strstr(parsed.complaint.error.message, "labels[0]"));
        assert_string_equal(parsed.complaint.param, cases[i].param);
        parsed_finish(&parsed);
        fovea_text_finish(&text);
    }
}

/* One that is a text leaves its neighbours as they are. */
static void
texts_have_no_labels(void **state)
{
    (void)state;
    struct parsed parsed;
    parse_labelled(
            "{\"input\":[{\"text\":\"a\"},\"/9j/\",{\"content\":\"a\"}]," LABELS
            "}",
            &parsed);
    assert_ok(parsed.status, &parsed.complaint.error);
    const struct fovea_request_item *items = parsed.request.items;
    for (size_t i = 0; i < 3; i += 2) {
        assert_fails(items[i].error.code, &items[i].error, FOVEA_ERR_ARGUMENT,
                "a text, and labels are of images");
        assert_null(items[i].item.data);
    }
    assert_int_equal(items[1].error.code, FOVEA_OK);
    parsed_finish(&parsed);
}

/* Fields of labels are nothing to a request for vectors. */
static void
labels_are_ignored_elsewhere(void **state)
{
    (void)state;
    struct parsed parsed;
    parse_good("{" IMAGE ",\"labels\":7,\"template\":[],\"top_k\":\"x\"}",
            &parsed);
    assert_int_equal(parsed.request.labels.n, 0);
    assert_int_equal(fovea_embed_request_size(&parsed.request), 1);
    parsed_finish(&parsed);
}

static void
check_size(const char *text, uint64_t max_size, bool fits)
{
    struct parsed parsed;
    parse_labelled(text, &parsed);
    assert_ok(parsed.status, &parsed.complaint.error);
    enum fovea_status status = fovea_server_check_labels_size(&parsed.request,
            max_size, &parsed.complaint);
    if (fits) {
        assert_ok(status, &parsed.complaint.error);
    } else {
        assert_fails(status, &parsed.complaint.error, FOVEA_ERR_BODY_TOO_LARGE,
                "(--max-body): ask for fewer, or for the best of them (top_k)");
        assert_string_equal(parsed.complaint.param, "labels");
    }
    parsed_finish(&parsed);
}

/* 43 bytes a label and image, as the sum of all or of so many of the longest. */
static void
an_answer_has_a_size(void **state)
{
    (void)state;
    check_size("{" IMAGE "," LABELS "}", 86, true);
    check_size("{" IMAGE "," LABELS "}", 85, false);
    check_size("{\"input\":[\"/9j/\",\"/9j/\"]," LABELS "}", 172, true);
    check_size("{\"input\":[\"/9j/\",\"/9j/\"]," LABELS "}", 171, false);
    check_size("{" IMAGE ",\"labels\":[\"a\",\"four\"],\"top_k\":1}", 44, true);
    check_size("{" IMAGE ",\"labels\":[\"a\",\"four\"],\"top_k\":1}", 43,
            false);
    check_size("{" IMAGE ",\"labels\":[\"a\",\"four\"],\"top_k\":9}", 85, true);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_are_read),
        cmocka_unit_test(what_labels_cannot_be),
        cmocka_unit_test(texts_have_no_labels),
        cmocka_unit_test(labels_are_ignored_elsewhere),
        cmocka_unit_test(an_answer_has_a_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
