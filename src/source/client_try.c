/* See client_try.h. */
#include "source/client_try.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "option/limits.h"
#include "source/libcurl.h"

static CURL *
take_handle(struct fovea_client *client)
{
    CURL *easy = NULL;
    (void)pthread_mutex_lock(&client->mutex);
    if (client->n_resting > 0) {
        easy = client->resting[--client->n_resting];
    }
    (void)pthread_mutex_unlock(&client->mutex);
    return easy ? easy : curl_easy_init();
}

/* A handle that has failed ends: libcurl does not take all settings again of one
   that found no address. */
static void
give_handle(struct fovea_client *client, CURL *easy, bool has_failed)
{
    curl_easy_reset(easy); /* its connections stay open */
    (void)pthread_mutex_lock(&client->mutex);
    bool rests = !has_failed && client->n_resting < FOVEA_MAX_RESTING;
    if (rests) {
        client->resting[client->n_resting++] = easy;
    }
    (void)pthread_mutex_unlock(&client->mutex);
    if (!rests) {
        curl_easy_cleanup(easy);
    }
}

static bool
is_stopped(const struct fovea_client *client)
{
    return client->settings.stop &&
            client->settings.stop(client->settings.context);
}

/* Whether this answer is a redirect that is followed. */
static bool
is_to_follow(const struct fovea_client_try *try, long code)
{
    return fovea_is_redirect(code) && !try->request->signer.fill &&
            !try->request->keeps_to_server &&
            fovea_libcurl_header(try->easy, "Location");
}

static size_t
receive_header(char *bytes, size_t one, size_t n, void *context)
{
    struct fovea_client_try *try = context;
    (void)bytes;
    (void)one; /* always 1 */
    try->n_header_bytes += n;
    if (try->n_header_bytes > FOVEA_MAX_HEADER_BYTES) {
        (void)fovea_fail(&try->result, FOVEA_ERR_FETCH,
                "%.100s: more than %d bytes of headers came", try->url.host,
                FOVEA_MAX_HEADER_BYTES);
        return 0;
    }
    return n;
}

/* Hand bytes on; false: that was enough. */
static bool
take(struct fovea_client_try *try, const char *bytes, size_t n)
{
    long code = fovea_libcurl_code(try->easy);
    if (is_to_follow(try, code)) {
        return true; /* the words of it */
    }
    if (try->is_enough ||
            !try->receive(try->context, code, bytes, n, &try->result)) {
        try->is_enough = true;
        return false;
    }
    try->n_received += n;
    try->moved_ns = fovea_clock_ns(); /* who takes the bytes may have waited */
    return true;
}

/* Bytes came. Another number than n ends the try. */
static size_t
receive_body(char *bytes, size_t one, size_t n, void *context)
{
    (void)one; /* always 1 */
    return take(context, bytes, n) ? n : 0;
}

static size_t
send_body(char *buffer, size_t one, size_t n, void *context)
{
    struct fovea_client_try *try = context;
    size_t n_read = 0;
    if (fovea_input_read(try->request->body, try->body_at, buffer, one * n,
                &n_read, &try->result)) {
        return CURL_READFUNC_ABORT;
    }
    try->body_at += n_read;
    return n_read;
}

/* A connection that was kept had ended: from the start again. */
static int
seek_body(void *context, curl_off_t offset, int origin)
{
    struct fovea_client_try *try = context;
    if (origin != SEEK_SET || offset < 0) {
        return CURL_SEEKFUNC_CANTSEEK;
    }
    try->body_at = (uint64_t)offset;
    return CURL_SEEKFUNC_OK;
}

/* Called about once a second at least. Not 0 ends the try. */
static int
watch(void *context, curl_off_t all_down, curl_off_t down, curl_off_t all_up,
        curl_off_t up)
{
    struct fovea_client_try *try = context;
    (void)all_down;
    (void)all_up;
    int64_t now_ns = fovea_clock_ns();
    uint64_t n_moved = (uint64_t)down + (uint64_t)up + try->n_header_bytes;
    if (n_moved != try->n_moved) {
        try->n_moved = n_moved;
        try->moved_ns = now_ns;
    }
    try->is_stalled =
            now_ns - try->moved_ns > try->client->settings.url.total_ns;
    try->is_stopped = is_stopped(try->client);
    return try->is_stalled || try->is_stopped;
}

