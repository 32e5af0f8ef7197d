/* Searches as they are asked for, and images that are to be items of an index. */
#include "base/macros.h"
#include "base/text.h"
#include "server/search_fields.h"
#include "support/requested.h"

#define IMAGE "\"data:image/png;base64,iVBORw0KGgo=\""

static void
a_search_has_all_that_is_asked(void **state)
{
    (void)state;
    struct parsed parsed;
    parse_search("{\"input\":[\"a red car\",{\"id\":\"@17\",\"weight\":2.5},"
                 "{\"image\":" IMAGE "}],\"minus\":{\"text\":\"snow\","
                 "\"weight\":0.5},\"index\":\"photos\",\"model\":\"m\",\"n\":7,"
                 "\"min_score\":-0.25,\"filter\":{\"paths\":[\"2019/*\",\"b\"],"
                 "\"not_paths\":\"*.png\",\"since\":\"2019\",\"until\":"
                 "\"2020-01\"}}",
            &parsed);
    assert_ok(parsed.status, &parsed.complaint.error);
    const struct fovea_embed_request *request = &parsed.request;
    const struct fovea_request_search *search = &request->search;
    assert_true(search->is_asked);
    assert_string_equal(search->index, "photos");
    assert_string_equal(request->model, "m");
    assert_int_equal(search->n, 7);
    assert_float_equal(search->min_score, -0.25, 0);
    assert_int_equal(search->paths.n, 2);
    assert_string_equal(search->paths.all[0], "2019/*");
    assert_string_equal(search->paths.all[1], "b");
    assert_int_equal(search->not_paths.n, 1);
    assert_string_equal(search->not_paths.all[0], "*.png");
    assert_string_equal(search->since, "2019");
    assert_string_equal(search->until, "2020-01");
    assert_int_equal(request->n_items, 4);
    assert_int_equal(search->n_minus, 1);
    static const float weights[] = { 1, 2.5F, 1, -0.5F };
    static const char *const params[] = { "input[0]", "input[1]", "input[2]",
        "minus[0]" };
    for (size_t i = 0; i < request->n_items; i++) {
        char param[FOVEA_HTTP_PARAM_SIZE];
        const struct fovea_request_item *item = &request->items[i];
        fovea_embed_request_param(request, i, param);
        assert_string_equal(param, params[i]);
        assert_int_equal(item->error.code, FOVEA_OK);
        assert_float_equal(item->weight, weights[i], 0);
        assert_true(!item->id == (i != 1));
    }
    assert_string_equal(request->items[1].id, "@17");
    assert_null(request->items[1].item.data);
    assert_int_equal(request->items[0].item.kind, FOVEA_ITEM_TEXT);
    assert_int_equal(request->items[2].item.kind, FOVEA_ITEM_IMAGE_BASE64);
    assert_int_equal(request->items[3].item.kind, FOVEA_ITEM_TEXT);
    parsed_finish(&parsed);
}

static void
a_search_has_defaults(void **state)
{
    (void)state;
    struct parsed parsed;
    parse_search("{\"input\":\"a cat\",\"filter\":null,\"minus\":null}",
            &parsed);
    assert_ok(parsed.status, &parsed.complaint.error);
    const struct fovea_request_search *search = &parsed.request.search;
    assert_null(search->index);
    assert_int_equal(search->n, 0);
    assert_float_equal(search->min_score, -1, 0);
    assert_int_equal(search->n_minus, 0);
    assert_int_equal(search->paths.n + search->not_paths.n, 0);
    parsed_finish(&parsed);
}

static void
what_lies_in_the_body_is_copied(void **state)
{
    (void)state;
    enum {
        N = 200
    };
    /* 1200 bytes of escapes, which stand for 200. */
    struct fovea_text text = { 0 };
    char expected[N + 1] = "";
    fovea_text_format(&text, "{\"input\":{\"id\":\"");
    for (size_t i = 0; i < N; i++) {
        fovea_text_format(&text, "\\u0061");
        expected[i] = 'a';
    }
    fovea_text_format(&text, "\"}}");
    struct parsed parsed;
    parse_search(text.data, &parsed);
    assert_ok(parsed.status, &parsed.complaint.error);
    memset(parsed.body, 'x', parsed.size);
    assert_string_equal(parsed.request.items[0].id, expected);
    parsed_finish(&parsed);
    fovea_text_finish(&text);
}

