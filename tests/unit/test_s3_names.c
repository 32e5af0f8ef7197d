/* s3:// URLs, what becomes of them in a request, and what a store's failures mean. */
#include "base/clock.h"
#include "base/macros.h"
#include "s3/site.h"
#include "s3/state.h"
#include "source/passing.h"
#include "support/test.h"

static void
a_url_has_a_bucket_and_a_key(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        const char *bucket;
        const char *key;
    } cases[] = {
        { "s3://abc/k", "abc", "k" },
        { "S3://abc/k/", "abc", "k/" },
        { "s3://abc", "abc", "" },
        { "s3://abc/", "abc", "" },
        { "s3://abc//k", "abc", "/k" },
        { "s3://a.b-c_D9/../k?a=b#c%20", "a.b-c_D9", "../k?a=b#c%20" },
    };
    struct fovea_error error;
    struct fovea_s3_name name;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        assert_ok(fovea_s3_url_parse(cases[i].url, &name, &error), &error);
        assert_string_equal(name.bucket, cases[i].bucket);
        assert_string_equal(name.key, cases[i].key);
    }
}

static void
nothing_else_is_one(void **state)
{
    (void)state;
    static const char *const cases[] = { "", "abc/k", "s3:/abc/k", "s4://abc/k",
        "s3://", "s3:///k", "s3://ab/k", "s3://-abc/k", "s3://abc-/k",
        "s3://a..b/k", "s3://a b/k", "s3://a@b.c/k", "s3://abc:80/k",
        "s3://abc?x/k", "s3://abc/\x01", "s3://abc/a\nb", "s3://abc/\x7f",
        "s3://abc/\xff" };
    struct fovea_error error;
    struct fovea_s3_name name = { .bucket = "" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        assert_fails(fovea_s3_url_parse(cases[i], &name, &error), &error,
                FOVEA_ERR_URL, "s3://");
        assert_string_equal(name.bucket, "");
    }
    char longest[FOVEA_MAX_KEY_BYTES + 32];
    (void)snprintf(longest, sizeof longest, "s3://abc/%01024d", 0);
    assert_ok(fovea_s3_url_parse(longest, &name, &error), &error);
    (void)snprintf(longest, sizeof longest, "s3://abc/%01025d", 0);
    assert_fails(fovea_s3_url_parse(longest, &name, &error), &error,
            FOVEA_ERR_URL, "1024");
}

static void
assert_url(const struct fovea_site_wish *wish, const char *s3, const char *url,
        const char *host)
{
    struct fovea_error error;
    struct fovea_site site;
    struct fovea_s3_name name;
    struct fovea_text text = { 0 };
    assert_ok(fovea_site_make(wish, &site, &error), &error);
    assert_ok(fovea_s3_url_parse(s3, &name, &error), &error);
    fovea_site_url(&site, &name, &text);
    assert_string_equal(text.data, url);
    fovea_text_clear(&text);
    fovea_site_host(&site, name.bucket, &text);
    assert_string_equal(text.data, host);
    assert_int_equal(site.is_chosen, wish->endpoint != NULL);
    fovea_text_finish(&text);
}

static void
a_site_says_where_a_bucket_is(void **state)
{
    (void)state;
    const struct fovea_site_wish none = { .region = NULL };
    assert_url(&none, "s3://abc/a b+c=d,e~f/g%",
            "https://abc.s3.us-east-1.amazonaws.com/a%20b%2Bc%3Dd%2Ce~f/g%25",
            "abc.s3.us-east-1.amazonaws.com");
    /* What no certificate covers, or no host is called. */
    assert_url(&none, "s3://a.bc/k",
            "https://s3.us-east-1.amazonaws.com/a.bc/k",
            "s3.us-east-1.amazonaws.com");
    assert_url(&none, "s3://Abc/k", "https://s3.us-east-1.amazonaws.com/Abc/k",
            "s3.us-east-1.amazonaws.com");
    assert_url(&(struct fovea_site_wish){ .region = "cn-north-1" },
            "s3://abc/k", "https://abc.s3.cn-north-1.amazonaws.com.cn/k",
            "abc.s3.cn-north-1.amazonaws.com.cn");
    assert_url(&(struct fovea_site_wish){ .path_style = true }, "s3://abc",
            "https://s3.us-east-1.amazonaws.com/abc",
            "s3.us-east-1.amazonaws.com");
    assert_url(&(struct fovea_site_wish){ .endpoint = "http://s.test:9000/" },
            "s3://a.bc/k", "http://a.bc.s.test:9000/k", "a.bc.s.test:9000");
    assert_url(&(struct fovea_site_wish){ .endpoint = "http://minio:9000" },
            "s3://abc/k", "http://minio:9000/abc/k", "minio:9000");
    assert_url(&(struct fovea_site_wish){ .endpoint = "https://127.0.0.1" },
            "s3://abc/k", "https://127.0.0.1/abc/k", "127.0.0.1");
    assert_url(&(struct fovea_site_wish){ .endpoint = "http://[::1]:90" },
            "s3://abc/k", "http://[::1]:90/abc/k", "[::1]:90");
}

static void
an_odd_site_is_named(void **state)
{
    (void)state;
    static const char *const endpoints[] = { "minio", "s3://x", "http://",
        "http://h/p", "http://h/?q", "http://h/#f", "http://u:p@h" };
    static const char *const regions[] = { "a b", "a/b", "a.b", "\n",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };
    struct fovea_error error;
    struct fovea_site site = { .host = "" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(endpoints); i++) {
        assert_fails(
                fovea_site_make(
                        &(struct fovea_site_wish){ .endpoint = endpoints[i] },
                        &site, &error),
                &error, FOVEA_ERR_ARGUMENT, "--s3-endpoint");
        assert_null(strstr(error.message, "u:p"));
    }
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(regions); i++) {
        assert_fails(fovea_site_make(
                             &(struct fovea_site_wish){ .region = regions[i] },
                             &site, &error),
                &error, FOVEA_ERR_ARGUMENT, "--s3-region");
    }
    assert_string_equal(site.host, "");
}

