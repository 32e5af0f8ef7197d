/* See proxy.h. */
#include "source/proxy.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/macros.h"
#include "base/number.h"

enum {
    NAME_SIZE = 256,
    BYTE_BITS = 8
};

/* The first of these variables that says something. */
static const char *
first_of(const char *const *names)
{
    for (; *names; names++) {
        /* libcurl asks the same way. NOLINTNEXTLINE(concurrency-mt-unsafe) */
        const char *value = getenv(*names);
        if (value && *value) {
            return value;
        }
    }
    return NULL;
}

/* An address from its text, in brackets or not; its size, 0 if it is a name. */
static size_t
to_address(const char *text, unsigned char bytes[sizeof(struct in6_addr)])
{
    char bare[NAME_SIZE];
    size_t size = strlen(text);
    bool is_bracketed = size > 1 && text[0] == '[' && text[size - 1] == ']';
    if (size >= sizeof bare) {
        return 0;
    }
    (void)snprintf(bare, sizeof bare, "%.*s",
            (int)(is_bracketed ? size - 2 : size),
            is_bracketed ? text + 1 : text);
    return inet_pton(AF_INET, bare, bytes) == 1     ? sizeof(struct in_addr)
            : inet_pton(AF_INET6, bare, bytes) == 1 ? sizeof(struct in6_addr)
                                                    : 0;
}

/* Whether two addresses begin with the same bits. */
static bool
is_same_net(const unsigned char *a, const unsigned char *b, size_t n_bits)
{
    size_t whole = n_bits / BYTE_BITS;
    unsigned rest = n_bits % BYTE_BITS;
    unsigned mask = 0xffU & (0xffU << (BYTE_BITS - rest));
    return memcmp(a, b, whole) == 0 &&
            (rest == 0 || ((a[whole] ^ b[whole]) & mask) == 0);
}

/* An entry "10.0.0.0/8" or "::1" against an address. */
static bool
covers_address(char *entry, const unsigned char *address, size_t size)
{
    unsigned char net[sizeof(struct in6_addr)];
    uint64_t n_bits = size * BYTE_BITS;
    char *slash = strchr(entry, '/');
    if (slash) {
        *slash = '\0';
        if (!fovea_number_parse(slash + 1, &n_bits) ||
                n_bits > size * BYTE_BITS) {
            return false;
        }
    }
    return to_address(entry, net) == size &&
            is_same_net(net, address, (size_t)n_bits);
}

/* An entry "example.org" or ".example.org" against a name: it, or one below. */
static bool
covers_name(const char *entry, const char *name)
{
    entry += *entry == '.';
    size_t entry_size = strlen(entry);
    size_t size = strlen(name);
    entry_size -= entry_size > 0 && entry[entry_size - 1] == '.';
    size -= size > 0 && name[size - 1] == '.';
    if (entry_size == 0 || entry_size > size) {
        return false;
    }
    const char *tail = name + size - entry_size;
    return strncasecmp(tail, entry, entry_size) == 0 &&
            (tail == name || tail[-1] == '.');
}

static bool
is_excepted(const char *host)
{
    static const char *const names[] = { "no_proxy", "NO_PROXY", NULL };
    static const char separators[] = ", \t";
    unsigned char address[sizeof(struct in6_addr)];
    size_t address_size = to_address(host, address);
    const char *at = first_of(names);
    if (!at || strcmp(at, "*") == 0) {
        return at != NULL;
    }
    for (at += strspn(at, separators); *at; at += strspn(at, separators)) {
        char entry[NAME_SIZE];
        size_t size = strcspn(at, separators);
        if (size < sizeof entry) {
            memcpy(entry, at, size);
            entry[size] = '\0';
            if (address_size ? covers_address(entry, address, address_size)
                             : covers_name(entry, host)) {
                return true;
            }
        }
        at += size;
    }
    return false;
}

const char *
fovea_proxy_of(bool is_https, const char *host)
{
    /* Not HTTP_PROXY: a server's client may have set that, by its "Proxy:". */
    static const char *const http[] = { "http_proxy", "all_proxy", "ALL_PROXY",
        NULL };
    static const char *const https[] = { "https_proxy", "HTTPS_PROXY",
        "all_proxy", "ALL_PROXY", NULL };
    const char *proxy = first_of(is_https ? https : http);
    return proxy && !is_excepted(host) ? proxy : NULL;
}
