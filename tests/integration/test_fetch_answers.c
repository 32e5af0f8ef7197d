/* Answers that are not as they should be, say more than they should, or ask for
 * patience. */
#include <zlib.h>

#include "base/clock.h"
#include "support/fetched.h"
#include "support/server.h"
#include "support/test.h"

static struct server *server;
static char *raw_bytes[16]; /* what it serves; freed after it */
static size_t n_raw_bytes;

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
long_lines_are_the_servers_fault(void **state)
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
    check_bad_path(server_port(server), "/long-header", FOVEA_ERR_FETCH,
            "longer headers");
    check_bad_path(server_port(server), "/long-status", FOVEA_ERR_FETCH,
            "127.0.0.1");
    check_bad_path(server_port(server), "/long-start", FOVEA_ERR_FETCH,
            "127.0.0.1");
    check_bad_path(server_port(server), "/long-trailer", FOVEA_ERR_FETCH,
            "127.0.0.1");
}

static void
bodies_are_as_they_say(void **state)
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
    check_bad_path(server_port(server), "/chunk-size", FOVEA_ERR_FETCH,
            "127.0.0.1");
    check_bad_path(server_port(server), "/chunk-none", FOVEA_ERR_FETCH,
            "127.0.0.1");
    check_bad_path(server_port(server), "/chunk-cut", FOVEA_ERR_FETCH,
            "broke off");
    check_bad_path(server_port(server), "/length", FOVEA_ERR_FETCH,
            "127.0.0.1");
}

/* What is beside the bytes is dropped, and ends with the time. */
static void
extensions_of_chunks_are_dropped(void **state)
{
    (void)state;
    static const char head[] =
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;";
    struct fovea_fetch_settings settings = fetch_settings();
    struct fetched fetched;
    char url[URL_SIZE];
    unsigned port = server_port(server);
    put_raw("/extension", head, 'a', 3 << 20, "\r\na\r\n0\r\n\r\n");
    assert_ok(fetch_one(&settings, url_of(port, "/extension", url), &fetched),
            &fetched.result);
    assert_int_equal(fetched.size, 1);
    fetched_finish(&fetched);
    settings.url.total_ns = 200 * FOVEA_NS_PER_MS;
    check_bad(&settings, url_of(port, "/extensions", url),
            FOVEA_ERR_FETCH_TIMEOUT, "0 bytes came");
}

/* Packed for the way or for good: nothing is unpacked, so that nothing unpacks to
 * more. */
static void
nothing_is_unpacked(void **state)
{
    (void)state;
    enum {
        PLAIN = 4 << 20,
        PACKED = 16 << 10,
        GZIP = MAX_WBITS + 16
    };
    static const char head[] =
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n";
    char *plain = calloc(1, PLAIN);
    char *answer = malloc(PACKED + sizeof head);
    raw_bytes[n_raw_bytes++] = answer;
    assert_true(plain && answer);
    memcpy(answer, head, sizeof head - 1);
    char *packed = answer + sizeof head - 1;
    z_stream stream = { .next_in = (Bytef *)plain,
        .avail_in = PLAIN,
        .next_out = (Bytef *)packed,
        .avail_out = PACKED };
    assert_int_equal(
            deflateInit2(&stream, 9, Z_DEFLATED, GZIP, 9, Z_DEFAULT_STRATEGY),
            Z_OK);
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    size_t size = stream.total_out;
    (void)deflateEnd(&stream);
    free(plain);
    server_put(server, "/content", "200 OK\r\nContent-Encoding: gzip", packed,
            size);
    server_put(server, "/transfer", NULL, answer, sizeof head - 1 + size);
    struct fovea_fetch_settings settings = fetch_settings();
    struct fetched fetched;
    char url[URL_SIZE];
    assert_ok(fetch_one(&settings, url_of(server_port(server), "/content", url),
                      &fetched),
            &fetched.result);
    assert_int_equal(fetched.size, size);
    fetched_finish(&fetched);
    assert_ok(fetch_one(&settings,
                      url_of(server_port(server), "/transfer", url), &fetched),
            &fetched.result);
    assert_int_equal(fetched.size, size);
    fetched_finish(&fetched);
}

static void
what_is_declared_counts(void **state)
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
servers_that_ask_to_wait_are_asked_again(void **state)
{
    (void)state;
    char url[URL_SIZE];
    unsigned port = server_port(server);
    unsigned before = server_requests(server);
    check_good(server_port(server), "/busy/429/1/0", 10);
    check_good(server_port(server), "/busy/503/2/0", 10);
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
    check_bad_path(server_port(server), "/busy/429/3/0?secret",
            FOVEA_ERR_FETCH_BUSY,
            "answered 429 Too Many Requests, and was asked 3 times "
            "(--fetch-tries, fovea_url_options.max_tries)");
    assert_int_equal(server_requests(server), before + 3);
    check_good(server_port(server), "/busy/429/3/0",
            10); /* the fourth of that row */
    check_bad_path(server_port(server), "/busy/503/9/300", FOVEA_ERR_FETCH_BUSY,
            "asks to wait 300 s, longer than there is time for (--fetch-time, "
            "fovea_url_options.total_ns)");
    check_good(server_port(server), "/busy/503/0/0", 10); /* ends that row */
    check_bad_path(server_port(server), "/status/429", FOVEA_ERR_FETCH_BUSY,
            "answered 429 Too Many Requests");
    check_bad_path(server_port(server), "/status/503", FOVEA_ERR_FETCH_BUSY,
            "answered 503 Service Unavailable");
    settings.url.max_tries = 1;
    check_bad(&settings, url_of(port, "/busy/429/1/0", url),
            FOVEA_ERR_FETCH_BUSY, "asked 1 times");
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
        cmocka_unit_test(long_lines_are_the_servers_fault),
        cmocka_unit_test(bodies_are_as_they_say),
        cmocka_unit_test(extensions_of_chunks_are_dropped),
        cmocka_unit_test(nothing_is_unpacked),
        cmocka_unit_test(what_is_declared_counts),
        cmocka_unit_test(servers_that_ask_to_wait_are_asked_again),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
