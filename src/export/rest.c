/* See rest.h. */
#include "export/rest.h"

#include <string.h>
#include <time.h>

#include "fovea/version.h"

#include "base/clock.h"
#include "base/error.h"
#include "source/libcurl.h"
#include "source/passing.h"

enum {
    CONNECT_S = 15,
    SILENCE_S = 120, /* a server may take long over a large batch */
    MAX_ANSWER_BYTES = 64 << 20,
    FIRST_PAUSE_MS = 200,
    LONGEST_PAUSE_MS = 60 * 1000,
    LOOK_MS = 50 /* for a cancel, while pausing */
};

static size_t
take(char *bytes, size_t size, size_t n, void *context)
{
    struct fovea_rest *rest = context;
    if (rest->answer.size + size * n > MAX_ANSWER_BYTES) {
        rest->is_too_long = true;
        return 0;
    }
    fovea_text_add(&rest->answer, bytes, size * n);
    return rest->answer.failed ? 0 : size * n;
}

static bool
is_cancelled(const struct fovea_rest *rest)
{
    const struct fovea_export_settings *settings = rest->settings;
    return settings->is_cancelled && settings->is_cancelled(settings->context);
}

static int
watch(void *context, curl_off_t total, curl_off_t n, curl_off_t up,
        curl_off_t n_up)
{
    (void)total;
    (void)n;
    (void)up;
    (void)n_up;
    return is_cancelled(context);
}

static bool
add_header(struct fovea_rest *rest, const char *header)
{
    struct curl_slist *list = curl_slist_append(rest->headers, header);
    rest->headers = list ? list : rest->headers;
    return list;
}

enum fovea_status
fovea_rest_open(struct fovea_rest *rest,
        const struct fovea_export_settings *settings, const char *key,
        struct fovea_error *err)
{
    *rest = (struct fovea_rest){ .settings = settings };
    for (const char *at = key; at && *at; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f) {
            return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                    "the key of the server has control characters in it");
        }
    }
    enum fovea_status status = fovea_libcurl_start(err);
    if (status) {
        return status;
    }
    rest->is_started = true;
    rest->easy = curl_easy_init();
    FOVEA_AUTO(fovea_text_finish) struct fovea_text header = { 0 };
    fovea_text_format(&header, "api-key: %s", key ? key : "");
    if (!rest->easy || fovea_text_failed(&header) ||
            !add_header(rest, "Content-Type: application/json") ||
            !add_header(rest, "Expect:") ||
            (key && !add_header(rest, header.data))) {
        return fovea_fail_memory(err, header.size, "a request");
    }
    return FOVEA_OK;
}