static void
failures_have_their_status(void **state)
{
    (void)state;
    static const struct {
        long code;
        const char *text;
        const char *region;
        enum fovea_status status;
        const char *part;
    } cases[] = {
        { 404, "", "", FOVEA_ERR_FILE_NOT_FOUND, "no such object" },
        { 404, "<Error><Code>NoSuchBucket</Code></Error>", "",
                FOVEA_ERR_FILE_NOT_FOUND, "no such bucket" },
        { 403, "<Code>AccessDenied</Code>", "", FOVEA_ERR_OBJECT_STORE_DENIED,
                "403 Forbidden (AccessDenied)" },
        { 401, "", "", FOVEA_ERR_OBJECT_STORE_DENIED, "401" },
        { 400, "<Code>ExpiredToken</Code>", "", FOVEA_ERR_OBJECT_STORE_DENIED,
                "ExpiredToken" },
        { 400, "<Code>RequestTimeout</Code>", "", FOVEA_ERR_OBJECT_STORE,
                "RequestTimeout" },
        { 400, "<Code>X</Code><Region>eu-west-3</Region>", "",
                FOVEA_ERR_ARGUMENT, "region eu-west-3" },
        { 301, "", "eu-west-3", FOVEA_ERR_ARGUMENT, "--s3-region" },
        { 307, "", "", FOVEA_ERR_OBJECT_STORE_DENIED, "elsewhere" },
        { 409, "", "", FOVEA_ERR_OBJECT_STORE, "409 Conflict" },
        { 412, "", "", FOVEA_ERR_OBJECT_CHANGED, "s3://abc/k" },
        { 416, "", "", FOVEA_ERR_OBJECT_CHANGED, "s3://abc/k" },
        { 429, "", "", FOVEA_ERR_OBJECT_STORE, "429" },
        { 500, "", "", FOVEA_ERR_OBJECT_STORE, "500" },
        { 501, "", "", FOVEA_ERR_OBJECT_STORE_DENIED, "501" },
        { 503, "<Code>SlowDown</Code>", "", FOVEA_ERR_OBJECT_STORE,
                "(SlowDown)" },
        { 507, "", "", FOVEA_ERR_DISK_FULL, "507" },
        /* What is no word is not said. */
        { 403, "<Code>%n<b>\n</Code>", "<x>", FOVEA_ERR_OBJECT_STORE_DENIED,
                "403 Forbidden" },
    };
    const struct fovea_s3_name name = { .bucket = "abc", .key = "k" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        struct fovea_error error = { .code = FOVEA_OK };
        struct fovea_text text = { 0 };
        fovea_text_format(&text, "%s", cases[i].text);
        assert_fails(fovea_s3_explain(&name, cases[i].code, &text,
                             cases[i].region, &error),
                &error, cases[i].status, cases[i].part);
        assert_null(strpbrk(error.message, "%<\n"));
        fovea_text_finish(&text);
    }
}

static void
a_long_name_is_cut_in_messages(void **state)
{
    (void)state;
    struct fovea_s3_name name = { .bucket = "abc" };
    char words[FOVEA_S3_WORDS_SIZE];
    memset(name.key, 'k', FOVEA_MAX_KEY_BYTES);
    fovea_s3_words(&name, words);
    assert_int_equal(strlen(words), FOVEA_S3_WORDS_SIZE - 1);
    assert_string_equal(words + FOVEA_S3_WORDS_SIZE - sizeof "...", "...");
    (void)snprintf(name.key, sizeof name.key, "a\x1b[2J");
    fovea_s3_words(&name, words);
    assert_string_equal(words, "s3://abc/a?[2J");
}

static void
pauses_double_and_end(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 70; n++) {
        int64_t whole = INT64_C(1000) << (n < 30 ? n : 30);
        int64_t most = 20 * FOVEA_NS_PER_S;
        whole = whole < most ? whole : most;
        assert_in_range(fovea_pause_after(n, 1000), whole / 2, whole);
    }
    assert_true(fovea_may_pass(FOVEA_OK, 503));
    assert_true(fovea_may_pass(FOVEA_ERR_FETCH, 0));
    assert_true(fovea_may_pass(FOVEA_ERR_FETCH_STATUS, 520));
    assert_true(fovea_may_pass(FOVEA_OK, 408));
    assert_true(fovea_may_pass(FOVEA_OK, 429));
    assert_false(fovea_may_pass(FOVEA_ERR_FETCH_STATUS, 404));
    assert_false(fovea_may_pass(FOVEA_OK, 501));
    assert_false(fovea_may_pass(FOVEA_OK, 403));
    assert_false(fovea_may_pass(FOVEA_OK, 200));
    assert_false(fovea_may_pass(FOVEA_ERR_URL_REFUSED, 0));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_url_has_a_bucket_and_a_key),
        cmocka_unit_test(nothing_else_is_one),
        cmocka_unit_test(a_site_says_where_a_bucket_is),
        cmocka_unit_test(an_odd_site_is_named),
        cmocka_unit_test(failures_have_their_status),
        cmocka_unit_test(a_long_name_is_cut_in_messages),
        cmocka_unit_test(pauses_double_and_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
