/*
 * Heads of requests that could be read in two ways.
 *
 * A proxy in front of us, or a check before it, and we must never believe
 * different things of one request. libmicrohttpd takes more than is good: two
 * Hosts, lines that are folded or end in a bare LF, a NUL byte that cuts a path
 * or a value short. All of it is refused, and the connection with it.
 *
 * What libmicrohttpd cut off it does not tell. It leaves the head where it was
 * received, though, and gives pointers into it: method, target, version and
 * fields stand one behind the other with two bytes between lines, and the size
 * of the whole is known. Whatever is more than that was there and is not seen.
 * Only addresses are compared; nothing is read by them. Tests hold this to the
 * release that is linked.
 */
#include "http/head_check.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "http/exchange.h"

enum {
    LINE_END = 2, /* CR LF */
    HEX = 16
};

/* Fields that say one thing; of two, who reads them may take either. */
static const char *const singles[] = { "Host", "Content-Length",
    "Transfer-Encoding", "Content-Type", "Authorization", "X-API-Key", "Origin",
    "Expect" };

enum {
    HOST,
    CONTENT_LENGTH,
    TRANSFER_ENCODING,
    N_SINGLES = FOVEA_ARRAY_LEN(singles)
};

struct look {
    const char *flaw;  /* the first one; NULL: none */
    uintptr_t end;     /* of the last line, without its end */
    bool is_elsewhere; /* a field is not where it was received */
    unsigned n[N_SINGLES];
};

static bool
is_hex(char digit)
{
    return (digit >= '0' && digit <= '9') || (digit >= 'a' && digit <= 'f') ||
            (digit >= 'A' && digit <= 'F');
}

const char *
fovea_http_head_target_flaw(const char *uri)
{
    for (const char *at = uri; *at; at++) {
        if ((unsigned char)*at <= ' ' || *at == 0x7f) {
            return "its target has a blank or a control character";
        }
        if (*at != '%') {
            continue;
        }
        if (!is_hex(at[1]) || !is_hex(at[2])) {
            return "its target has a % without two hexadecimal digits";
        }
        if (at[1] == '0' && at[2] == '0') {
            return "its target has a NUL byte (%00)";
        }
    }
    return NULL;
}

/* RFC 9110's token. */
static bool
is_token(const char *text, size_t size)
{
    static const char more[] = "!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        bool is_alphanumeric = (c >= '0' && c <= '9') ||
                (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!is_alphanumeric && (!c || !strchr(more, c))) {
            return false;
        }
    }
    return size > 0;
}

static bool
has_controls(const char *text)
{
    for (; *text; text++) {
        if (((unsigned char)*text < ' ' && *text != '\t') || *text == 0x7f) {
            return true;
        }
    }
    return false;
}

/* A host and its port, as far as it matters where one ends. */
static bool
is_host(const char *host)
{
    const char *end = host[0] == '[' ? strchr(host, ']') : NULL;
    size_t size = end ? (size_t)(end - host) + 1 : strcspn(host, ":");
    if (strcspn(host, " \t@/?#\\") < strlen(host)) {
        return false;
    }
    return host[size] == '\0' ||
            (host[size] == ':' &&
                    host[size + 1 + strspn(host + size + 1, "0123456789")] ==
                            '\0');
}

static void
note(struct look *look, bool is_bad, const char *flaw)
{
    if (is_bad && !look->flaw) {
        look->flaw = flaw;
    }
}

/* A field of the head. */
static enum MHD_Result
look_at_field(void *context, enum MHD_ValueKind kind, const char *name,
        size_t name_size, const char *value, size_t value_size)
{
    (void)kind;
    (void)value_size;
    struct look *look = context;
    note(look, !is_token(name, name_size), "a field's name is none");
    note(look, has_controls(value), "a field has a control character");
    note(look, strcasecmp(name, "Host") == 0 && !is_host(value),
            "Host is no host");
    for (size_t i = 0; i < N_SINGLES; i++) {
        look->n[i] += strcasecmp(name, singles[i]) == 0;
    }
    look->is_elsewhere |= (uintptr_t)name != look->end + LINE_END;
    look->end = (uintptr_t)value + strlen(value);
    return MHD_YES;
}

/* Whether more was received than is seen. */
static bool
hides(const struct fovea_http_exchange *exchange, const struct look *look,
        const char *method, const char *version)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(
            exchange->connection->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return look->is_elsewhere || exchange->uri_end + 1 != version || !info ||
            (uintptr_t)method + info->header_size !=
            look->end + 2 * (size_t)LINE_END;
}

/* What stands in a target of absolute form before its path, and must be what
 * Host says. */
static const char *
find_authority(const char *url, size_t *size_out)
{
    static const char *const schemes[] = { "http://", "https://" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(schemes); i++) {
        size_t size = strlen(schemes[i]);
        if (strncasecmp(url, schemes[i], size) == 0) {
            *size_out = strcspn(url + size, "/");
            return url + size;
        }
    }
    return NULL;
}

const char *
fovea_http_head_path(const char *url)
{
    size_t size = 0;
    const char *authority = find_authority(url, &size);
    if (!authority) {
        return url;
    }
    return authority[size] ? authority + size : "/";
}

static void
check_host(const struct fovea_http_exchange *exchange, const char *url,
        const char *version, struct look *look)
{
    size_t size = 0;
    const char *authority = find_authority(url, &size);
    const char *host = fovea_http_exchange_header(exchange, "Host");
    note(look, !host && strcmp(version, MHD_HTTP_VERSION_1_0) != 0,
            "it has no Host");
    note(look,
            authority &&
                    (!host || strlen(host) != size ||
                            strncasecmp(host, authority, size) != 0),
            "its target and Host name different hosts");
}

/* Where its body ends. */
static void
check_framing(const struct fovea_http_exchange *exchange, const char *version,
        struct look *look)
{
    const char *coding =
            fovea_http_exchange_header(exchange, "Transfer-Encoding");
    note(look, look->n[CONTENT_LENGTH] && look->n[TRANSFER_ENCODING],
            "Content-Length and Transfer-Encoding are both given");
    note(look, coding && strcasecmp(coding, "chunked") != 0,
            "Transfer-Encoding is not \"chunked\"");
    note(look, coding && strcmp(version, MHD_HTTP_VERSION_1_0) == 0,
            "HTTP/1.0 has no Transfer-Encoding");
}

bool
fovea_http_head_check(struct fovea_http_exchange *exchange, const char *url,
        const char *method, const char *version)
{
    struct look look = { .flaw = exchange->flaw,
        .end = (uintptr_t)version + strlen(version) };
    (void)MHD_get_connection_values_n(exchange->connection->mhd,
            MHD_HEADER_KIND, look_at_field, &look);
    for (size_t i = 0; i < N_SINGLES && !look.flaw; i++) {
        if (look.n[i] > 1) {
            exchange->is_last = true;
            fovea_http_answer_fail(&exchange->answer, FOVEA_ERR_ARGUMENT, "",
                    "the request is refused: %s is given more than once",
                    singles[i]);
            return false;
        }
    }
    check_framing(exchange, version, &look);
    check_host(exchange, url, version, &look);
    note(&look, hides(exchange, &look, method, version),
            "its head has a NUL byte, a folded line, a nameless field, or a "
            "line that ends without CR LF");
    if (!look.flaw) {
        return true;
    }
    exchange->is_last = true;
    fovea_http_answer_fail(&exchange->answer, FOVEA_ERR_ARGUMENT, "",
            "the request is refused: %s", look.flaw);
    return false;
}
