/* See easy.h. */
#include "source/easy.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/error.h"
#include "source/address.h"
#include "source/libcurl.h"
#include "source/proxy.h"

static void
note_refusal(struct fovea_guard *guard, const struct sockaddr *address,
        socklen_t size, const char *reason)
{
    char text[NI_MAXHOST] = "an address";
    (void)getnameinfo(address, size, text, sizeof text, NULL, 0,
            NI_NUMERICHOST);
    (void)snprintf(guard->refused, sizeof guard->refused, "%.80s is %s", text,
            reason);
}

/* Whether there may be a connection to it. */
static bool
allows(struct fovea_guard *guard, const struct sockaddr *address,
        socklen_t size)
{
    const char *reason = NULL;
    if (!guard->checks_addresses ||
            fovea_address_is_public(address, size, &reason)) {
        return true;
    }
    note_refusal(guard, address, size, reason);
    return false;
}

/* libcurl is about to connect to an address: make the socket, or do not. */
static curl_socket_t
open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)purpose;
    return allows(context, &address->addr, address->addrlen)
            ? socket(address->family, address->socktype | SOCK_CLOEXEC,
                      address->protocol)
            : CURL_SOCKET_BAD;
}

/* libcurl is about to send a request. The connection may be one that was made
   for another URL, to a host that is trusted for that alone. */
