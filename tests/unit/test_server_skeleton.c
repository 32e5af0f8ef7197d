/* JSON without its long strings: what is cut, what is refused and where. */
#include "base/macros.h"
#include "base/text.h"
#include "server/skeleton.h"
#include "support/test.h"

/* So that a string of nine letters is a long one. */
static const struct fovea_skeleton_limits small = {
    .long_size = 8,
    .max_long = 100,
    .max_parts = 1000,
    .max_size = 100000,
};

/* A body of exactly its size on the heap, and what came of it. */
struct parsed {
    char *body;
    size_t size;
    struct fovea_skeleton skeleton;
    struct fovea_error error;
    enum fovea_status status;
};

static void
parse_bytes(const struct fovea_skeleton_limits *limits, const char *bytes,
        size_t size, struct parsed *parsed)
{
    *parsed = (struct parsed){ .size = size };
    parsed->body = malloc(size + !size);
    assert_non_null(parsed->body);
    memcpy(parsed->body, bytes, size);
    parsed->status = fovea_skeleton_parse(parsed->body, size, limits,
            &parsed->skeleton, &parsed->error);
    if (parsed->status) {
        assert_null(parsed->skeleton.tree);
        assert_null(parsed->skeleton.strings);
    }
}

static void
parsed_finish(struct parsed *parsed)
{
    fovea_skeleton_finish(&parsed->skeleton);
    fovea_skeleton_finish(&parsed->skeleton);
    free(parsed->body);
}

static void
parse_good(const char *text, struct parsed *parsed)
{
    parse_bytes(&small, text, strlen(text), parsed);
    assert_ok(parsed->status, &parsed->error);
}

static void
check_bytes_refused(const struct fovea_skeleton_limits *limits,
        const char *bytes, size_t size, enum fovea_status code,
        const char *part)
{
    struct parsed parsed;
    parse_bytes(limits, bytes, size, &parsed);
    assert_fails(parsed.status, &parsed.error, code, part);
    parsed_finish(&parsed);
}

static void
check_refused(const char *text, const char *part)
{
    check_bytes_refused(&small, text, strlen(text), FOVEA_ERR_JSON, part);
}

static bool
is_in_body(const struct parsed *parsed, const char *data)
{
    return data >= parsed->body && data < parsed->body + parsed->size;
}

static const char *
string_of(const struct parsed *parsed, const char *name)
{
    size_t size = 0;
    const json_t *json = fovea_skeleton_field(parsed->skeleton.tree, name);
    assert_true(json_is_string(json));
    const char *data = fovea_skeleton_string(&parsed->skeleton, json, &size);
    assert_int_equal(strlen(data), size);
    return data;
}

static void
long_strings_stay_in_the_body(void **state)
{
    (void)state;
    struct parsed parsed;
    parse_good(
            " {\"short\":\"12345678\" ,\"long\": \"123456789\",\n"
            "\"list\":[\"@0\",\".abcdefgh\",\"\"],\"none\":null,\"n\":-1.5}\n",
            &parsed);
    assert_string_equal(string_of(&parsed, "short"), "12345678");
    assert_false(is_in_body(&parsed, string_of(&parsed, "short")));
    assert_string_equal(string_of(&parsed, "long"), "123456789");
    assert_ptr_equal(string_of(&parsed, "long"),
            parsed.body + strlen(" {\"short\":\"12345678\" ,\"long\": \""));
    const json_t *tree = parsed.skeleton.tree;
    assert_null(fovea_skeleton_field(tree, "none"));
    assert_null(fovea_skeleton_field(tree, "nothing"));
    assert_true(json_number_value(fovea_skeleton_field(tree, "n")) == -1.5);
    /* What looks like a tag is none. */
    static const char *const expected[] = { "@0", ".abcdefgh", "" };
    const json_t *list = fovea_skeleton_field(tree, "list");
    assert_int_equal(json_array_size(list), FOVEA_ARRAY_LEN(expected));
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(expected); i++) {
        size_t size = 0;
        assert_string_equal(fovea_skeleton_string(&parsed.skeleton,
                                    json_array_get(list, i), &size),
                expected[i]);
        assert_int_equal(size, strlen(expected[i]));
    }
    assert_int_equal(parsed.skeleton.n_strings, 2);
    parsed_finish(&parsed);
}

/* A string as it is sent, in a body of its own, for each limit from where all
 * strings are long to where none is. */
