/* See requested.h. */
#include "requested.h"

#include "base/text.h"

static void
parse_by(fovea_request_parse_fn *parse, const char *text, struct parsed *parsed)
{
    *parsed = (struct parsed){ .size = strlen(text) };
    parsed->body = malloc(parsed->size + !parsed->size);
    assert_non_null(parsed->body);
    memcpy(parsed->body, text, parsed->size);
    parsed->status = parse(parsed->body, parsed->size, MAX_ITEMS,
            &parsed->request, &parsed->complaint);
    if (parsed->status) {
        assert_null(parsed->request.tree);
        assert_null(parsed->request.items);
    } else {
        assert_int_equal(parsed->complaint.error.code, FOVEA_OK);
    }
}

static void
parse(const char *text, struct parsed *parsed)
{
    parse_by(fovea_embed_request_parse, text, parsed);
}

void
parse_labelled(const char *text, struct parsed *parsed)
{
    parse_by(fovea_classify_request_parse, text, parsed);
}

void
parse_search(const char *text, struct parsed *parsed)
{
    parse_by(fovea_search_body_parse, text, parsed);
}

void
parse_named(const char *text, struct parsed *parsed)
{
    parse_by(fovea_items_request_parse, text, parsed);
}

void
parsed_finish(struct parsed *parsed)
{
    fovea_embed_request_finish(&parsed->request);
    fovea_embed_request_finish(&parsed->request);
    free(parsed->body);
}

void
parse_good(const char *text, struct parsed *parsed)
{
    parse(text, parsed);
    assert_ok(parsed->status, &parsed->complaint.error);
}

void
check_refused(const char *text, enum fovea_status code, const char *param,
        const char *part)
{
    struct parsed parsed;
    parse(text, &parsed);
    assert_fails(parsed.status, &parsed.complaint.error, code, part);
    assert_string_equal(parsed.complaint.param, param);
    parsed_finish(&parsed);
}

void
check_image(const struct fovea_request_item *item, enum fovea_item_kind kind,
        const char *text)
{
    if (item->error.code) {
        fail_msg("%s: %s", text, item->error.message);
    }
    assert_null(item->owned);
    assert_int_equal(item->item.kind, kind);
    assert_int_equal(item->item.size, strlen(text));
    assert_memory_equal(item->item.data, text, strlen(text) + 1);
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

void
check_item(const char *item, enum fovea_item_kind kind, const char *expected)
{
    struct parsed parsed;
    for (int in_list = 0; in_list < 2; in_list++) {
        parse_item(item, in_list, &parsed);
        check_image(&parsed.request.items[0], kind, expected);
        parsed_finish(&parsed);
    }
}

void
check_bad_item(const char *item, enum fovea_status code, const char *part)
{
    struct parsed parsed;
    parse_item(item, true, &parsed);
    const struct fovea_error *error = &parsed.request.items[0].error;
    assert_fails(error->code, error, code, part);
    assert_null(parsed.request.items[0].item.data);
    parsed_finish(&parsed);
}
