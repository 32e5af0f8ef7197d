/* What came of a transfer, and what is said about it. */
#include <inttypes.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memfd.h"
#include "source/transfer.h"

static enum fovea_status
follow(struct fovea_transfer *transfer, const char *location,
        struct fovea_error *err)
{
    if (transfer->n_redirects >= transfer->settings->url.max_redirects) {
        return fovea_fail(err, FOVEA_ERR_FETCH_REDIRECTS,
                "%.100s: redirected more than %u times", transfer->url.host,
                transfer->settings->url.max_redirects);
    }
    struct fovea_url target = { 0 };
    enum fovea_status status =
            fovea_url_parse(location, &transfer->url, &target, err);
    if (status) {
        fovea_error_prefix(err, "%.60s: redirect", transfer->url.host);
        return status;
    }
    transfer->n_redirects++;
    /* The handle reads the old URL until it is aimed anew. */
    struct fovea_url old = transfer->url;
    transfer->url = target;
    status = fovea_transfer_aim(transfer, err);
    fovea_url_finish(&old);
    return status;
}

static const char *
words_of(long code)
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
        { 410, " Gone" },
        { 421, " Misdirected Request" },
        { 429, " Too Many Requests" },
        { 451, " Unavailable For Legal Reasons" },
        { 500, " Internal Server Error" },
        { 501, " Not Implemented" },
        { 502, " Bad Gateway" },
        { 503, " Service Unavailable" },
        { 504, " Gateway Timeout" },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(table); i++) {
        if (table[i].code == code) {
            return table[i].words;
        }
    }
    return "";
}

static enum fovea_status
judge_answer(struct fovea_transfer *transfer, bool *again_out,
        struct fovea_error *err)
{
    long code = fovea_transfer_code(transfer);
    struct curl_header *location = NULL;
    if (fovea_is_redirect(code) &&
            curl_easy_header(transfer->easy, "Location", 0, CURLH_HEADER, -1,
                    &location) == CURLHE_OK) {
        enum fovea_status status = follow(transfer, location->value, err);
        *again_out = !status;
        return status;
    }
    if (!fovea_is_good(code)) {
        return fovea_fail(err, FOVEA_ERR_FETCH_STATUS, "%.100s answered %ld%s",
                transfer->url.host, code, words_of(code));
    }
    enum fovea_status status = fovea_transfer_need_file(transfer);
    if (status) {
        *err = transfer->result;
        return status;
    }
    return fovea_memfd_seal(transfer->fd, err);
}

/* Libcurl's words: of them only what fits on a line of ours. */
static const char *
said(struct fovea_transfer *transfer, CURLcode code)
{
    for (char *at = transfer->said; *at; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f) {
            *at = ' ';
        }
    }
    return transfer->said[0] ? transfer->said : curl_easy_strerror(code);
}

static enum fovea_status
judge_timeout(const struct fovea_transfer *transfer, struct fovea_error *err)
{
    const struct fovea_url_options *options = &transfer->settings->url;
    curl_off_t connected_us = 0;
    (void)curl_easy_getinfo(transfer->easy, CURLINFO_PRETRANSFER_TIME_T,
            &connected_us);
    int64_t spent_ns = fovea_clock_ns() - transfer->begun_ns;
    if (connected_us == 0 && spent_ns < options->total_ns) {
        return fovea_fail(err, FOVEA_ERR_FETCH_TIMEOUT,
                "%.100s: no connection within %.4g s", transfer->url.host,
                (double)options->connect_ns / (double)FOVEA_NS_PER_S);
    }
    return fovea_fail(err, FOVEA_ERR_FETCH_TIMEOUT,
            "%.100s: not done within %.4g s; %" PRIu64 " bytes came",
            transfer->url.host,
            (double)options->total_ns / (double)FOVEA_NS_PER_S, transfer->size);
}

static enum fovea_status
judge_failure(struct fovea_transfer *transfer, CURLcode code,
        struct fovea_error *err)
{
    const char *host = transfer->url.host;
    long error = 0;
    (void)curl_easy_getinfo(transfer->easy, CURLINFO_OS_ERRNO, &error);
    switch ((int)code) {
    case CURLE_OUT_OF_MEMORY:
        return fovea_fail_memory(err, FOVEA_MAX_URL_BYTES, "a transfer");
    case CURLE_OPERATION_TIMEDOUT:
        return judge_timeout(transfer, err);
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
                host, transfer->size);
    default:
        return fovea_fail(err, FOVEA_ERR_FETCH, "%.100s: %.120s", host,
                said(transfer, code));
    }
}

enum fovea_status
fovea_transfer_settle(struct fovea_transfer *transfer, CURLcode code,
        bool *again_out, struct fovea_error *err)
{
    *again_out = false;
    if (transfer->result.code) {
        *err = transfer->result;
        return err->code;
    }
    /* receive() ends what comes with an error. */
    if (code == CURLE_OK || code == CURLE_WRITE_ERROR) {
        return judge_answer(transfer, again_out, err);
    }
    if (transfer->refused[0] && code == CURLE_COULDNT_CONNECT) {
        return fovea_fail(err, FOVEA_ERR_URL_REFUSED,
                "%.100s: not fetched from there: %s; --allow-private-urls "
                "(allow_private) would allow it",
                transfer->url.host, transfer->refused);
    }
    return judge_failure(transfer, code, err);
}
