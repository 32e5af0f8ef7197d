/* One URL at a time: what servers do right and wrong. */
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../unit/test.h"
#include "base/clock.h"
#include "fetched.h"
#include "server.h"

static struct server *server;
static char *raw_bytes[16]; /* what it serves; freed after it */
static size_t n_raw_bytes;

/* Fetch a path of the server, which must work. */
static void
check_good(const char *path, uint64_t size)
{
    struct fovea_fetch_settings settings = fetch_settings();
    struct fetched fetched;
    char url[URL_SIZE];
    assert_ok(fetch_one(&settings, url_of(server_port(server), path, url),
                      &fetched),
            &fetched.result);
    check_pattern(&fetched, size);
    assert_true(fetched.fetch_ns > 0);
    fetched_finish(&fetched);
}

static void
check_bad(const struct fovea_fetch_settings *settings, const char *url,
        enum fovea_status code, const char *part)
{
    struct fetched fetched;
    enum fovea_status status = fetch_one(settings, url, &fetched);
    if (status != code || !strstr(fetched.result.message, part)) {
        fail_msg("%s: %s: %s", url, fovea_status_name(status),
                fetched.result.message);
    }
    /* What may be secret is not told. */
    assert_null(strstr(fetched.result.message, "secret"));
    fetched_finish(&fetched);
}

static void
check_bad_path(const char *path, enum fovea_status code, const char *part)
{
    struct fovea_fetch_settings settings = fetch_settings();
    char url[URL_SIZE];
    check_bad(&settings, url_of(server_port(server), path, url), code, part);
}

static void
test_bytes(void **state)
{
    (void)state;
    check_good("/bytes/1", 1);
    check_good("/bytes/300000", 300000);
    check_good("/bytes/0", 0);
    check_good("/bytes/1048576", 1048576); /* just the limit */
    check_good("/chunked/123456", 123456);
    check_good("/pause/20/5000", 5000);
}

static void
test_the_request_says_little(void **state)
{
    (void)state;
    char request[4096];
    (void)setenv("HTTP_PROXY", "http://127.0.0.1:1", 1);
    (void)setenv("http_proxy", "http://127.0.0.1:1", 1);
    check_good("/bytes/7", 7);
    (void)unsetenv("HTTP_PROXY");
    (void)unsetenv("http_proxy");
    server_last(server, request, sizeof request);
    assert_int_equal(strncmp(request, "GET /bytes/7 HTTP/1.1\r\n", 23), 0);
    assert_non_null(
            strstr(request, "\r\nUser-Agent: test/1 (nobody@example.org)\r\n"));
    assert_null(strcasestr(request, "Cookie"));
    assert_null(strcasestr(request, "Authorization"));
    assert_null(strcasestr(request, "Accept-Encoding"));
    assert_null(strcasestr(request, "Referer"));
}

static void
test_statuses(void **state)
{
    (void)state;
    check_bad_path("/status/404?secret", FOVEA_ERR_FETCH_STATUS,
            "answered 404 Not Found");
    check_bad_path("/status/403", FOVEA_ERR_FETCH_STATUS, "403 Forbidden");
    check_bad_path("/status/500", FOVEA_ERR_FETCH_STATUS, "500 Internal");
    check_bad_path("/status/599", FOVEA_ERR_FETCH_STATUS, "answered 599");
    check_bad_path("/status/304", FOVEA_ERR_FETCH_STATUS, "answered 304");
    check_bad_path("/nowhere", FOVEA_ERR_FETCH_STATUS, "answered 302");
}

static void
test_redirects(void **state)
{
    (void)state;
    check_good("/hops/1", 10);
    check_good("/hops/5", 10);
    check_bad_path("/hops/6?secret", FOVEA_ERR_FETCH_REDIRECTS,
            "more than 5 times");
    char path[URL_SIZE];
    (void)snprintf(path, sizeof path, "/to/http://localhost:%u/bytes/30",
            server_port(server));
    check_good(path, 30);
}