#define SET(option, value) \
    (code = code ? code : curl_easy_setopt(easy, CURLOPT_##option, (value)))

static enum fovea_status
aim(struct fovea_rest *rest, const char *method, const char *path,
        const struct fovea_text *body, struct fovea_error *err)
{
    CURL *easy = rest->easy;
    CURLcode code = CURLE_OK;
    FOVEA_AUTO(fovea_text_finish) struct fovea_text url = { 0 };
    fovea_text_format(&url, "%s%s", rest->settings->url, path);
    if (fovea_text_failed(&url)) {
        return fovea_fail_memory(err, url.capacity, "a URL");
    }
    curl_easy_reset(easy); /* connections stay */
    rest->message[0] = 0;
    SET(URL, url.data);
    SET(HTTPHEADER, rest->headers);
    SET(PROTOCOLS_STR, "http,https");
    SET(CUSTOMREQUEST, method);
    SET(NETRC, (long)CURL_NETRC_IGNORED);
    SET(USERAGENT, "fovea/" FOVEA_VERSION);
    SET(ERRORBUFFER, rest->message);
    SET(NOSIGNAL, 1L);
    SET(CONNECTTIMEOUT, (long)CONNECT_S);
    SET(LOW_SPEED_LIMIT, 1L);
    SET(LOW_SPEED_TIME, (long)SILENCE_S);
    SET(WRITEFUNCTION, take);
    SET(WRITEDATA, rest);
    SET(NOPROGRESS, 0L);
    SET(XFERINFOFUNCTION, watch);
    SET(XFERINFODATA, rest);
    if (body) {
        SET(POSTFIELDSIZE_LARGE, (curl_off_t)body->size);
        SET(POSTFIELDS, body->data);
    }
    return code ? fovea_fail_memory(err, url.size, "a request") : FOVEA_OK;
}

static enum fovea_status
explain(struct fovea_rest *rest, CURLcode code, struct fovea_error *err)
{
    const char *url = rest->settings->url;
    if (rest->is_too_long) {
        return fovea_fail(err, FOVEA_ERR_FETCH_STATUS,
                "%.100s: its answer is longer than %d MB", url,
                MAX_ANSWER_BYTES >> 20);
    }
    if (rest->answer.failed || code == CURLE_OUT_OF_MEMORY) {
        return fovea_fail_memory(err, rest->answer.capacity, "an answer");
    }
    enum fovea_status status = fovea_libcurl_status(code);
    return status == FOVEA_ERR_CANCELLED
            ? fovea_fail(err, status, "stopped")
            : fovea_fail(err, status, "%.100s: %.200s", url,
                      fovea_libcurl_message(rest->message, code));
}

/* One try. */
static enum fovea_status
try(struct fovea_rest *rest, long *code_out, struct fovea_error *err)
{
    fovea_text_clear(&rest->answer);
    rest->is_too_long = false;
    CURLcode code = curl_easy_perform(rest->easy);
    if (code != CURLE_OK) {
        return explain(rest, code, err);
    }
    *code_out = fovea_libcurl_code(rest->easy);
    if (!fovea_code_may_pass(*code_out)) {
        return FOVEA_OK;
    }
    return fovea_fail(err,
            *code_out == 429 ? FOVEA_ERR_FETCH_BUSY : FOVEA_ERR_FETCH_STATUS,
            "%.100s answered %ld, %d times", rest->settings->url, *code_out,
            FOVEA_REST_TRIES);
}

static bool
may_retry(const struct fovea_rest *rest, enum fovea_status status)
{
    return !rest->is_too_long &&
            (fovea_may_pass(status, 0) || status == FOVEA_ERR_FETCH_STATUS ||
                    status == FOVEA_ERR_FETCH_BUSY);
}

/* How long to wait before a try; what the server asks for, if it does. */
static int64_t
choose_pause_ms(const struct fovea_rest *rest, int n_tries)
{
    curl_off_t asked_s = 0;
    int64_t pause_ms = (int64_t)FIRST_PAUSE_MS << n_tries;
    if (curl_easy_getinfo(rest->easy, CURLINFO_RETRY_AFTER, &asked_s) ==
                    CURLE_OK &&
            asked_s > 0) {
        pause_ms = asked_s < LONGEST_PAUSE_MS / 1000 ? asked_s * 1000
                                                     : LONGEST_PAUSE_MS;
    }
    return pause_ms;
}

static enum fovea_status
pause_for(const struct fovea_rest *rest, int64_t pause_ms,
        struct fovea_error *err)
{
    int64_t until = fovea_clock_ns() + pause_ms * FOVEA_NS_PER_MS;
    while (fovea_clock_ns() < until) {
        if (is_cancelled(rest)) {
            return fovea_fail(err, FOVEA_ERR_CANCELLED, "stopped");
        }
        const struct timespec look = { .tv_nsec = LOOK_MS * FOVEA_NS_PER_MS };
        (void)nanosleep(&look, NULL);
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_rest_ask(struct fovea_rest *rest, const char *method, const char *path,
        const struct fovea_text *body, long *code_out, struct fovea_error *err)
{
    enum fovea_status status = aim(rest, method, path, body, err);
    if (status) {
        return status;
    }
    for (int n_tries = 0;; n_tries++) {
        status = try(rest, code_out, err);
        if (!may_retry(rest, status) || n_tries + 1 == FOVEA_REST_TRIES) {
            return status;
        }
        status = pause_for(rest, choose_pause_ms(rest, n_tries), err);
        if (status) {
            return status;
        }
    }
}

void
fovea_rest_finish(struct fovea_rest *rest)
{
    curl_slist_free_all(rest->headers);
    curl_easy_cleanup(rest->easy);
    if (rest->is_started) {
        curl_global_cleanup();
    }
    fovea_text_finish(&rest->answer);
}