static void
check_string(const char *raw, const char *expected)
{
    struct fovea_text text = { 0 };
    fovea_text_format(&text, "{\"a\":\"%s\",\"b\":[\"%s\"]}", raw, raw);
    struct fovea_skeleton_limits limits = small;
    for (limits.long_size = 1; limits.long_size < 80; limits.long_size++) {
        struct parsed parsed;
        parse_bytes(&limits, text.data, text.size, &parsed);
        assert_ok(parsed.status, &parsed.error);
        const char *data = string_of(&parsed, "a");
        assert_string_equal(data, expected);
        assert_int_equal(is_in_body(&parsed, data),
                strlen(raw) > limits.long_size);
        parsed_finish(&parsed);
    }
    fovea_text_finish(&text);
}

static void
escapes_are_decoded(void **state)
{
    (void)state;
    check_string("", "");
    check_string("plain", "plain");
    check_string("\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t");
    /* PHP, .NET */
    check_string("data:image\\/png;base64,iVBOR\\/w0KGgo\\/",
            "data:image/png;base64,iVBOR/w0KGgo/");
    check_string("iVBOR\\u002Bw0KGgo\\u002b\\u003d", "iVBOR+w0KGgo+=");
    check_string("\\u0041\\u00e9\\u20AC\\uffff",
            "A\xc3\xa9\xe2\x82\xac\xef\xbf\xbf");
    check_string("\\ud83d\\ude00 \\uD800\\uDC00 \\udbff\\udfff",
            "\xf0\x9f\x98\x80 \xf0\x90\x80\x80 \xf4\x8f\xbf\xbf");
    check_string("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 and \\u00e9 behind it",
            "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 and \xc3\xa9 behind it");
    check_string("\\\\u0041 \\\\\\\\\\\"", "\\u0041 \\\\\"");
    check_string("\x7f []{},: '", "\x7f []{},: '");
    check_string("0123456789abcdef0123456789abcdef\\n0123456789abcdef01234567"
                 "89abcdef",
            "0123456789abcdef0123456789abcdef\n0123456789abcdef0123456789abcde"
            "f");
}

/* A string that is wrong at its fourth byte: short, long, and behind a long
 * one. */
static void
check_bad_string(const char *raw, const char *part)
{
    static const char *const heads[] = { "{\"a\":\"",
        "{\"long\":\"0123456789\","
        "\"longer\":[\"" };
    static const char *const tails[] = { "\"}", "0123456789\"}" };
    for (size_t i = 0; i < 4; i++) {
        struct fovea_text text = { 0 };
        fovea_text_format(&text, "%sabc%s%s", heads[i / 2], raw, tails[i % 2]);
        char place[40];
        (void)snprintf(place, sizeof place,
                "at byte %zu: ", strlen(heads[i / 2]) + 3);
        check_bytes_refused(&small, text.data, text.size, FOVEA_ERR_JSON, part);
        check_bytes_refused(&small, text.data, text.size, FOVEA_ERR_JSON,
                place);
        fovea_text_finish(&text);
    }
}

static void
bad_strings_are_refused(void **state)
{
    (void)state;
    check_bad_string("\n", "control character 0x0a in a string");
    check_bad_string("\x1f", "control character 0x1f in a string");
    check_bad_string("\\a", "an escape that JSON does not have");
    check_bad_string("\\U0041", "an escape that JSON does not have");
    check_bad_string("\\u004 ", "four hexadecimal digits");
    check_bad_string("\\u00g1", "four hexadecimal digits");
    check_bad_string("\\u0000", "\\u0000 is not taken");
    check_bad_string("\\ud83d", "first half of a surrogate pair");
    check_bad_string("\\ud83d\\n", "first half of a surrogate pair");
    check_bad_string("\\ud83d\\u0041", "first half of a surrogate pair");
    check_bad_string("\\ud83d\\ud83d", "first half of a surrogate pair");
    check_bad_string("\\ude00\\ud83d", "second half of a surrogate pair");
    check_bad_string("\xff", "byte 0xff is not UTF-8");
    check_bad_string("\x80", "byte 0x80 is not UTF-8");
    check_bad_string("\xc0\xaf", "byte 0xc0 is not UTF-8");
    check_bad_string("\xed\xa0\x80", "byte 0xed is not UTF-8");
    check_bad_string("\xf4\x90\x80\x80", "byte 0xf4 is not UTF-8");
    check_bad_string("\xe2\x82", "byte 0xe2 is not UTF-8");
    check_bytes_refused(&small, "{\"a\":\"b\0c\"}", 11, FOVEA_ERR_JSON,
            "byte 7: control character 0x00 in a string");
}

