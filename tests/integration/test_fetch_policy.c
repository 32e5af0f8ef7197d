/*
 * Which addresses are connected to. For the redirects from outside to inside
 * the table of addresses is bent: 127.0.0.1 is a public one there.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdatomic.h>

#include "source/address.h"
#include "support/fetched.h"
#include "support/server.h"
#include "support/test.h"

static struct server *server;
static atomic_bool bent;

bool __real_fovea_address_is_public(const struct sockaddr *address,
        socklen_t size, const char **reason_out);
bool __wrap_fovea_address_is_public(const struct sockaddr *address,
        socklen_t size, const char **reason_out);

bool
__wrap_fovea_address_is_public(const struct sockaddr *address, socklen_t size,
        const char **reason_out)
{
    if (atomic_load(&bent) && address->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof v4);
        if (v4.sin_addr.s_addr == htonl(INADDR_LOOPBACK)) {
            return true;
        }
    }
    return __real_fovea_address_is_public(address, size, reason_out);
}

static struct fovea_fetch_settings
careful(void)
{
    struct fovea_fetch_settings settings = fetch_settings();
    settings.url.allow_private = false;
    return settings;
}

static void
check_refused(const char *url, const char *part)
{
    struct fovea_fetch_settings settings = careful();
    struct fetched fetched;
    enum fovea_status status = fetch_one(&settings, url, &fetched);
    if (status != FOVEA_ERR_URL_REFUSED ||
            !strstr(fetched.result.message, part)) {
        fail_msg("%s: %s: %s", url, fovea_status_name(status),
                fetched.result.message);
    }
    fetched_finish(&fetched);
}

static void
the_inside_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        const char *part;
    } rows[] = {
        { "127.0.0.1", "127.0.0.1 is a loopback address" },
        { "localhost", "a loopback address" },
        { "LOCALHOST", "a loopback address" },
        { "127.1", "127.0.0.1 is a loopback address" },
        { "0x7f.1", "127.0.0.1 is a loopback address" },
        { "0177.0.0.1", "127.0.0.1 is a loopback address" },
        { "2130706433", "127.0.0.1 is a loopback address" },
        { "0x7f000001", "127.0.0.1 is a loopback address" },
        { "0", "0.0.0.0 is an address of this host" },
        { "0.0.0.0", "an address of this host" },
        { "[::1]", "::1 is a loopback address" },
        { "[::]", "an address of this host" },
        { "[::ffff:127.0.0.1]", "a loopback address" },
        { "[::ffff:7f00:1]", "a loopback address" },
        { "[64:ff9b::127.0.0.1]", "a loopback address" },
        { "169.254.169.254", "a metadata service" },
        { "0xa9fea9fe", "a metadata service" },
        { "[fd00:ec2::254]", "a metadata service" },
        { "100.100.100.200", "a metadata service" },
        { "10.0.0.1", "a private address" },
        { "192.168.1.1", "a private address" },
        { "[fe80::1]", "a link-local address" },
        { "224.0.0.1", "a multicast address" },
        { "255.255.255.255", "a reserved address" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char url[URL_SIZE];
        (void)snprintf(url, sizeof url, "http://%s:%u/bytes/1", rows[i].host,
                server_port(server));
        check_refused(url, rows[i].part);
    }
    assert_int_equal(server_connections(server), 0);
}

static void
a_redirect_does_not_lead_inside(void **state)
{
    (void)state;
    char url[URL_SIZE];
    atomic_store(&bent, true);
    /* That the way is open at all. */
    struct fovea_fetch_settings settings = careful();
    struct fetched fetched;
    assert_ok(fetch_one(&settings, url_of(server_port(server), "/hops/2", url),
                      &fetched),
            &fetched.result);
    check_pattern(&fetched, 10);
    fetched_finish(&fetched);
    unsigned n_before = server_requests(server);
    check_refused(
            url_of(server_port(server), "/to/http://127.0.0.2/secret", url),
            "127.0.0.2 is a loopback address");
    check_refused(url_of(server_port(server),
                          "/to/http://169.254.169.254/latest/", url),
            "a metadata service");
    check_refused(url_of(server_port(server), "/to/http://[::1]/", url),
            "a loopback address");
    assert_int_equal(server_requests(server), n_before + 3);
    atomic_store(&bent, false);
}

static void
urls_can_be_off(void **state)
{
    (void)state;
    struct fovea_fetch_settings settings = fetch_settings();
    settings.url.off = true;
    struct fetched fetched;
    char url[URL_SIZE];
    assert_fails(fetch_one(&settings,
                         url_of(server_port(server), "/bytes/1", url),
                         &fetched),
            &fetched.result, FOVEA_ERR_URL_REFUSED, "switched off");
    fetched_finish(&fetched);
}

/* With a proxy it is the proxy that is asked, whatever its address. */
static void
a_proxy_is_asked_whatever_its_address(void **state)
{
    (void)state;
    struct fovea_fetch_settings settings = careful();
    struct fetched fetched;
    char proxy[URL_SIZE];
    (void)setenv("http_proxy", url_of(server_port(server), "", proxy), 1);
    settings.url.use_proxies = true;
    enum fovea_status status =
            fetch_one(&settings, "http://name.invalid/bytes/5", &fetched);
    (void)unsetenv("http_proxy");
    /* The server knows no paths that begin with http: but it was asked. */
    assert_int_equal(status, FOVEA_ERR_FETCH_STATUS);
    fetched_finish(&fetched);
    char request[4096];
    server_last(server, request, sizeof request);
    assert_non_null(strstr(request, "GET http://name.invalid/bytes/5 "));
    /* Without one set the addresses are checked again. */
    char url[URL_SIZE];
    assert_fails(fetch_one(&settings,
                         url_of(server_port(server), "/bytes/1", url),
                         &fetched),
            &fetched.result, FOVEA_ERR_URL_REFUSED, "loopback");
    fetched_finish(&fetched);
}

SERVER_FIXTURE(server)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_inside_is_refused),
        cmocka_unit_test(a_redirect_does_not_lead_inside),
        cmocka_unit_test(urls_can_be_off),
        cmocka_unit_test(a_proxy_is_asked_whatever_its_address),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
