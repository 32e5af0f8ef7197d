/*
 * One URL on its way: see transfer.h.
 *
 * Redirects are followed here, not by libcurl, so that each target goes through
 * the same check as the first URL.
 */
#include "source/transfer.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "option/limits.h"
#include "source/libcurl.h"
#include "sys/memfd.h"

enum {
    MAX_DROPPED_BYTES =
            1 << 16,    /* of a redirect's body, to keep a connection */
    MAX_BAD_TEXT = 4096 /* of what comes with a bad status, if it is read */
};

/* What of a request outlives it. */
static enum fovea_status
take_request(struct fovea_transfer *transfer,
        const struct fovea_fetch_request *request, struct fovea_error *err)
{
    transfer->ticket = request->ticket;
    transfer->deadline_ns = request->deadline_ns;
    transfer->fetched = request->fetched;
    transfer->context = request->context;
    transfer->rights = request->rights;
    if (request->rights.trusted_host) {
        transfer->trusted_host = strdup(request->rights.trusted_host);
        if (!transfer->trusted_host) {
            return fovea_fail_memory(err, sizeof *transfer, "a transfer");
        }
    }
    transfer->rights.trusted_host = transfer->trusted_host;
    return fovea_transfer_is_signed(transfer)
            ? fovea_url_parse_as_is(request->url, &transfer->url, err)
            : fovea_url_parse(request->url, NULL, &transfer->url, err);
}

enum fovea_status
fovea_transfer_create(const struct fovea_fetch_request *request,
        struct fovea_transfer **transfer_out, struct fovea_error *err)
{
    struct fovea_transfer *transfer = calloc(1, sizeof *transfer);
    if (!transfer) {
        return fovea_fail_memory(err, sizeof *transfer, "a transfer");
    }
    transfer->fd = -1;
    enum fovea_status status = take_request(transfer, request, err);
    if (status) {
        fovea_transfer_destroy(transfer);
        return status;
    }
    transfer->server = fovea_url_server(&transfer->url);
    *transfer_out = transfer;
    return FOVEA_OK;
}

static void
drop_file(struct fovea_transfer *transfer)
{
    if (transfer->fd >= 0) {
        (void)close(transfer->fd);
        transfer->fd = -1;
    }
}

void
fovea_transfer_destroy(struct fovea_transfer *transfer)
{
    if (!transfer) {
        return;
    }
    curl_easy_cleanup(transfer->easy); /* before the URL that it reads */
    curl_slist_free_all(transfer->headers);
    fovea_url_finish(&transfer->url);
    fovea_text_finish(&transfer->text);
    drop_file(transfer);
    free(transfer->trusted_host);
    free(transfer);
}

/* A line of a header came. Another number than n ends the transfer. */
static size_t
receive_header(char *bytes, size_t one, size_t n, void *context)
{
    struct fovea_transfer *transfer = context;
    (void)bytes;
    (void)one; /* always 1 */
    transfer->n_header_bytes += n;
    if (transfer->n_header_bytes > FOVEA_MAX_HEADER_BYTES) {
        (void)fovea_fail(&transfer->result, FOVEA_ERR_FETCH,
                "%.100s: more than %d bytes of headers came",
                transfer->url.host, FOVEA_MAX_HEADER_BYTES);
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
    long code = fovea_libcurl_code(transfer->easy);
    (void)one; /* always 1 */
    if (!fovea_is_good(code) && fovea_transfer_is_signed(transfer)) {
        size_t room = MAX_BAD_TEXT - transfer->text.size;
        fovea_text_add(&transfer->text, bytes, n < room ? n : room);
        return n < room ? n : 0;
    }
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

/* Each call may fail for want of memory only; one look at the end will do. */
#define SET(option, value) \
    (code = code ? code : curl_easy_setopt(easy, CURLOPT_##option, (value)))

static CURLcode
configure(struct fovea_transfer *transfer)
{
    CURL *easy = transfer->easy;
    CURLcode code = fovea_easy_configure(easy, &transfer->settings->url,
            &transfer->guard);
    SET(PRIVATE, transfer);
    SET(HEADERFUNCTION, receive_header);
    SET(HEADERDATA, transfer);
    SET(WRITEFUNCTION, receive);
    SET(WRITEDATA, transfer);
    SET(ERRORBUFFER, transfer->curl_message);
    SET(NOPROGRESS, 1L);
    return code;
}

/* Sign the request, at the time that it is sent. */
static enum fovea_status
sign(struct fovea_transfer *transfer, struct fovea_error *err)
{
    const struct fovea_signer *signer = &transfer->rights.signer;
    struct fovea_signature signature;
    enum fovea_status status = signer->fill(signer->context, &signature, err);
    CURLcode code = CURLE_OK;
    curl_slist_free_all(transfer->headers);
    transfer->headers = NULL;
    if (!status) {
        CURL *easy = transfer->easy;
        code = fovea_signature_apply(&signature, FOVEA_SHA256_OF_NOTHING, easy,
                &transfer->headers);
        SET(HTTPHEADER, transfer->headers);
    }
    fovea_signature_wipe(&signature);
    return code ? fovea_fail_memory(err, sizeof *transfer, "a transfer")
                : status;
}

/* Point the handle at the URL, with the time that is left. */
enum fovea_status
fovea_transfer_aim(struct fovea_transfer *transfer, struct fovea_error *err)
{
    CURL *easy = transfer->easy;
    int64_t end_ns =
            fovea_later(transfer->begun_ns, transfer->settings->url.total_ns);
    int64_t left_ns = end_ns - fovea_clock_ns();
    CURLcode code = fovea_easy_aim(easy, &transfer->settings->url,
            &transfer->url, transfer->trusted_host, &transfer->guard);
    SET(TIMEOUT_MS, fovea_milliseconds(left_ns));
    transfer->size = 0;
    transfer->n_header_bytes = 0;
    transfer->curl_message[0] = 0;
    drop_file(transfer); /* of a try before, that broke off */
    fovea_text_clear(&transfer->text);
    if (code) {
        return fovea_fail_memory(err, sizeof *transfer, "a transfer");
    }
    return fovea_transfer_is_signed(transfer) ? sign(transfer, err) : FOVEA_OK;
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
