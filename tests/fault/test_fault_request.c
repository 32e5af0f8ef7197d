/* Requests in JSON when memory fails: every allocation in turn, jansson's too.
 * A client must not be told that its request is wrong when it is not. */
#include "base/macros.h"
#include "server/embed_request_parse.h"
#include "server/fields.h"
#include "support/fault.h"
#include "support/test.h"

static const struct fault_rules strict = { .also = FOVEA_OK };

#define LONG_TEXT                                                      \
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" \
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" \
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" \
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define IMAGE LONG_TEXT LONG_TEXT LONG_TEXT LONG_TEXT LONG_TEXT

static const char body[] =
        "{\"model\":\"a\\/b\",\"encoding_format\":\"base64\",\"user\":[1,2.5,"
        "true,null,{\"a\":{},\"b\":[],\"c\":\"\"}],\"dimensions\":7,\"input\":["
        "\"" IMAGE "\",\"" LONG_TEXT "\",{\"type\":\"image_url\",\"image_url\":"
        "{\"url\":\"" IMAGE "\\/\"}},{\"content\":[{\"image\":\"https:\\/\\/a"
        "\"}]}]}";

static enum fovea_status
read_body(const void *context, struct fovea_error *err)
{
    (void)context;
    char copy[sizeof body];
    memcpy(copy, body, sizeof body);
    struct fovea_embed_request request = { 0 };
    struct fovea_http_complaint complaint = { .param = "" };
    enum fovea_status status = fovea_embed_request_parse(copy, sizeof body - 1,
            10, &request, &complaint);
    if (status) {
        assert_null(request.tree);
        *err = complaint.error;
        return status;
    }
    assert_string_equal(request.model, "a/b");
    assert_int_equal(request.dimensions, 7);
    assert_int_equal(request.n_items, 4);
    static const size_t sizes[] = { sizeof IMAGE - 1, sizeof LONG_TEXT - 1,
        sizeof IMAGE, sizeof "https://a" - 1 };
    for (size_t i = 0; i < request.n_items; i++) {
        assert_int_equal(request.items[i].error.code, FOVEA_OK);
        assert_int_equal(request.items[i].item.size, sizes[i]);
    }
    fovea_embed_request_finish(&request);
    return FOVEA_OK;
}

static void
reading_a_request(void **state)
{
    (void)state;
    assert_true(fault_each_allocation(read_body, NULL, strict) > 50);
}

static const char labelled[] =
        "{\"input\":[\"" IMAGE "\"],\"labels\":[\"a cat\",\"" LONG_TEXT
        "\"],\"template\":\"{} there\",\"model\":\"a\",\"top_k\":1}";

static enum fovea_status
read_labels(const void *context, struct fovea_error *err)
{
    (void)context;
    char copy[sizeof labelled];
    memcpy(copy, labelled, sizeof labelled);
    struct fovea_embed_request request = { 0 };
    struct fovea_http_complaint complaint = { .param = "" };
    enum fovea_status status = fovea_classify_request_parse(copy,
            sizeof labelled - 1, 10, &request, &complaint);
    if (status) {
        assert_null(request.labels.names);
        *err = complaint.error;
        return status;
    }
    assert_string_equal(request.labels.names[1], LONG_TEXT);
    assert_string_equal(request.items[1].item.data, "a cat there");
    fovea_embed_request_finish(&request);
    return FOVEA_OK;
}

static void
reading_labels(void **state)
{
    (void)state;
    assert_true(fault_each_allocation(read_labels, NULL, strict) > 30);
}

static enum fovea_status
set_model(const void *context, struct fovea_error *err)
{
    struct fovea_embed_request request = { 0 };
    struct fovea_http_complaint complaint = { .param = "" };
    enum fovea_status status =
            fovea_fields_set(&request, "model", context, &complaint);
    *err = complaint.error;
    fovea_embed_request_finish(&request);
    return status;
}

static void
setting_a_model(void **state)
{
    (void)state;
    assert_int_equal(fault_each_allocation(set_model, "a/b", strict), 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading_a_request),
        cmocka_unit_test(reading_labels),
        cmocka_unit_test(setting_a_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