/* Each call may fail for want of memory only; one look at the end will do. */
#define SET(option, value) \
    (code = code ? code : curl_easy_setopt(easy, CURLOPT_##option, (value)))

static CURLcode
choose_method(struct fovea_client_try *try)
{
    CURL *easy = try->easy;
    const struct fovea_http_request *request = try->request;
    CURLcode code = CURLE_OK;
    if (strcmp(request->method, "HEAD") == 0) {
        SET(NOBODY, 1L);
    } else if (strcmp(request->method, "PUT") == 0) {
        SET(UPLOAD, 1L);
        SET(READFUNCTION, send_body);
        SET(READDATA, try);
        SET(SEEKFUNCTION, seek_body);
        SET(SEEKDATA, try);
        SET(INFILESIZE_LARGE,
                request->body ? (curl_off_t)request->body->size : 0);
    } else {
        SET(HTTPGET, 1L);
        SET(CUSTOMREQUEST, request->method);
    }
    return code;
}

static CURLcode
add_headers(struct fovea_client_try *try)
{
    const struct fovea_http_request *request = try->request;
    CURLcode code = CURLE_OK;
    for (size_t i = 0; i < request->n_headers && !code; i++) {
        code = fovea_header_add(&try->headers, request->headers[i]);
    }
    for (size_t i = 0; i < try->n_more_headers && !code; i++) {
        code = fovea_header_add(&try->headers, try->more_headers[i]);
    }
    return code;
}

static enum fovea_status
sign(struct fovea_client_try *try, CURLcode *code, struct fovea_error *err)
{
    const struct fovea_http_request *request = try->request;
    if (!request->signer.fill) {
        return FOVEA_OK;
    }
    struct fovea_signature signature;
    enum fovea_status status =
            request->signer.fill(request->signer.context, &signature, err);
    if (!status) {
        *code = fovea_signature_apply(&signature,
                request->body_sha256 ? request->body_sha256
                                     : FOVEA_SHA256_OF_NOTHING,
                try->easy, &try->headers);
    }
    fovea_signature_wipe(&signature);
    return status;
}

static CURLcode
aim(struct fovea_client_try *try)
{
    struct fovea_url_options options = try->client->settings.url;
    options.use_proxies = options.use_proxies && !try->request->goes_direct;
    try->n_header_bytes = 0;
    try->moved_ns = fovea_clock_ns();
    try->n_moved = 0;
    return fovea_easy_aim(try->easy, &options, &try->url,
            try->request->trusted_host, &try->guard);
}

static enum fovea_status
prepare(struct fovea_client_try *try, struct fovea_error *err)
{
    CURL *easy = try->easy;
    const struct fovea_url_options *options = &try->client->settings.url;
    CURLcode code = fovea_easy_configure(easy, options, &try->guard);
    SET(HEADERFUNCTION, receive_header);
    SET(HEADERDATA, try);
    SET(WRITEFUNCTION, receive_body);
    SET(WRITEDATA, try);
    SET(NOPROGRESS, 0L);
    SET(XFERINFOFUNCTION, watch);
    SET(XFERINFODATA, try);
    SET(ERRORBUFFER, try->curl_message);
    code = code ? code : choose_method(try);
    code = code ? code : add_headers(try);
    enum fovea_status status = code ? FOVEA_OK : sign(try, &code, err);
    if (status) {
        return status;
    }
    SET(HTTPHEADER, try->headers);
    code = code ? code : aim(try);
    return code ? fovea_fail_memory(err, sizeof *try, "a request") : FOVEA_OK;
}

static enum fovea_status
judge_timeout(const struct fovea_client_try *try, struct fovea_error *err)
{
    const struct fovea_url_options *options = &try->client->settings.url;
    if (try->is_stalled) {
        return fovea_fail(err, FOVEA_ERR_FETCH_TIMEOUT,
                "%.100s: nothing came for %.4g s; %" PRIu64 " bytes did before "
                "%s",
                try->url.host,
                (double)options->total_ns / (double)FOVEA_NS_PER_S,
                try->n_received, fovea_limit_by(FOVEA_OPTION_FETCH_TIME));
    }
    return fovea_fail(err, FOVEA_ERR_FETCH_TIMEOUT,
            "%.100s: no connection within %.4g s %s", try->url.host,
            (double)options->connect_ns / (double)FOVEA_NS_PER_S,
            fovea_limit_by(FOVEA_OPTION_CONNECT_TIME));
}

static enum fovea_status
judge(struct fovea_client_try *try, CURLcode code, struct fovea_error *err)
{
    if (code == CURLE_OK && try->n_received == 0) {
        (void)take(try, "", 0); /* the head is an answer, too */
    }
    if (try->result.code) {
        *err = try->result;
        return err->code;
    }
    if (code == CURLE_OK || (code == CURLE_WRITE_ERROR && try->is_enough)) {
        return FOVEA_OK;
    }
    if (try->is_stopped) {
        return fovea_fail(err, FOVEA_ERR_CANCELLED, "cancelled");
    }
    if (try->is_stalled || code == CURLE_OPERATION_TIMEDOUT) {
        return judge_timeout(try, err);
    }
    enum fovea_status status =
            fovea_guard_judge(&try->guard, code, try->url.host, err);
    return status ? status
                  : fovea_easy_explain(try->easy, code, try->url.host,
                            try->n_received, try->curl_message, err);
}

/* Aim at where the answer leads. */
static enum fovea_status
follow(struct fovea_client_try *try, struct fovea_error *err)
{
    unsigned max = try->client->settings.url.max_redirects;
    if (try->n_redirects >= max) {
        return fovea_fail(err, FOVEA_ERR_FETCH_REDIRECTS,
                "%.100s: redirected more than %u times %s", try->url.host, max,
                fovea_limit_by(FOVEA_OPTION_REDIRECTS));
    }
    struct fovea_url target = { 0 };
    enum fovea_status status =
            fovea_url_parse(fovea_libcurl_header(try->easy, "Location"),
                    &try->url, &target, err);
    if (status) {
        fovea_error_prefix(err, "%.60s: redirect", try->url.host);
        return status;
    }
    try->n_redirects++;
    struct fovea_url old = try->url;
    try->url = target;
    CURLcode code = aim(try);
    fovea_url_finish(&old);
    return code ? fovea_fail_memory(err, sizeof *try, "a request") : FOVEA_OK;
}

static void
note_answer(struct fovea_client_try *try)
{
    const struct fovea_http_request *request = try->request;
    curl_off_t wait_s = 0;
    try->code = fovea_libcurl_code(try->easy);
    try->retry_after_ns = -1;
    (void)curl_easy_getinfo(try->easy, CURLINFO_RETRY_AFTER, &wait_s);
    if (fovea_libcurl_header(try->easy, "Retry-After") && wait_s >= 0) {
        try->retry_after_ns =
                wait_s < INT32_MAX ? wait_s * FOVEA_NS_PER_S : INT64_MAX;
    }
    for (size_t i = 0; i < request->n_fields; i++) {
        struct fovea_http_field *field = &request->fields[i];
        const char *value = fovea_libcurl_header(try->easy, field->name);
        bool fits = value && strlen(value) < sizeof field->value;
        (void)snprintf(field->value, sizeof field->value, "%s",
                fits ? value : "");
    }
}

static enum fovea_status
run(struct fovea_client_try *try, struct fovea_error *err)
{
    enum fovea_status status = prepare(try, err);
    while (!status) {
        status = judge(try, curl_easy_perform(try->easy), err);
        if (status || !is_to_follow(try, fovea_libcurl_code(try->easy))) {
            break;
        }
        status = follow(try, err);
    }
    if (!status) {
        note_answer(try);
    }
    return status;
}

enum fovea_status
fovea_client_try(struct fovea_client_try *try, struct fovea_error *err)
{
    struct fovea_error unread;
    err = err ? err : &unread; /* it is read here */
    enum fovea_status status = try->request->signer.fill
            ? fovea_url_parse_as_is(try->request->url, &try->url, err)
            : fovea_url_parse(try->request->url, NULL, &try->url, err);
    if (status) {
        return status;
    }
    try->easy = take_handle(try->client);
    status = try->easy ? run(try, err)
                       : fovea_fail_memory(err, sizeof *try, "a connection");
    if (try->easy) {
        give_handle(try->client, try->easy, status != FOVEA_OK);
    }
    curl_slist_free_all(try->headers);
    fovea_url_finish(&try->url);
    return status;
}