static void
what_is_no_object_is_refused(void **state)
{
    (void)state;
    check_refused("", "the body is empty");
    check_refused(" \r\n\t", "the body is empty");
    check_refused("\xef\xbb\xbf{}", "byte order mark");
    check_refused("[1]",
            "byte 0: the body must be an object, not begin with '['");
    check_refused("  \"a\"", "byte 2: the body must be an object");
    check_refused("\xff\xd8\xff", "not begin with 0xff");
    check_refused("{}}", "byte 2: behind the object comes '}'");
    check_refused("{} ,{}", "byte 3: behind the object comes ','");
    check_refused("{]", "near byte 2");
    check_refused("{\"a\":[}", "byte 7: the body ends before its object does");
    check_refused("{\"a\":[}}", "near byte");
    check_refused("{\"a\":1", "byte 6: the body ends before its object does");
    check_refused("{\"a\":\"b}", "byte 5: a string that does not end");
    check_refused("{\"a\":\"b\\", "byte 7: an escape");
    check_refused("{\"a\":\"b\\u00", "byte 7: \\u is not followed");
    check_refused("{\"a\":\"\xf0\x9f", "byte 6: byte 0xf0 is not UTF-8");
}

static void
errors_of_the_grammar_have_their_place(void **state)
{
    (void)state;
    check_refused("{\"a\":'b'}", "byte 5: unexpected character '''");
    check_refused("{\"a\":\xc2\xa0 1}", "byte 5: unexpected character 0xc2");
    check_refused("{\"a\":1} // b", "byte 8: behind the object comes '/'");
    check_refused("{/**/}", "byte 1: unexpected character '/'");
    check_refused("{\"a\" \"b\"}", "near byte 8: ':' expected");
    check_refused("{\"a\":1 \"b\":2}", "near byte 10: '}' expected");
    check_refused("{\"a\":1,}", "near byte 8: string or '}' expected");
    check_refused("{a:1}", "near byte 2: string or '}' expected");
    check_refused("{\"a\":[1 2]}", "near byte 9: ']' expected");
    check_refused("{\"a\":[1,]}", "near byte 9: unexpected token");
    check_refused("{\"a\":tru}", "near byte 8: invalid token");
    check_refused("{\"a\":NaN}", "near byte 8: invalid token");
    check_refused("{\"a\":01}", "near byte 6: invalid token");
    check_refused("{\"a\":+1}", "invalid token");
    check_refused("{\"a\":1e999}", "near byte 10: real number overflow");
    check_refused("{\"a\":1,\"a\":2}", "near byte 10: duplicate object key");
    check_refused("{\"b\":[{\"a\":1,\"c\":0,\"a\":2}]}",
            "duplicate object key");
    /* The same name, written in two ways. */
    check_refused("{\"a\":1,\"\\u0061\":2}", "duplicate object key");
    /* Behind strings that are not in the skeleton as they are in the body. */
    check_refused(
            "{\"a\":\"0123456789\",\"b\":\"\\\"\",\"c\":\"\\/0123456789\","
            "\"d\" 1}",
            "near byte 51: ':' expected");
    check_refused("{\"a\":\"0123456789\",\"b\":tru}",
            "near byte 25: invalid token");
}

static void
large_numbers_are_numbers(void **state)
{
    (void)state;
    struct parsed parsed;
    parse_good("{\"a\":99999999,\"b\":1e300,\"c\":-0,\"d\":1e-999}", &parsed);
    const json_t *tree = parsed.skeleton.tree;
    assert_true(json_number_value(fovea_skeleton_field(tree, "a")) == 99999999);
    assert_true(json_number_value(fovea_skeleton_field(tree, "b")) == 1e300);
    assert_true(json_number_value(fovea_skeleton_field(tree, "c")) == 0);
    assert_true(json_number_value(fovea_skeleton_field(tree, "d")) == 0);
    parsed_finish(&parsed);
    check_refused("{\"a\":123456789}", "byte 5: a number of more than 8");
    static const struct fovea_skeleton_limits wide = {
        .long_size = 100,
        .max_parts = 2,
        .max_size = 200,
    };
    static const char digits[] =
            "{\"a\":9999999999999999999999999999999999999}";
    /* The object, the name, and one too many. */
    check_bytes_refused(&wide, digits, strlen(digits), FOVEA_ERR_TOO_MANY_ITEMS,
            "more than 2 values and names");
}

