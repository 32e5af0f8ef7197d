/* Which proxy is asked for which host, and which host is gone to directly. */
#include "source/proxy.h"
#include "support/test.h"

static const char *const variables[] = { "http_proxy", "HTTP_PROXY",
    "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy",
    "NO_PROXY" };

static int
forget(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        (void)unsetenv(variables[i]);
    }
    return 0;
}

static void
assert_proxy(bool is_https, const char *host, const char *expected)
{
    const char *proxy = fovea_proxy_of(is_https, host);
    if (expected) {
        assert_non_null(proxy);
        assert_string_equal(proxy, expected);
    } else {
        assert_null(proxy);
    }
}

static void
each_scheme_has_its_own(void **state)
{
    (void)state;
    assert_proxy(false, "a.example", NULL);
    assert_proxy(true, "a.example", NULL);
    (void)setenv("https_proxy", "s", 1);
    assert_proxy(false, "a.example", NULL);
    assert_proxy(true, "a.example", "s");
    (void)setenv("HTTP_PROXY", "client's", 1);
    assert_proxy(false, "a.example", NULL);
    (void)setenv("ALL_PROXY", "all", 1);
    assert_proxy(false, "a.example", "all");
    (void)setenv("http_proxy", "h", 1);
    assert_proxy(false, "a.example", "h");
    (void)setenv("https_proxy", "", 1);
    assert_proxy(true, "a.example", "all");
    (void)setenv("HTTPS_PROXY", "S", 1);
    assert_proxy(true, "a.example", "S");
}

static void
some_hosts_are_gone_to_directly(void **state)
{
    (void)state;
    static const struct {
        const char *no_proxy;
        const char *host;
        bool is_direct;
    } rows[] = {
        { "", "a.example", false },
        { "*", "a.example", true },
        { "example", "a.example", true },
        { ".example", "a.example", true },
        { "A.EXAMPLE.", "a.example", true },
        { "a.example", "a.example.", true },
        { "ple", "a.example", false },
        { "b.example", "a.example", false },
        { "b.a.example", "a.example", false },
        { "x, a.example", "a.example", true },
        { "x a.example ,y", "a.example", true },
        { "x,,y", "a.example", false },
        { ".", "a.example", false },
        { "127.0.0.1", "127.0.0.1", true },
        { "127.0.0.1", "127.0.0.10", false },
        { "0.0.1", "127.0.0.1", false },
        { "10.0.0.0/8", "10.1.2.3", true },
        { "10.0.0.0/8", "11.1.2.3", false },
        { "192.168.4.0/22", "192.168.7.255", true },
        { "192.168.4.0/22", "192.168.8.0", false },
        { "0.0.0.0/0", "8.8.8.8", true },
        { "10.0.0.0/33", "10.0.0.0", false },
        { "10.0.0.0/x", "10.0.0.0", false },
        { "10.0.0.0/8", "a.example", false },
        { "::1", "[::1]", true },
        { "[::1]", "[::1]", true },
        { "0::1", "[::1]", true },
        { "fd00::/8", "[fd12::1]", true },
        { "fd00::/8", "[fe80::1]", false },
        { "10.0.0.0/8", "[::1]", false },
    };
    (void)setenv("http_proxy", "h", 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)setenv(i % 2 ? "no_proxy" : "NO_PROXY", rows[i].no_proxy, 1);
        (void)unsetenv(i % 2 ? "NO_PROXY" : "no_proxy");
        if ((fovea_proxy_of(false, rows[i].host) == NULL) !=
                rows[i].is_direct) {
            fail_msg("no_proxy=%s: %s", rows[i].no_proxy, rows[i].host);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_scheme_has_its_own, forget,
                forget),
        cmocka_unit_test_setup_teardown(some_hosts_are_gone_to_directly, forget,
                forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
