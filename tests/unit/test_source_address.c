/* Which addresses are public: every special range, its first and last address
   and the neighbours outside. */
#include <arpa/inet.h>
#include <netinet/in.h>

#include "source/address.h"
#include "support/test.h"

struct row {
    const char *text;
    const char *reason; /* a part of it; NULL: public */
};

static socklen_t
parse(const char *text, struct sockaddr_storage *storage)
{
    *storage = (struct sockaddr_storage){ 0 };
    struct sockaddr_in v4 = { .sin_family = AF_INET };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
        memcpy(storage, &v4, sizeof v4);
        return sizeof v4;
    }
    if (inet_pton(AF_INET6, text, &v6.sin6_addr) != 1) {
        fail_msg("%s is no address", text);
    }
    memcpy(storage, &v6, sizeof v6);
    return sizeof v6;
}

static void
check(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct sockaddr_storage storage;
        socklen_t size = parse(rows[i].text, &storage);
        const char *reason = NULL;
        bool is_public = fovea_address_is_public(
                (const struct sockaddr *)&storage, size, &reason);
        if (is_public != !rows[i].reason) {
            fail_msg("%s: public: %d", rows[i].text, is_public);
        }
        if (rows[i].reason && !strstr(reason, rows[i].reason)) {
            fail_msg("%s: \"%s\" does not say \"%s\"", rows[i].text, reason,
                    rows[i].reason);
        }
    }
}

#define CHECK(rows) check(rows, sizeof(rows) / sizeof *(rows))

static void
ipv4_addresses_are_told_apart(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "0.0.0.0", "this host" },
        { "0.255.255.255", "this host" },
        { "1.0.0.0", NULL },
        { "1.1.1.1", NULL },
        { "9.255.255.255", NULL },
        { "10.0.0.0", "private" },
        { "10.255.255.255", "private" },
        { "11.0.0.0", NULL },
        { "100.63.255.255", NULL },
        { "100.64.0.0", "carrier" },
        { "100.127.255.255", "carrier" },
        { "100.128.0.0", NULL },
        { "126.255.255.255", NULL },
        { "127.0.0.1", "loopback" },
        { "127.255.255.255", "loopback" },
        { "128.0.0.0", NULL },
        { "169.253.255.255", NULL },
        { "169.254.0.0", "link-local" },
        { "169.254.255.255", "link-local" },
        { "169.255.0.0", NULL },
        { "172.15.255.255", NULL },
        { "172.16.0.0", "private" },
        { "172.31.255.255", "private" },
        { "172.32.0.0", NULL },
        { "191.255.255.255", NULL },
        { "192.0.0.0", "reserved" },
        { "192.0.0.255", "reserved" },
        { "192.0.1.0", NULL },
        { "192.0.2.1", "documentation" },
        { "192.0.3.0", NULL },
        { "192.88.98.255", NULL },
        { "192.88.99.1", "reserved" },
        { "192.88.100.0", NULL },
        { "192.167.255.255", NULL },
        { "192.168.0.0", "private" },
        { "192.168.255.255", "private" },
        { "192.169.0.0", NULL },
        { "198.17.255.255", NULL },
        { "198.18.0.0", "benchmarks" },
        { "198.19.255.255", "benchmarks" },
        { "198.20.0.0", NULL },
        { "198.51.100.7", "documentation" },
        { "203.0.113.7", "documentation" },
        { "203.0.114.0", NULL },
        { "223.255.255.255", NULL },
        { "224.0.0.0", "multicast" },
        { "239.255.255.255", "multicast" },
        { "240.0.0.0", "reserved" },
        { "255.255.255.255", "reserved" },
    };
    CHECK(rows);
}

static void
metadata_services_are_not_public(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "169.254.169.254", "metadata" },
        { "169.254.170.2", "metadata" },
        { "100.100.100.200", "metadata" },
        { "168.63.129.16", "metadata" },
        { "168.63.129.17", NULL },
        { "192.0.0.192", "metadata" },
        { "fd00:ec2::254", "metadata" },
        { "fd20:ce::254", "metadata" },
        { "::ffff:169.254.169.254", "metadata" },
        { "64:ff9b::169.254.169.254", "metadata" },
        { "::169.254.169.254", "metadata" },
        { "2002:a9fe:a9fe::1", "metadata" },
    };
    CHECK(rows);
}

