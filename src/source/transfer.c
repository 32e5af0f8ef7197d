/*
 * One URL on its way: see transfer.h.
 *
 * Redirects are followed here, not by libcurl, so that each target goes through
 * the same check as the first URL. The addresses are checked at the last
 * moment, where the socket is made: whatever a name is resolved to, and however
 * oddly a host is written, it ends there.
 */
#include "source/transfer.h"

#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/error.h"
#include "option/limits.h"
#include "source/address.h"
#include "source/proxy.h"
#include "sys/memfd.h"

enum {
    MAX_DROPPED_BYTES =
            1 << 16,           /* of a redirect's body, to keep a connection */
    MAX_HEADER_BYTES = 1 << 18 /* libcurl keeps them, however many come */
};

enum fovea_status
fovea_transfer_create(const char *url, struct fovea_transfer **transfer_out,
        struct fovea_error *err)
{
    struct fovea_transfer *transfer = calloc(1, sizeof *transfer);
    if (!transfer) {
        return fovea_fail_memory(err, sizeof *transfer, "a transfer");
    }
    transfer->fd = -1;
    enum fovea_status status = fovea_url_parse(url, NULL, &transfer->url, err);
    if (status) {
        fovea_transfer_destroy(transfer);
        return status;
    }
    transfer->server = fovea_url_server(&transfer->url);
    *transfer_out = transfer;
    return FOVEA_OK;
}

void
fovea_transfer_destroy(struct fovea_transfer *transfer)
{
    if (!transfer) {
        return;
    }
    curl_easy_cleanup(transfer->easy); /* before the URL that it reads */
    fovea_url_finish(&transfer->url);
    if (transfer->fd >= 0) {
        (void)close(transfer->fd);
    }
    free(transfer);
}

static void
note_refusal(struct fovea_transfer *transfer,
        const struct curl_sockaddr *address, const char *reason)
{
    char text[NI_MAXHOST] = "an address";
    (void)getnameinfo(&address->addr, address->addrlen, text, sizeof text, NULL,
            0, NI_NUMERICHOST);
    (void)snprintf(transfer->refused, sizeof transfer->refused, "%.80s is %s",
            text, reason);
}

/* libcurl is about to connect to an address: make the socket, or do not. */
static curl_socket_t
open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct fovea_transfer *transfer = context;
    const char *reason = NULL;
    (void)purpose;
    if (transfer->checks_addresses &&
            !fovea_address_is_public(&address->addr, address->addrlen,
                    &reason)) {
        note_refusal(transfer, address, reason);
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC,
            address->protocol);
}

long
fovea_transfer_code(const struct fovea_transfer *transfer)
{
    long code = 0;
    (void)curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &code);
    return code;
}

/* A line of a header came. Another number than n ends the transfer. */
static size_t
receive_header(char *bytes, size_t one, size_t n, void *context)
{
    struct fovea_transfer *transfer = context;
    (void)bytes;
    (void)one; /* always 1 */
    transfer->n_header_bytes += n;
    if (transfer->n_header_bytes > MAX_HEADER_BYTES) {
        (void)fovea_fail(&transfer->result, FOVEA_ERR_FETCH,
                "%.100s: more than %d bytes of headers came",
                transfer->url.host, MAX_HEADER_BYTES);
        return 0;
    }
    return n;
}