static void
test_redirects_to_what_is_no_web_page(void **state)
{
    (void)state;
    check_bad_path("/to/file:///etc/passwd", FOVEA_ERR_URL, "only http");
    check_bad_path("/to/ftp://127.0.0.1/secret", FOVEA_ERR_URL, "only http");
    check_bad_path("/to/gopher://127.0.0.1/secret", FOVEA_ERR_URL, "only http");
    check_bad_path("/to/data:text/plain,secret", FOVEA_ERR_URL, "redirect");
    check_bad_path("/to/http://me:secret@127.0.0.1/", FOVEA_ERR_URL,
            "password");
    check_bad_path("/to/http://", FOVEA_ERR_URL, "redirect");
}

static void
test_urls_that_are_none(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        const char *part;
    } rows[] = {
        { "", "malformed" },
        { "picture.jpg", "malformed" },
        { "/etc/secret", "malformed" },
        { "http://", "malformed" },
        { "http://host:99999/secret", "malformed" },
        { "http://ho st/secret", "malformed" },
        { "http://127.0.0.1/a secret", "malformed" },
        { "http://127.0.0.1/\x01secret", "malformed" },
        { "file:///etc/secret", "only http and https" },
        { "ftp://127.0.0.1/secret", "only http and https" },
        { "javascript:secret", "" },
        { "http://secret@127.0.0.1/", "user name or password" },
        { "http://a:secret@127.0.0.1/", "user name or password" },
        { "http://:secret@127.0.0.1/", "user name or password" },
        { "https://[::1/secret", "malformed" },
    };
    struct fovea_fetch_settings settings = fetch_settings();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        check_bad(&settings, rows[i].url, FOVEA_ERR_URL, rows[i].part);
    }
    char longest[10000];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = 0;
    memcpy(longest, "http://a/", 9);
    check_bad(&settings, longest, FOVEA_ERR_URL, "limit of 8192 bytes");
}

static void
test_too_large(void **state)
{
    (void)state;
    check_bad_path("/bytes/1048577", FOVEA_ERR_IMAGE_TOO_MANY_BYTES,
            "1048577 bytes are more than the limit of 1048576");
    /* The header is enough: nobody waits for the bytes. */
    check_bad_path("/claim/99999999999", FOVEA_ERR_IMAGE_TOO_MANY_BYTES,
            "99999999999 bytes");
    check_bad_path("/chunked/1048577", FOVEA_ERR_IMAGE_TOO_MANY_BYTES,
            "more bytes came than the limit of 1048576");
    check_bad_path("/endless", FOVEA_ERR_IMAGE_TOO_MANY_BYTES,
            "more bytes came");
}

static void
test_broken_off(void **state)
{
    (void)state;
    check_bad_path("/cut/100000", FOVEA_ERR_FETCH,
            "the connection broke off; 50000 bytes came");
    check_bad_path("/headers", FOVEA_ERR_FETCH, "bytes of headers came");
    check_bad_path("/nonsense?secret", FOVEA_ERR_FETCH, "127.0.0.1");
}

/* Bytes that a server sends as they are. */
static void
put_raw(const char *path, const char *head, char filler, size_t n,
        const char *tail)
{
    size_t size = strlen(head) + n + strlen(tail);
    char *bytes = malloc(size + 1); /* as long as the server may send it */
    assert_non_null(bytes);
    memcpy(bytes, head, strlen(head));
    memset(bytes + strlen(head), filler, n);
    memcpy(bytes + strlen(head) + n, tail, strlen(tail) + 1);
    server_put(server, path, NULL, bytes, size);
    raw_bytes[n_raw_bytes++] = bytes;
}

/* What a server sends too much of is its fault, not a want of memory here. */
static void
test_long_lines(void **state)
{
    (void)state;
    enum {
        LONG = 300000
    };
    put_raw("/long-header", "HTTP/1.1 200 OK\r\nX-A: ", 'a', LONG,
            "\r\nContent-Length: 1\r\n\r\na");
    put_raw("/long-status", "HTTP/1.1 200 ", 'a', LONG, "\r\n\r\n");
    put_raw("/long-start", "", 'H', LONG, "");
    put_raw("/long-trailer",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            "1\r\na\r\n0\r\nX-A: ",
            'a', LONG, "\r\n\r\n");
    check_bad_path("/long-header", FOVEA_ERR_FETCH, "longer headers");
    check_bad_path("/long-status", FOVEA_ERR_FETCH, "127.0.0.1");
    check_bad_path("/long-start", FOVEA_ERR_FETCH, "127.0.0.1");
    check_bad_path("/long-trailer", FOVEA_ERR_FETCH, "127.0.0.1");
}