static int
check_connection(void *context, char *address, char *own_address, int port,
        int own_port)
{
    struct sockaddr_in v4 = { .sin_family = AF_INET };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
    (void)own_address;
    (void)port;
    (void)own_port;
    bool is_v4 = inet_pton(AF_INET, address, &v4.sin_addr) == 1;
    if (!is_v4 && inet_pton(AF_INET6, address, &v6.sin6_addr) != 1) {
        v6.sin6_family = AF_UNSPEC; /* which is never public */
    }
    bool is_allowed = is_v4
            ? allows(context, (const struct sockaddr *)&v4, sizeof v4)
            : allows(context, (const struct sockaddr *)&v6, sizeof v6);
    return is_allowed ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

long
fovea_milliseconds(int64_t time_ns)
{
    int64_t ms =
            time_ns / FOVEA_NS_PER_MS + (time_ns % FOVEA_NS_PER_MS > 0 ? 1 : 0);
    return ms < 1 ? 1 : ms > INT32_MAX ? INT32_MAX : (long)ms;
}

/* Each call may fail for want of memory only; one look at the end will do. */
#define SET(option, value) \
    (code = code ? code : curl_easy_setopt(easy, CURLOPT_##option, (value)))

CURLcode
fovea_easy_configure(CURL *easy, const struct fovea_url_options *options,
        struct fovea_guard *guard)
{
    CURLcode code = CURLE_OK;
    SET(PROTOCOLS_STR, "http,https");
    SET(REDIR_PROTOCOLS_STR, "http,https");
    SET(FOLLOWLOCATION, 0L);
    SET(OPENSOCKETFUNCTION, open_socket);
    SET(OPENSOCKETDATA, guard);
    SET(PREREQFUNCTION, check_connection);
    SET(PREREQDATA, guard);
    SET(NOSIGNAL, 1L);
    SET(BUFFERSIZE, 1L << 17);
    SET(USERAGENT, options->user_agent);
    SET(CONNECTTIMEOUT_MS, fovea_milliseconds(options->connect_ns));
    /* A name server that does not answer holds up nobody else. */
    SET(QUICK_EXIT, 1L);
    SET(NETRC, (long)CURL_NETRC_IGNORED);
    /* Bytes as they are: nothing that unpacks to more. */
    SET(HTTP_CONTENT_DECODING, 0L);
    return code;
}

CURLcode
fovea_easy_aim(CURL *easy, const struct fovea_url_options *options,
        const struct fovea_url *url, const char *trusted_host,
        struct fovea_guard *guard)
{
    char *host = NULL;
    if (curl_url_get(url->parsed, CURLUPART_HOST, &host, 0)) {
        return CURLE_OUT_OF_MEMORY;
    }
    const char *proxy =
            options->use_proxies ? fovea_proxy_of(url->is_https, host) : NULL;
    bool is_trusted = trusted_host && strcasecmp(trusted_host, url->host) == 0;
    CURLcode code = CURLE_OK;
    SET(PROXY, proxy ? proxy : "");
    SET(NOPROXY, ""); /* what it would say was heard */
    SET(CURLU, url->parsed);
    guard->checks_addresses = !options->allow_private && !proxy && !is_trusted;
    guard->refused[0] = 0;
    curl_free(host);
    return code;
}

const char *
fovea_http_words(long code)
{
    static const struct {
        long code;
        const char *words;
    } table[] = {
        { 400, " Bad Request" },
        { 401, " Unauthorized" },
        { 403, " Forbidden" },
        { 404, " Not Found" },
        { 405, " Method Not Allowed" },
        { 406, " Not Acceptable" },
        { 408, " Request Timeout" },
        { 409, " Conflict" },
        { 410, " Gone" },
        { 412, " Precondition Failed" },
        { 416, " Range Not Satisfiable" },
        { 421, " Misdirected Request" },
        { 429, " Too Many Requests" },
        { 451, " Unavailable For Legal Reasons" },
        { 500, " Internal Server Error" },
        { 501, " Not Implemented" },
        { 502, " Bad Gateway" },
        { 503, " Service Unavailable" },
        { 504, " Gateway Timeout" },
        { 507, " Insufficient Storage" },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(table); i++) {
        if (table[i].code == code) {
            return table[i].words;
        }
    }
    return "";
}

enum fovea_status
fovea_guard_judge(const struct fovea_guard *guard, CURLcode code,
        const char *host, struct fovea_error *err)
{
    if (guard->refused[0] &&
            (code == CURLE_COULDNT_CONNECT ||
                    code == CURLE_ABORTED_BY_CALLBACK)) {
        return fovea_fail(err, FOVEA_ERR_URL_REFUSED,
                "%.100s: not fetched from there: %s; --allow-private-urls "
                "(allow_private) would allow it",
                host, guard->refused);
    }
    return FOVEA_OK;
}

static bool
answer_has_begun(CURL *easy)
{
    curl_off_t begun_us = 0;
    (void)curl_easy_getinfo(easy, CURLINFO_STARTTRANSFER_TIME_T, &begun_us);
    return begun_us > 0;
}

enum fovea_status
fovea_easy_explain(CURL *easy, CURLcode code, const char *host, uint64_t size,
        char *curl_message, struct fovea_error *err)
{
    long error = 0;
    (void)curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &error);
    switch ((int)code) {
    case CURLE_OUT_OF_MEMORY:
        /* Libcurl says so too when a line of a header or trailer is longer than
           it takes; before the first byte of an answer there is none. */
        return answer_has_begun(easy)
                ? fovea_fail(err, FOVEA_ERR_FETCH,
                          "%.100s: its answer has longer headers than are taken",
                          host)
                : fovea_fail_memory(err, FOVEA_MAX_URL_BYTES, "a transfer");
    case CURLE_COULDNT_RESOLVE_HOST:
        return fovea_fail(err, FOVEA_ERR_FETCH,
                "%.100s: no address is known of this host", host);
    case CURLE_COULDNT_CONNECT:
        return error ? fovea_fail_errno(err, FOVEA_ERR_FETCH, (int)error,
                               "%.100s: no connection", host)
                     : fovea_fail(err, FOVEA_ERR_FETCH, "%.100s: no connection",
                               host);
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
        return fovea_fail(err, FOVEA_ERR_FETCH,
                "%.100s: the connection broke off; %" PRIu64 " bytes came",
                host, size);
    default:
        return fovea_fail(err, FOVEA_ERR_FETCH, "%.100s: %.120s", host,
                fovea_libcurl_message(curl_message, code));
    }
}