static void
ipv6_addresses_are_told_apart(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "::", "this host" },
        { "::1", "loopback" },
        { "100::1", "reserved" },
        { "1fff:ffff::", "reserved" },
        { "2000::", NULL },
        { "2001:1::1", "reserved" },
        { "2001:2::1", "reserved" },
        { "2001:20::1", "reserved" },
        { "2001:1ff:ffff::", "reserved" },
        { "2001:200::1", NULL },
        { "2001:db7:ffff::", NULL },
        { "2001:db8::", "documentation" },
        { "2001:db8:ffff::1", "documentation" },
        { "2001:db9::", NULL },
        { "2001:4860:4860::8888", NULL },
        { "2606:4700:4700::1111", NULL },
        { "3ffe::1", NULL },
        { "3fff::1", "documentation" },
        { "3fff:fff:ffff::", "documentation" },
        { "3fff:1000::", NULL },
        { "4000::", "reserved" },
        { "5f00::1", "reserved" },
        { "fbff::1", "reserved" },
        { "fc00::1", "private" },
        { "fdff:ffff::1", "private" },
        { "fe00::1", "reserved" },
        { "fe80::1", "link-local" },
        { "febf::1", "link-local" },
        { "fec0::1", "private" },
        { "feff::1", "private" },
        { "ff00::", "multicast" },
        { "ff02::1", "multicast" },
    };
    CHECK(rows);
}

static void
ipv4_inside_ipv6_is_seen(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "::ffff:8.8.8.8", NULL },
        { "::ffff:127.0.0.1", "loopback" },
        { "::ffff:10.1.2.3", "private" },
        { "::8.8.8.8", "reserved" },
        { "::127.0.0.1", "loopback" },
        { "::192.168.0.1", "private" },
        { "::ffff:0:127.0.0.1", "reserved" },
        { "64:ff9b::8.8.8.8", NULL },
        { "64:ff9b::10.0.0.1", "private" },
        { "64:ff9b::1:8.8.8.8", "reserved" },
        { "64:ff9b:1::8.8.8.8", "reserved" },
        { "2002:808:808::1", NULL },
        { "2002:7f00:1::1", "loopback" },
        { "2002:c0a8:1::", "private" },
        /* Teredo: server 65.54.227.120, client 192.0.2.45 and 8.8.8.8. */
        { "2001:0:4136:e378:8000:63bf:3fff:fdd2", "documentation" },
        { "2001:0:4136:e378:8000:63bf:f7f7:f7f7", NULL },
        { "2001:0:a00:1:8000:63bf:f7f7:f7f7", "private" },
        { "2001:0:4136:e378:8000:63bf:80ff:fffe", "loopback" },
    };
    CHECK(rows);
}

static void
other_families_are_not_public(void **state)
{
    (void)state;
    struct sockaddr_storage storage = { .ss_family = AF_UNIX };
    const char *reason = NULL;
    assert_false(fovea_address_is_public((const struct sockaddr *)&storage,
            sizeof storage, &reason));
    assert_non_null(strstr(reason, "unknown kind"));
    /* Cut short: what is missing is not read. */
    (void)parse("8.8.8.8", &storage);
    assert_false(fovea_address_is_public((const struct sockaddr *)&storage,
            sizeof(struct sockaddr_in) - 1, &reason));
    (void)parse("2606:4700:4700::1111", &storage);
    assert_false(fovea_address_is_public((const struct sockaddr *)&storage,
            sizeof(struct sockaddr_in), &reason));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ipv4_addresses_are_told_apart),
        cmocka_unit_test(metadata_services_are_not_public),
        cmocka_unit_test(ipv6_addresses_are_told_apart),
        cmocka_unit_test(ipv4_inside_ipv6_is_seen),
        cmocka_unit_test(other_families_are_not_public),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
