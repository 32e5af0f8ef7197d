/* Requests to the hub: setting them up, and what their ends mean. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "fovea/version.h"

#include "base/error.h"
#include "base/number.h"
#include "hub/hub.h"
#include "source/libcurl.h"

/* A file is as large as it is: what counts is that bytes come. */
enum {
    CONNECT_S = 15,
    SILENCE_S = 30,
    MAX_REDIRECTS = 8
};

/* libcurl's counts are of one request; hub->have is of the file. */
static int
note_progress(void *context, curl_off_t total, curl_off_t n, curl_off_t up,
        curl_off_t n_up)
{
    struct fovea_hub *hub = context;
    (void)total;
    (void)n;
    (void)up;
    (void)n_up;
    return fovea_hub_show(hub, NULL) != FOVEA_OK;
}

#define SET(option, value) \
    (code = code ? code : curl_easy_setopt(easy, CURLOPT_##option, (value)))

enum fovea_status
fovea_hub_aim(struct fovea_hub *hub, const char *url, struct fovea_error *err)
{
    CURL *easy = hub->easy;
    CURLcode code = CURLE_OK;
    const char *protocols = hub->url.is_https ? "https" : "http,https";
    curl_easy_reset(easy); /* connections stay */
    hub->curl_message[0] = 0;
    SET(URL, url);
    SET(HTTPHEADER, hub->headers);
    SET(PROTOCOLS_STR, protocols);
    SET(REDIR_PROTOCOLS_STR, protocols);
    SET(MAXREDIRS, (long)MAX_REDIRECTS);
    SET(NETRC, (long)CURL_NETRC_IGNORED);
    SET(USERAGENT, "fovea/" FOVEA_VERSION);
    SET(ERRORBUFFER, hub->curl_message);
    SET(NOSIGNAL, 1L);
    SET(QUICK_EXIT, 1L);
    SET(CONNECTTIMEOUT, (long)CONNECT_S);
    SET(LOW_SPEED_LIMIT, 1L);
    SET(LOW_SPEED_TIME, (long)SILENCE_S);
    SET(BUFFERSIZE, 1L << 18);
    SET(NOPROGRESS, 0L);
    SET(XFERINFOFUNCTION, note_progress);
    SET(XFERINFODATA, hub);
    return code ? fovea_fail_memory(err, FOVEA_MAX_URL_BYTES, "a request")
                : FOVEA_OK;
}

/* W/"abc" and "abc" are abc. What could not be a file's name is none. */
static void
note_etag(const char *value, char etag_out[FOVEA_ETAG_SIZE])
{
    if (!value) {
        return;
    }
    value += strncmp(value, "W/", 2) == 0 ? 2 : 0;
    value += *value == '"';
    size_t size = strspn(value,
            "abcdefghijklmnopqrstuvwxyz"
            "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");
    if (size > 0 && size < FOVEA_ETAG_SIZE &&
            (!value[size] || value[size] == '"')) {
        memcpy(etag_out, value, size);
        etag_out[size] = 0;
    }
}

static uint64_t
read_size(const char *digits)
{
    uint64_t size = 0;
    return fovea_number_scan(&digits, &size) ? size : 0;
}

static void
read_answer(struct fovea_hub *hub, struct fovea_hub_answer *answer)
{
    CURL *easy = hub->easy;
    curl_off_t length = -1;
    answer->code = fovea_libcurl_code(easy);
    (void)curl_easy_getinfo(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    hub->is_reached = hub->is_reached || answer->code > 0;
    /* A header's text is good until the next look at the headers. */
    const char *value = fovea_libcurl_header(easy, "X-Error-Code");
    if (value) {
        (void)snprintf(answer->reason, sizeof answer->reason, "%s", value);
    }
    value = fovea_libcurl_header(easy, "X-Repo-Commit");
    if (value && fovea_is_commit(value)) {
        memcpy(answer->commit, value, FOVEA_COMMIT_SIZE);
    }
    note_etag(fovea_libcurl_header(easy, "ETag"), answer->etag);
    note_etag(fovea_libcurl_header(easy, "X-Linked-Etag"), answer->etag);
    value = fovea_libcurl_header(easy, "X-Linked-Size");
    if (value) {
        answer->size = read_size(value);
    } else if (answer->code < 300 && length > 0) {
        answer->size = (uint64_t)length;
    }
}

enum fovea_status
fovea_hub_perform(struct fovea_hub *hub, struct fovea_hub_answer *answer_out,
        struct fovea_error *err)
{
    CURLcode code = curl_easy_perform(hub->easy);
    read_answer(hub, answer_out);
    enum fovea_status status = fovea_libcurl_status(code);
    switch ((int)status) {
    case FOVEA_OK:
        return FOVEA_OK;
    case FOVEA_ERR_CANCELLED:
        return fovea_hub_show(hub, err);
    case FOVEA_ERR_NO_MEMORY:
        return fovea_fail_memory(err, FOVEA_MAX_URL_BYTES, "a request");
    case FOVEA_ERR_FETCH_REDIRECTS:
        return fovea_fail(err, status, "%.80s redirected more than %d times",
                hub->url.host, MAX_REDIRECTS);
    case FOVEA_ERR_URL:
        return fovea_fail(err, status, "%.80s redirected to what is not %s",
                hub->url.host, hub->url.is_https ? "https" : "http or https");
    default:
        return fovea_fail(err, status, "%.80s: %.120s", hub->url.host,
                fovea_libcurl_message(hub->curl_message, code));
    }
}

enum fovea_status
fovea_hub_explain(const struct fovea_hub *hub,
        const struct fovea_hub_answer *answer, struct fovea_error *err)
{
    const char *reason = answer->reason;
    if (strcmp(reason, "GatedRepo") == 0 || answer->code == 403) {
        return fovea_fail(err, FOVEA_ERR_FETCH_STATUS,
                "%.80s is gated or closed: accept its terms at %.60s/%.60s%s",
                hub->key, hub->endpoint, hub->key,
                hub->has_token ? "; the token in use does not suffice"
                               : " and set HF_TOKEN");
    }
    if (strcmp(reason, "RevisionNotFound") == 0) {
        return fovea_fail(err, FOVEA_ERR_UNKNOWN_MODEL,
                "%.100s has no revision %.60s", hub->key, hub->revision);
    }
    if (answer->code == 404 || strcmp(reason, "RepoNotFound") == 0) {
        return fovea_fail(err, FOVEA_ERR_UNKNOWN_MODEL,
                "%.60s has no model %.100s%s", hub->url.host, hub->key,
                hub->has_token ? "" : "; a private one needs HF_TOKEN");
    }
    if (answer->code == 401) {
        return fovea_fail(err, FOVEA_ERR_FETCH_STATUS,
                "%.60s does not give out %.100s: %s", hub->url.host, hub->key,
                hub->has_token ? "it does not accept the token in use"
                               : "it needs a token, in HF_TOKEN");
    }
    return fovea_fail(err, FOVEA_ERR_FETCH_STATUS, "%.100s answered %ld",
            hub->url.host, answer->code);
}
