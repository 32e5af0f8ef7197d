/* What came of a transfer, and what is said about it. */
#include "source/transfer_settle.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "option/limits.h"
#include "source/libcurl.h"
#include "source/passing.h"
#include "sys/memfd.h"

static enum fovea_status
follow(struct fovea_transfer *transfer, const char *location,
        struct fovea_error *err)
{
    if (transfer->n_redirects >= transfer->settings->url.max_redirects) {
        return fovea_fail(err, FOVEA_ERR_FETCH_REDIRECTS,
                "%.100s: redirected more than %u times %s", transfer->url.host,
                transfer->settings->url.max_redirects,
                fovea_limit_by(FOVEA_OPTION_REDIRECTS));
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

/* The server asks to be left alone for a while: whether that can be waited for,
 * or why not. */
static enum fovea_status
judge_later(struct fovea_transfer *transfer, long code,
        enum fovea_next *next_out, struct fovea_error *err)
{
    const char *host = transfer->url.host;
    curl_off_t wait_s = 0;
    (void)curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &wait_s);
    if (!fovea_libcurl_header(transfer->easy, "Retry-After")) {
        return fovea_fail(err, FOVEA_ERR_FETCH_BUSY, "%.100s answered %ld%s",
                host, code, fovea_http_words(code));
    }
    if (++transfer->n_tries >= transfer->settings->url.max_tries) {
        return fovea_fail(err, FOVEA_ERR_FETCH_BUSY,
                "%.100s answered %ld%s, and was asked %u times %s", host, code,
                fovea_http_words(code), transfer->n_tries,
                fovea_limit_by(FOVEA_OPTION_TRIES));
    }
    int64_t now_ns = fovea_clock_ns();
    int64_t wait_ns = wait_s < INT32_MAX ? wait_s * FOVEA_NS_PER_S : INT64_MAX;
    int64_t then_ns = fovea_later(now_ns, wait_ns);
    int64_t end_ns =
            fovea_later(transfer->begun_ns, transfer->settings->url.total_ns);
    bool is_total = end_ns <= transfer->deadline_ns;
    if (then_ns >= (is_total ? end_ns : transfer->deadline_ns)) {
        return fovea_fail(err, FOVEA_ERR_FETCH_BUSY,
                "%.100s answered %ld%s, and asks to wait %" PRId64
                " s, longer than there is time for %s",
                host, code, fovea_http_words(code), (int64_t)wait_s,
                fovea_limit_by(is_total ? FOVEA_OPTION_FETCH_TIME
                                        : FOVEA_OPTION_DEADLINE));
    }
    transfer->not_before_ns = then_ns;
    *next_out = FOVEA_NEXT_LATER;
    return FOVEA_OK;
}

/* Append what of a header can stand in a message, up to its parameters. */
static void
declare(struct fovea_transfer *transfer, const char *before, const char *value)
{
    size_t size = strlen(transfer->declared);
    int n = snprintf(transfer->declared + size, FOVEA_DECLARED_SIZE - size,
            "%s%.*s", before, (int)strcspn(value, "; \t"), value);
    for (char *at = transfer->declared; n > 0 && *at; at++) {
        if (*at < ' ' || *at > '~') {
            *at = '?';
        }
    }
}

static enum fovea_status
take_file(struct fovea_transfer *transfer, struct fovea_error *err)
{
    const char *type = fovea_libcurl_header(transfer->easy, "Content-Type");
    const char *coding =
            fovea_libcurl_header(transfer->easy, "Content-Encoding");
    if (type) {
        declare(transfer, "", type);
    }
    if (coding) {
        declare(transfer, type ? " packed with " : "packed with ", coding);
    }
    enum fovea_status status = fovea_transfer_need_file(transfer);
    if (status) {
        *err = transfer->result;
        return status;
    }
    return fovea_memfd_seal(transfer->fd, err);
}

/* A signed request that may be answered better later: whether there is time. */
static bool
wait_for_signed(struct fovea_transfer *transfer, enum fovea_status status,
        long code)
{
    const struct fovea_url_options *options = &transfer->settings->url;
    if (!fovea_transfer_is_signed(transfer) || !fovea_may_pass(status, code) ||
            transfer->n_tries + 1 >= options->max_tries) {
        return false;
    }
    curl_off_t asked_s = 0;
    (void)curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &asked_s);
    int64_t asked_ns =
            asked_s < INT32_MAX ? asked_s * FOVEA_NS_PER_S : INT64_MAX;
    int64_t pause_ns =
            fovea_pause_after(transfer->n_tries, FOVEA_FIRST_PAUSE_NS);
    int64_t then_ns = fovea_later(fovea_clock_ns(),
            asked_ns > pause_ns ? asked_ns : pause_ns);
    if (then_ns >= fovea_later(transfer->begun_ns, options->total_ns) ||
            then_ns >= transfer->deadline_ns) {
        return false;
    }
    transfer->n_tries++;
    transfer->not_before_ns = then_ns;
    return true;
}

