/* One URL at a time: what servers do right and wrong. */
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "support/fetched.h"
#include "support/server.h"
#include "support/test.h"

static struct server *server;

static void
bytes_come_as_they_were_sent(void **state)
{
    (void)state;
    check_good(server_port(server), "/bytes/1", 1);
    check_good(server_port(server), "/bytes/300000", 300000);
    check_good(server_port(server), "/bytes/0", 0);
    check_good(server_port(server), "/bytes/1048576",
            1048576); /* just the limit */
    check_good(server_port(server), "/chunked/123456", 123456);
    check_good(server_port(server), "/pause/20/5000", 5000);
}

static void
the_request_says_little(void **state)
{
    (void)state;
    char request[4096];
    (void)setenv("HTTP_PROXY", "http://127.0.0.1:1", 1);
    (void)setenv("http_proxy", "http://127.0.0.1:1", 1);
    check_good(server_port(server), "/bytes/7", 7);
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
each_http_status_has_one_of_ours(void **state)
{
    (void)state;
    check_bad_path(server_port(server), "/status/404?secret",
            FOVEA_ERR_FETCH_STATUS, "answered 404 Not Found");
    check_bad_path(server_port(server), "/status/403", FOVEA_ERR_FETCH_STATUS,
            "403 Forbidden");
    check_bad_path(server_port(server), "/status/500", FOVEA_ERR_FETCH_STATUS,
            "500 Internal");
    check_bad_path(server_port(server), "/status/599", FOVEA_ERR_FETCH_STATUS,
            "answered 599");
    check_bad_path(server_port(server), "/status/304", FOVEA_ERR_FETCH_STATUS,
            "answered 304");
    check_bad_path(server_port(server), "/nowhere", FOVEA_ERR_FETCH_STATUS,
            "answered 302");
}

static void
redirects_are_followed(void **state)
{
    (void)state;
    check_good(server_port(server), "/hops/1", 10);
    check_good(server_port(server), "/hops/5", 10);
    check_bad_path(server_port(server), "/hops/6?secret",
            FOVEA_ERR_FETCH_REDIRECTS, "more than 5 times");
    char path[URL_SIZE];
    (void)snprintf(path, sizeof path, "/to/http://localhost:%u/bytes/30",
            server_port(server));
    check_good(server_port(server), path, 30);
}

static void
redirects_lead_to_web_pages_only(void **state)
{
    (void)state;
    check_bad_path(server_port(server), "/to/file:///etc/passwd", FOVEA_ERR_URL,
            "only http");
    check_bad_path(server_port(server), "/to/ftp://127.0.0.1/secret",
            FOVEA_ERR_URL, "only http");
    check_bad_path(server_port(server), "/to/gopher://127.0.0.1/secret",
            FOVEA_ERR_URL, "only http");
    check_bad_path(server_port(server), "/to/data:text/plain,secret",
            FOVEA_ERR_URL, "redirect");
    check_bad_path(server_port(server), "/to/http://me:secret@127.0.0.1/",
            FOVEA_ERR_URL, "password");
    check_bad_path(server_port(server), "/to/http://", FOVEA_ERR_URL,
            "redirect");
}

static void
urls_that_are_none_are_refused(void **state)
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
too_many_bytes_are_refused(void **state)
{
    (void)state;
    check_bad_path(server_port(server), "/bytes/1048577",
            FOVEA_ERR_IMAGE_TOO_MANY_BYTES,
            "1048577 bytes are more than the limit of 1048576");
    /* The header is enough: nobody waits for the bytes. */
    check_bad_path(server_port(server), "/claim/99999999999",
            FOVEA_ERR_IMAGE_TOO_MANY_BYTES, "99999999999 bytes");
    check_bad_path(server_port(server), "/chunked/1048577",
            FOVEA_ERR_IMAGE_TOO_MANY_BYTES,
            "more bytes came than the limit of 1048576");
    check_bad_path(server_port(server), "/endless",
            FOVEA_ERR_IMAGE_TOO_MANY_BYTES, "more bytes came");
}

static void
a_body_that_breaks_off_is_an_error(void **state)
{
    (void)state;
    check_bad_path(server_port(server), "/cut/100000", FOVEA_ERR_FETCH,
            "the connection broke off; 50000 bytes came");
    check_bad_path(server_port(server), "/headers", FOVEA_ERR_FETCH,
            "bytes of headers came");
    check_bad_path(server_port(server), "/nonsense?secret", FOVEA_ERR_FETCH,
            "127.0.0.1");
}

static void
time_runs_out_at_each_stage(void **state)
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
redirects_share_the_time(void **state)
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
a_port_where_nobody_is_is_said(void **state)
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
a_server_without_tls_is_said(void **state)
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

SERVER_FIXTURE(server)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_come_as_they_were_sent),
        cmocka_unit_test(the_request_says_little),
        cmocka_unit_test(each_http_status_has_one_of_ours),
        cmocka_unit_test(redirects_are_followed),
        cmocka_unit_test(redirects_lead_to_web_pages_only),
        cmocka_unit_test(urls_that_are_none_are_refused),
        cmocka_unit_test(too_many_bytes_are_refused),
        cmocka_unit_test(a_body_that_breaks_off_is_an_error),
        cmocka_unit_test(time_runs_out_at_each_stage),
        cmocka_unit_test(redirects_share_the_time),
        cmocka_unit_test(a_port_where_nobody_is_is_said),
        cmocka_unit_test(a_server_without_tls_is_said),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