static void
cut_short_it_is_never_good(void **state)
{
    (void)state;
    static const char body[] =
            "{\"model\":\"m\\u00e9\",\"input\":[\"0123456789abcdef\","
            "{\"image\":\"\\/9j\\/4AAQSkZJRg\\u002B\\ud83d\\ude00\"},"
            "\"\xe2\x82\xac\xf0\x9f\x98\x80\xe2\x82\xac\"],"
            "\"n\":[true,null,-1.5e3]}";
    for (size_t size = 0; size < strlen(body); size++) {
        check_bytes_refused(&small, body, size, FOVEA_ERR_JSON,
                "not valid JSON");
    }
    struct parsed parsed;
    parse_good(body, &parsed);
    parsed_finish(&parsed);
}

static void
depth_is_bounded(void **state)
{
    (void)state;
    char body[2 * FOVEA_SKELETON_DEPTH + 16];
    for (size_t depth = FOVEA_SKELETON_DEPTH; depth < FOVEA_SKELETON_DEPTH + 2;
            depth++) {
        size_t n = (size_t)snprintf(body, sizeof body, "{\"a\":");
        memset(body + n, '[', depth - 1);
        memset(body + n + depth - 1, ']', depth - 1);
        body[n + 2 * (depth - 1)] = '}';
        size_t size = n + 2 * (depth - 1) + 1;
        if (depth > FOVEA_SKELETON_DEPTH) {
            check_bytes_refused(&small, body, size, FOVEA_ERR_JSON,
                    "byte 36: lists and objects are nested more than 32 deep");
        } else {
            struct parsed parsed;
            parse_bytes(&small, body, size, &parsed);
            assert_ok(parsed.status, &parsed.error);
            parsed_finish(&parsed);
        }
    }
}

static void
limits_have_their_codes(void **state)
{
    (void)state;
    static const char body[] =
            "{\"a\":[\"0123456789\",\"0123456789\",1,\"b\"]}";
    /* The object, its name, the list, four things in it. */
    struct fovea_skeleton_limits limits = {
        .long_size = 8,
        .max_long = 2,
        .max_parts = 7,
        .max_size = strlen("{'.a':['@0','@1',1,'.b']}"),
    };
    struct parsed parsed;
    parse_bytes(&limits, body, strlen(body), &parsed);
    assert_ok(parsed.status, &parsed.error);
    parsed_finish(&parsed);
    limits.max_size--;
    check_bytes_refused(&limits, body, strlen(body), FOVEA_ERR_BODY_TOO_LARGE,
            "besides strings of more than 8");
    limits.max_size++;
    limits.max_parts = 6;
    check_bytes_refused(&limits, body, strlen(body), FOVEA_ERR_TOO_MANY_ITEMS,
            "more than 6 values and names");
    limits.max_parts = 7;
    limits.max_long = 1;
    check_bytes_refused(&limits, body, strlen(body), FOVEA_ERR_TOO_MANY_ITEMS,
            "more than 1 strings of more than 8 bytes");
    limits = small;
    limits.max_size = SIZE_MAX;
    parse_bytes(&limits, body, strlen(body), &parsed);
    assert_ok(parsed.status, &parsed.error);
    parsed_finish(&parsed);
    check_refused("{\"0123456789\" :1}", "byte 2: a name of more than 8 bytes");
}

static void
kinds_have_names(void **state)
{
    (void)state;
    static const char *const expected[] = { "an object", "a list", "a string",
        "a number", "true or false", "true or false", "null" };
    struct parsed parsed;
    parse_good("{\"a\":[{},[],\"\",1,true,false,null]}", &parsed);
    const json_t *list = fovea_skeleton_field(parsed.skeleton.tree, "a");
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(expected); i++) {
        assert_string_equal(fovea_skeleton_kind(json_array_get(list, i)),
                expected[i]);
    }
    parsed_finish(&parsed);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_strings_stay_in_the_body),
        cmocka_unit_test(escapes_are_decoded),
        cmocka_unit_test(bad_strings_are_refused),
        cmocka_unit_test(what_is_no_object_is_refused),
        cmocka_unit_test(errors_of_the_grammar_have_their_place),
        cmocka_unit_test(large_numbers_are_numbers),
        cmocka_unit_test(cut_short_it_is_never_good),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(limits_have_their_codes),
        cmocka_unit_test(kinds_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