static void
test_bodies_that_are_not_as_they_say(void **state)
{
    (void)state;
    static const char chunked[] =
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    char head[256];
    (void)snprintf(head, sizeof head, "%sfffffffffffffffff\r\n", chunked);
    put_raw("/chunk-size", head, 'a', 10, "");
    (void)snprintf(head, sizeof head, "%sxyz\r\n", chunked);
    put_raw("/chunk-none", head, 'a', 10, "");
    (void)snprintf(head, sizeof head, "%s5\r\n", chunked);
    put_raw("/chunk-cut", head, 'a', 3, "");
    put_raw("/length", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", 'a', 10,
            "");
    check_bad_path("/chunk-size", FOVEA_ERR_FETCH, "127.0.0.1");
    check_bad_path("/chunk-none", FOVEA_ERR_FETCH, "127.0.0.1");
    check_bad_path("/chunk-cut", FOVEA_ERR_FETCH, "broke off");
    check_bad_path("/length", FOVEA_ERR_FETCH, "127.0.0.1");
}

/* Nothing is unpacked, so that nothing unpacks to more. */
static void
test_what_is_declared(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        const char *head;
        const char *declared;
    } rows[] = {
        { "/d1", "200 OK\r\nContent-Type: text/html; charset=utf-8",
                "text/html" },
        { "/d2", "200 OK\r\nContent-Type: image/png\r\nContent-Encoding: gzip",
                "image/png packed with gzip" },
        { "/d3", "200 OK\r\nContent-Type: a\x01\xff/b",
                "a?"
                "?/b" },
        { "/d4", "200 OK", "" },
    };
    struct fovea_fetch_settings settings = fetch_settings();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fetched fetched;
        char url[URL_SIZE];
        server_put(server, rows[i].path, rows[i].head, "\x1f\x8b", 2);
        assert_ok(fetch_one(&settings,
                          url_of(server_port(server), rows[i].path, url),
                          &fetched),
                &fetched.result);
        assert_string_equal(fetched.declared, rows[i].declared);
        assert_int_equal(fetched.size, 2);
        fetched_finish(&fetched);
    }
}

static void
test_servers_that_ask_to_wait(void **state)
{
    (void)state;
    char url[URL_SIZE];
    unsigned port = server_port(server);
    unsigned before = server_requests(server);
    check_good("/busy/429/1/0", 10);
    check_good("/busy/503/2/0", 10);
    assert_int_equal(server_requests(server), before + 5);
    /* It is waited for. */
    struct fovea_fetch_settings settings = fetch_settings();
    struct fetched fetched;
    assert_ok(
            fetch_one(&settings, url_of(port, "/busy/429/1/1", url), &fetched),
            &fetched.result);
    check_pattern(&fetched, 10);
    assert_true(fetched.fetch_ns >= FOVEA_NS_PER_S);
    fetched_finish(&fetched);
    /* Not for ever, not longer than there is time, and not unasked. */
    before = server_requests(server);
    check_bad_path("/busy/429/3/0?secret", FOVEA_ERR_FETCH_BUSY,
            "answered 429 Too Many Requests, and was asked 3 times "
            "(--fetch-tries, fovea_url_options.max_tries)");
    assert_int_equal(server_requests(server), before + 3);
    check_good("/busy/429/3/0", 10); /* the fourth of that row */
    check_bad_path("/busy/503/9/300", FOVEA_ERR_FETCH_BUSY,
            "asks to wait 300 s, longer than there is time for (--fetch-time, "
            "fovea_url_options.total_ns)");
    check_good("/busy/503/0/0", 10); /* ends that row */
    check_bad_path("/status/429", FOVEA_ERR_FETCH_BUSY,
            "answered 429 Too Many Requests");
    check_bad_path("/status/503", FOVEA_ERR_FETCH_BUSY,
            "answered 503 Service Unavailable");
    settings.url.max_tries = 1;
    check_bad(&settings, url_of(port, "/busy/429/1/0", url),
            FOVEA_ERR_FETCH_BUSY, "asked 1 times");
}