/* A bad answer to a signed request. */
static enum fovea_status
judge_signed(struct fovea_transfer *transfer, long code,
        enum fovea_next *next_out, struct fovea_error *err)
{
    const struct fovea_fetch_rights *rights = &transfer->rights;
    if (wait_for_signed(transfer, FOVEA_OK, code)) {
        *next_out = FOVEA_NEXT_LATER;
        return FOVEA_OK;
    }
    return rights->explain(rights->explain_context, code, transfer->easy,
            &transfer->text, err);
}

static enum fovea_status
judge_answer(struct fovea_transfer *transfer, enum fovea_next *next_out,
        struct fovea_error *err)
{
    enum {
        TOO_MANY_REQUESTS = 429,
        UNAVAILABLE = 503
    };
    long code = fovea_libcurl_code(transfer->easy);
    const char *location = fovea_libcurl_header(transfer->easy, "Location");
    if (fovea_transfer_is_signed(transfer) && !fovea_is_good(code)) {
        return judge_signed(transfer, code, next_out, err);
    }
    if (fovea_is_redirect(code) && location) {
        enum fovea_status status = follow(transfer, location, err);
        *next_out = status ? FOVEA_NEXT_END : FOVEA_NEXT_NOW;
        return status;
    }
    if (code == TOO_MANY_REQUESTS || code == UNAVAILABLE) {
        return judge_later(transfer, code, next_out, err);
    }
    if (!fovea_is_good(code)) {
        return fovea_fail(err, FOVEA_ERR_FETCH_STATUS, "%.100s answered %ld%s",
                transfer->url.host, code, fovea_http_words(code));
    }
    return take_file(transfer, err);
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
                "%.100s: no connection within %.4g s %s", transfer->url.host,
                (double)options->connect_ns / (double)FOVEA_NS_PER_S,
                fovea_limit_by(FOVEA_OPTION_CONNECT_TIME));
    }
    return fovea_fail(err, FOVEA_ERR_FETCH_TIMEOUT,
            "%.100s: not done within %.4g s; %" PRIu64 " bytes came %s",
            transfer->url.host,
            (double)options->total_ns / (double)FOVEA_NS_PER_S, transfer->size,
            fovea_limit_by(FOVEA_OPTION_FETCH_TIME));
}

static enum fovea_status
judge_failure(struct fovea_transfer *transfer, CURLcode code,
        struct fovea_error *err)
{
    if (code == CURLE_OPERATION_TIMEDOUT) {
        return judge_timeout(transfer, err);
    }
    enum fovea_status status =
            fovea_guard_judge(&transfer->guard, code, transfer->url.host, err);
    return status ? status
                  : fovea_easy_explain(transfer->easy, code, transfer->url.host,
                            transfer->size, transfer->curl_message, err);
}

enum fovea_status
fovea_transfer_settle(struct fovea_transfer *transfer, CURLcode code,
        enum fovea_next *next_out, struct fovea_error *err)
{
    *next_out = FOVEA_NEXT_END;
    if (transfer->result.code) {
        *err = transfer->result;
        return err->code;
    }
    /* receive() ends what comes with an error. */
    if (code == CURLE_OK || code == CURLE_WRITE_ERROR) {
        return judge_answer(transfer, next_out, err);
    }
    enum fovea_status status = judge_failure(transfer, code, err);
    if (wait_for_signed(transfer, status, 0)) {
        *next_out = FOVEA_NEXT_LATER;
        return FOVEA_OK;
    }
    return status;
}