static void
searches_are_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *fields;
        const char *param;
        const char *part;
    } bad[] = {
        { "\"min_scor\":1", "", "a search has no field \"min_scor\"" },
        { "\"encoding_format\":\"float\"", "", "no field \"encoding_format\"" },
        { "\"\\u00e4\":1", "", "no field \"??\"" },
        { "\"n\":0", "n", "an integer from 1" },
        { "\"n\":1.5", "n", "not 1.5" },
        { "\"n\":\"9\"", "n", "not a string" },
        { "\"min_score\":1.01", "min_score", "from -1 to 1" },
        { "\"min_score\":\"x\"", "min_score", "from -1 to 1" },
        { "\"index\":7", "index", "an index's name, not a number" },
        { "\"filter\":[]", "filter", "must be an object, not a list" },
        { "\"filter\":{\"path\":\"a\"}", "filter",
                "filter has no field \"path\"" },
        { "\"filter\":{\"paths\":[\"a\",1]}", "filter.paths", "not a number" },
        { "\"filter\":{\"not_paths\":\"\"}", "filter.not_paths", "1 to 1024" },
        { "\"filter\":{\"since\":2019}", "filter.since", "not a number" },
        { "\"filter\":{\"until\":{}}", "filter.until", "not an object" },
        { "\"minus\":[]", "minus", "minus is empty" },
        { "\"minus\":7", "minus", "not a number" },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(bad); i++) {
        struct fovea_text text = { 0 };
        struct parsed parsed;
        fovea_text_format(&text, "{\"input\":\"a\",%s}", bad[i].fields);
        parse_search(text.data, &parsed);
        assert_fails(parsed.status, &parsed.complaint.error, FOVEA_ERR_ARGUMENT,
                bad[i].part);
        assert_string_equal(parsed.complaint.param, bad[i].param);
        parsed_finish(&parsed);
        fovea_text_finish(&text);
    }
    struct parsed parsed;
    parse_search("{\"input\":[1,2,3,4,5,6,\"a\"],\"minus\":[\"a\",\"b\"]}",
            &parsed);
    assert_fails(parsed.status, &parsed.complaint.error,
            FOVEA_ERR_TOO_MANY_ITEMS, "minus has 2 items");
    parsed_finish(&parsed);
}

static void
items_of_a_search_are_refused_one_by_one(void **state)
{
    (void)state;
    static const struct {
        const char *item;
        const char *part;
    } bad[] = {
        { "{\"id\":7}", "\"id\" must be a string, not a number" },
        { "{\"id\":\"\"}", "an id has 0 bytes" },
        { "{\"text\":\"a\",\"weight\":0}", "\"weight\" must be a number" },
        { "{\"text\":\"a\",\"weight\":\"1\"}", "\"weight\" must be a number" },
        { "{\"text\":\"a\",\"weight\":-1001}", "from -1000 to 1000" },
        { "{\"text\":\"a\",\"weight\":1e-60}", "and not 0" },
        { "{\"weight\":1}", "an object without" },
        { "\"./cat.jpg\"", "looks like a path" },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(bad); i++) {
        struct fovea_text text = { 0 };
        struct parsed parsed;
        fovea_text_format(&text, "{\"input\":[\"a\",%s]}", bad[i].item);
        parse_search(text.data, &parsed);
        assert_ok(parsed.status, &parsed.complaint.error);
        const struct fovea_request_item *item = &parsed.request.items[1];
        assert_fails(item->error.code, &item->error, FOVEA_ERR_ARGUMENT,
                bad[i].part);
        parsed_finish(&parsed);
        fovea_text_finish(&text);
    }
}

static void
items_for_an_index_have_an_id(void **state)
{
    (void)state;
    struct parsed parsed;
    parse_named("{\"input\":[{\"id\":\"a/b c\",\"image\":" IMAGE "},"
                "{\"image\":" IMAGE "}," IMAGE ",{\"id\":\"x\"}]}",
            &parsed);
    assert_ok(parsed.status, &parsed.complaint.error);
    const struct fovea_request_item *items = parsed.request.items;
    assert_int_equal(parsed.request.n_items, 4);
    assert_string_equal(items[0].id, "a/b c");
    assert_int_equal(items[0].item.kind, FOVEA_ITEM_IMAGE_BASE64);
    for (size_t i = 1; i < 3; i++) {
        assert_fails(items[i].error.code, &items[i].error, FOVEA_ERR_ARGUMENT,
                "an object with an \"id\"");
    }
    assert_fails(items[3].error.code, &items[3].error, FOVEA_ERR_ARGUMENT,
            "an object without");
    parsed_finish(&parsed);
}

static void
ids_can_be_named_by_urls(void **state)
{
    (void)state;
    char most[130];
    memset(most, 'a', sizeof most);
    most[128] = '\0';
    static const char *const good[] = { "a", "a/b", "thumbnail", "a b",
        "\xc3\xa4", "1" };
    static const char *const bad[] = { "", "@1", "/a", "a/", "a//b", "a\nb",
        "\x7f", "a/thumbnail" };
    struct fovea_error error;
    assert_ok(fovea_item_id_check(most, &error), &error);
    most[128] = 'a';
    most[129] = '\0';
    assert_fails(fovea_item_id_check(most, &error), &error, FOVEA_ERR_ARGUMENT,
            "1 to 128");
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(good); i++) {
        assert_ok(fovea_item_id_check(good[i], &error), &error);
    }
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(bad); i++) {
        assert_fails(fovea_item_id_check(bad[i], &error), &error,
                FOVEA_ERR_ARGUMENT, "an id");
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_search_has_all_that_is_asked),
        cmocka_unit_test(a_search_has_defaults),
        cmocka_unit_test(what_lies_in_the_body_is_copied),
        cmocka_unit_test(searches_are_refused_by_name),
        cmocka_unit_test(items_of_a_search_are_refused_one_by_one),
        cmocka_unit_test(items_for_an_index_have_an_id),
        cmocka_unit_test(ids_can_be_named_by_urls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
