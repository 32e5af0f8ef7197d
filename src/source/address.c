/* Public addresses and all the others: see address.h. */
#include "source/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/macros.h"

static const char metadata[] = "a metadata service";
static const char loopback[] = "a loopback address";
static const char private[] = "a private address";
static const char link_local[] = "a link-local address";
static const char reserved[] = "a reserved address";
static const char documentation[] = "an address of documentation";
static const char multicast[] = "a multicast address";

struct range4 {
    uint32_t first;
    unsigned prefix; /* bits that are the same */
    const char *reason;
};

#define V4(a, b, c, d)                                                \
    ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | \
            (uint32_t)(d))

/* The first that fits counts: metadata services stand before the ranges that
   they are in. */
static const struct range4 ranges4[] = {
    { V4(169, 254, 169, 254), 32, metadata }, /* most clouds */
    { V4(169, 254, 170, 2), 32, metadata },   /* AWS tasks */
    { V4(100, 100, 100, 200), 32, metadata }, /* Alibaba */
    { V4(168, 63, 129, 16), 32, metadata },   /* Azure; else a public one */
    { V4(192, 0, 0, 192), 32, metadata },     /* Oracle */
    { V4(0, 0, 0, 0), 8, "an address of this host" },
    { V4(10, 0, 0, 0), 8, private },
    { V4(100, 64, 0, 0), 10, "a shared address of a carrier" },
    { V4(127, 0, 0, 0), 8, loopback }, { V4(169, 254, 0, 0), 16, link_local },
    { V4(172, 16, 0, 0), 12, private }, { V4(192, 0, 0, 0), 24, reserved },
    { V4(192, 0, 2, 0), 24, documentation },
    { V4(192, 88, 99, 0), 24, reserved }, /* 6to4 relays, given up */
    { V4(192, 168, 0, 0), 16, private },
    { V4(198, 18, 0, 0), 15, "an address of benchmarks" },
    { V4(198, 51, 100, 0), 24, documentation },
    { V4(203, 0, 113, 0), 24, documentation },
    { V4(224, 0, 0, 0), 4, multicast },
    { V4(240, 0, 0, 0), 4, reserved }, /* broadcast too */
};

struct range6 {
    uint8_t first[16];
    unsigned prefix;
    const char *reason;
};

/* Outside of 2000::/3 nothing is public; ranges there have a row for the sake
   of the message. */
static const struct range6 ranges6[] = {
    { { 0xfd, 0x00, 0x0e, 0xc2, [14] = 0x02, [15] = 0x54 }, 128, metadata },
    { { 0xfd, 0x20, 0x00, 0xce, [14] = 0x02, [15] = 0x54 }, 128, metadata },
    { { 0 }, 128, "an address of this host" },
    { { [15] = 1 }, 128, loopback },
    { { 0xfc }, 7, private },
    { { 0xfe, 0x80 }, 10, link_local },
    { { 0xfe, 0xc0 }, 10, private }, /* site-local, given up */
    { { 0xff }, 8, multicast },
    /* Protocol assignments: benchmarks, ORCHID and more. Teredo, which is among
       them, is looked at before. */
    { { 0x20, 0x01 }, 23, reserved },
    { { 0x20, 0x01, 0x0d, 0xb8 }, 32, documentation },
    { { 0x3f, 0xff }, 20, documentation },
};

static bool
check4(uint32_t address, const char **reason_out)
{
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(ranges4); i++) {
        uint32_t mask = UINT32_MAX << (32 - ranges4[i].prefix);
        if (((address ^ ranges4[i].first) & mask) == 0) {
            *reason_out = ranges4[i].reason;
            return false;
        }
    }
    return true;
}

static bool
starts_with(const uint8_t *address, const uint8_t *first, unsigned prefix)
{
    if (memcmp(address, first, prefix / 8) != 0) {
        return false;
    }
    unsigned rest = prefix % 8;
    return rest == 0 ||
            ((address[prefix / 8] ^ first[prefix / 8]) >> (8 - rest)) == 0;
}

/* The IPv4 address at an offset of an IPv6 one. */
static uint32_t
inner4(const uint8_t *address, size_t offset)
{
    return V4(address[offset], address[offset + 1], address[offset + 2],
            address[offset + 3]);
}

/* An IPv6 address that stands for an IPv4 one is as public as that. */
static bool
check_inner(const uint8_t *address, bool *is_public_out,
        const char **reason_out)
{
    static const uint8_t mapped[16] = { [10] = 0xff, [11] = 0xff };
    static const uint8_t nat64[16] = { 0x00, 0x64, 0xff, 0x9b };
    static const uint8_t six_to_four[16] = { 0x20, 0x02 };
    static const uint8_t teredo[16] = { 0x20, 0x01 };
    if (starts_with(address, mapped, 96) || starts_with(address, nat64, 96)) {
        *is_public_out = check4(inner4(address, 12), reason_out);
        return true;
    }
    if (starts_with(address, six_to_four, 16)) {
        *is_public_out = check4(inner4(address, 2), reason_out);
        return true;
    }
    if (starts_with(address, teredo, 32)) {
        /* The server, and the client, which is written inverted. */
        *is_public_out = check4(inner4(address, 4), reason_out) &&
                check4(~inner4(address, 12), reason_out);
        return true;
    }
    return false;
}

static bool
check6(const uint8_t *address, const char **reason_out)
{
    bool is_public = false;
    if (check_inner(address, &is_public, reason_out)) {
        return is_public;
    }
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(ranges6); i++) {
        if (starts_with(address, ranges6[i].first, ranges6[i].prefix)) {
            *reason_out = ranges6[i].reason;
            return false;
        }
    }
    static const uint8_t zeros[16];
    static const uint8_t global[16] = { 0x20 };
    if (starts_with(address, zeros, 96) &&
            !check4(inner4(address, 12), reason_out)) {
        return false; /* compatible: never used, but the reason is the inner */
    }
    if (!starts_with(address, global, 3)) {
        *reason_out = reserved;
        return false;
    }
    return true;
}

bool
fovea_address_is_public(const struct sockaddr *address, socklen_t size,
        const char **reason_out)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    if (address->sa_family == AF_INET && size >= sizeof v4) {
        memcpy(&v4, address, sizeof v4);
        return check4(ntohl(v4.sin_addr.s_addr), reason_out);
    }
    if (address->sa_family == AF_INET6 && size >= sizeof v6) {
        memcpy(&v6, address, sizeof v6);
        return check6(v6.sin6_addr.s6_addr, reason_out);
    }
    *reason_out = "an address of an unknown kind";
    return false;
}