static void
test_timeouts(void **state)
{
    (void)state;
    struct fovea_fetch_settings settings = fetch_settings();
    settings.url.total_ns = 150 * FOVEA_NS_PER_MS;
    char url[URL_SIZE];
    unsigned port = server_port(server);
    check_bad(&settings, url_of(port, "/silent?secret", url),
            FOVEA_ERR_FETCH_TIMEOUT, "not done within 0.15 s; 0 bytes came");
    /* However long it takes until they are here. */
    struct fovea_fetch_settings patient = settings;
    struct fetched fetched;
    bool came = false;
    for (; !came && patient.url.total_ns < 300 * FOVEA_NS_PER_S;
            patient.url.total_ns *= 2) {
        assert_int_equal(
                fetch_one(&patient, url_of(port, "/claim/1000", url), &fetched),
                FOVEA_ERR_FETCH_TIMEOUT);
        came = strstr(fetched.result.message, "10 bytes came");
        fetched_finish(&fetched);
    }
    assert_true(came);
    settings.max_bytes = UINT64_C(1) << 40;
    check_bad(&settings, url_of(port, "/endless", url), FOVEA_ERR_FETCH_TIMEOUT,
            "not done within");
}

/* The clock goes on over a redirect. */
static void
test_redirects_share_the_time(void **state)
{
    (void)state;
    struct fovea_fetch_settings settings = fetch_settings();
    settings.url.total_ns = 200 * FOVEA_NS_PER_MS;
    char url[URL_SIZE];
    check_bad(&settings,
            url_of(server_port(server), "/to//to//to//silent", url),
            FOVEA_ERR_FETCH_TIMEOUT, "not done within 0.2 s");
}

static void
test_nobody_is_there(void **state)
{
    (void)state;
    /* A port that is taken and not listened on. */
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    struct fovea_fetch_settings settings = fetch_settings();
    char url[URL_SIZE];
    check_bad(&settings, url_of(ntohs(address.sin_port), "/?secret", url),
            FOVEA_ERR_FETCH, "no connection: Connection refused");
    (void)close(fd);
}

static void
test_no_tls_there(void **state)
{
    (void)state;
    struct fovea_fetch_settings settings = fetch_settings();
    char url[URL_SIZE];
    (void)snprintf(url, sizeof url, "https://127.0.0.1:%u/bytes/1?secret",
            server_port(server));
    settings.url.total_ns = 300 * FOVEA_NS_PER_MS;
    struct fetched fetched;
    enum fovea_status status = fetch_one(&settings, url, &fetched);
    /* The server waits for the end of a request that never comes. */
    assert_true(status == FOVEA_ERR_FETCH || status == FOVEA_ERR_FETCH_TIMEOUT);
    fetched_finish(&fetched);
}

static int
start(void **state)
{
    (void)state;
    server = server_start();
    return 0;
}

static int
stop(void **state)
{
    (void)state;
    server_stop(server);
    while (n_raw_bytes > 0) {
        free(raw_bytes[--n_raw_bytes]);
    }
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_the_request_says_little),
        cmocka_unit_test(test_statuses),
        cmocka_unit_test(test_redirects),
        cmocka_unit_test(test_redirects_to_what_is_no_web_page),
        cmocka_unit_test(test_urls_that_are_none),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_broken_off),
        cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_bodies_that_are_not_as_they_say),
        cmocka_unit_test(test_what_is_declared),
        cmocka_unit_test(test_servers_that_ask_to_wait),
        cmocka_unit_test(test_timeouts),
        cmocka_unit_test(test_redirects_share_the_time),
        cmocka_unit_test(test_nobody_is_there),
        cmocka_unit_test(test_no_tls_there),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