static enum fovea_status
check_size(struct fovea_transfer *transfer, size_t n)
{
    curl_off_t announced = -1;
    (void)curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T,
            &announced);
    uint64_t max = transfer->settings->max_bytes;
    if (announced > 0 && (uint64_t)announced > max) {
        return fovea_fail(&transfer->result, FOVEA_ERR_IMAGE_TOO_MANY_BYTES,
                "%.100s: %" PRIu64 " bytes are more than the limit of %" PRIu64
                " %s",
                transfer->url.host, (uint64_t)announced, max,
                fovea_limit_by(FOVEA_OPTION_BYTES));
    }
    if (n > max || transfer->size > max - n) {
        return fovea_fail(&transfer->result, FOVEA_ERR_IMAGE_TOO_MANY_BYTES,
                "%.100s: more bytes came than the limit of %" PRIu64 " %s",
                transfer->url.host, max, fovea_limit_by(FOVEA_OPTION_BYTES));
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_transfer_need_file(struct fovea_transfer *transfer)
{
    return transfer->fd >= 0
            ? FOVEA_OK
            : fovea_memfd_create("fovea-url", &transfer->fd, &transfer->result);
}

/* Bytes came. Another number than n ends the transfer. */
static size_t
receive(char *bytes, size_t one, size_t n, void *context)
{
    struct fovea_transfer *transfer = context;
    long code = fovea_transfer_code(transfer);
    (void)one; /* always 1 */
    if (!fovea_is_good(code)) {
        /* What comes with an error is not worth waiting for. */
        transfer->size += n;
        return fovea_is_redirect(code) && transfer->size <= MAX_DROPPED_BYTES
                ? n
                : 0;
    }
    if (check_size(transfer, n) || fovea_transfer_need_file(transfer) ||
            fovea_memfd_write(transfer->fd, bytes, n, &transfer->result)) {
        return 0;
    }
    transfer->size += n;
    return n;
}

/* Rounded up; of FOVEA_NEVER as many as curl can count. */
static long
milliseconds(int64_t time_ns)
{
    int64_t ms =
            time_ns / FOVEA_NS_PER_MS + (time_ns % FOVEA_NS_PER_MS > 0 ? 1 : 0);
    return ms < 1 ? 1 : ms > INT32_MAX ? INT32_MAX : (long)ms;
}

/* Each call may fail for want of memory only; one look at the end will do. */
#define SET(option, value) \
    (code = code ? code : curl_easy_setopt(easy, CURLOPT_##option, (value)))

static CURLcode
configure(struct fovea_transfer *transfer)
{
    CURL *easy = transfer->easy;
    const struct fovea_url_options *options = &transfer->settings->url;
    CURLcode code = CURLE_OK;
    SET(PRIVATE, transfer);
    SET(PROTOCOLS_STR, "http,https");
    SET(REDIR_PROTOCOLS_STR, "http,https");
    SET(FOLLOWLOCATION, 0L);
    SET(OPENSOCKETFUNCTION, open_socket);
    SET(OPENSOCKETDATA, transfer);
    SET(HEADERFUNCTION, receive_header);
    SET(HEADERDATA, transfer);
    SET(WRITEFUNCTION, receive);
    SET(WRITEDATA, transfer);
    SET(ERRORBUFFER, transfer->curl_message);
    SET(NOSIGNAL, 1L);
    SET(NOPROGRESS, 1L);
    SET(BUFFERSIZE, 1L << 17);
    SET(USERAGENT, options->user_agent);
    SET(CONNECTTIMEOUT_MS, milliseconds(options->connect_ns));
    /* A name server that does not answer holds up nobody else. */
    SET(QUICK_EXIT, 1L);
    SET(NETRC, (long)CURL_NETRC_IGNORED);
    /* Bytes as they are: nothing that unpacks to more. */
    SET(HTTP_CONTENT_DECODING, 0L);
    return code;
}

/* Choose who is connected to. A proxy decides itself which addresses are
   reached; its own is the user's choice. */
static CURLcode
choose_proxy(struct fovea_transfer *transfer)
{
    CURL *easy = transfer->easy;
    const struct fovea_url_options *options = &transfer->settings->url;
    char *host = NULL;
    if (curl_url_get(transfer->url.parsed, CURLUPART_HOST, &host, 0)) {
        return CURLE_OUT_OF_MEMORY;
    }
    const char *proxy = options->use_proxies
            ? fovea_proxy_of(transfer->url.is_https, host)
            : NULL;
    CURLcode code = CURLE_OK;
    SET(PROXY, proxy ? proxy : "");
    SET(NOPROXY, ""); /* what it would say was heard */
    transfer->checks_addresses = !options->allow_private && !proxy;
    curl_free(host);
    return code;
}

/* Point the handle at the URL, with the time that is left. */
enum fovea_status
fovea_transfer_aim(struct fovea_transfer *transfer, struct fovea_error *err)
{
    CURL *easy = transfer->easy;
    int64_t end_ns =
            fovea_later(transfer->begun_ns, transfer->settings->url.total_ns);
    int64_t left_ns = end_ns - fovea_clock_ns();
    CURLcode code = choose_proxy(transfer);
    SET(CURLU, transfer->url.parsed);
    SET(TIMEOUT_MS, milliseconds(left_ns));
    transfer->size = 0;
    transfer->n_header_bytes = 0;
    transfer->curl_message[0] = 0;
    transfer->refused[0] = 0;
    return code ? fovea_fail_memory(err, sizeof *transfer, "a transfer")
                : FOVEA_OK;
}

enum fovea_status
fovea_transfer_begin(struct fovea_transfer *transfer, struct fovea_error *err)
{
    if (transfer->easy) {
        return fovea_transfer_aim(transfer, err);
    }
    transfer->begun_ns = fovea_clock_ns();
    transfer->easy = curl_easy_init();
    if (!transfer->easy || configure(transfer)) {
        return fovea_fail_memory(err, sizeof *transfer, "a transfer");
    }
    return fovea_transfer_aim(transfer, err);
}
