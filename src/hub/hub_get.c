/* The three things that the hub is asked: a text, a file's head, a file. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "hub/hub.h"
#include "source/libcurl.h"
#include "source/passing.h"
#include "sys/file_limit.h"

#define FIRST_PAUSE_NS (400 * FOVEA_NS_PER_MS)
#define SHORT_PAUSE_NS (50 * FOVEA_NS_PER_MS)

typedef enum fovea_status try_fn(struct fovea_hub *hub, const char *url,
        void *context, struct fovea_hub_answer *answer,
        struct fovea_error *err);

/* Again and again, as long as it may help; longer pauses each time. */
static enum fovea_status
try_often(struct fovea_hub *hub, const char *path, try_fn *try, void *context,
        struct fovea_error *err)
{
    FOVEA_AUTO_FREE char *url = fovea_place_join(hub->endpoint, path, "");
    if (!url) {
        return fovea_fail_memory(err, FOVEA_MAX_URL_BYTES, "a URL");
    }
    int64_t pause_ns = FIRST_PAUSE_NS;
    for (unsigned n_left = hub->n_tries - 1;; n_left--) {
        uint64_t had = hub->have;
        struct fovea_hub_answer answer = { .code = 0 };
        enum fovea_status status = try(hub, url, context, &answer, err);
        if (!status || !hub->is_reached ||
                !fovea_may_pass(status, answer.code)) {
            return status;
        }
        bool gets_on = hub->have > had;
        if (gets_on) {
            /* A bad line is no reason to give up. */
            n_left = hub->n_tries;
            pause_ns = FIRST_PAUSE_NS;
        }
        if (n_left == 0) {
            return status;
        }
        status = fovea_hub_pause(hub, gets_on ? SHORT_PAUSE_NS : pause_ns, err);
        if (status) {
            return status;
        }
        pause_ns *= gets_on ? 1 : 2;
    }
}

struct text {
    char *bytes;
    size_t size;
    size_t max_size;
    bool is_too_large;
};

static size_t
receive_text(char *bytes, size_t one, size_t n, void *context)
{
    struct text *text = context;
    (void)one; /* always 1 */
    if (n > text->max_size - text->size) {
        text->is_too_large = true;
        return 0;
    }
    char *more = realloc(text->bytes, text->size + n + 1);
    if (!more) {
        return 0;
    }
    memcpy(more + text->size, bytes, n);
    text->bytes = more;
    text->size += n;
    more[text->size] = 0;
    return n;
}

static enum fovea_status
try_text(struct fovea_hub *hub, const char *url, void *context,
        struct fovea_hub_answer *answer, struct fovea_error *err)
{
    struct text *text = context;
    text->size = 0;
    enum fovea_status status = fovea_hub_aim(hub, url, err);
    if (status) {
        return status;
    }
    (void)curl_easy_setopt(hub->easy, CURLOPT_FOLLOWLOCATION, 1L);
    (void)curl_easy_setopt(hub->easy, CURLOPT_WRITEFUNCTION, receive_text);
    (void)curl_easy_setopt(hub->easy, CURLOPT_WRITEDATA, text);
    status = fovea_hub_perform(hub, answer, err);
    if (text->is_too_large) {
        return fovea_fail(err, FOVEA_ERR_FETCH_STATUS,
                "%.100s answered with more than %zu bytes", hub->url.host,
                text->max_size);
    }
    if (!status && answer->code / 100 != 2) {
        return fovea_hub_explain(hub, answer, err);
    }
    return status;
}

enum fovea_status
fovea_hub_get(struct fovea_hub *hub, const char *path, size_t max_size,
        char **text_out, size_t *size_out, struct fovea_error *err)
{
    struct text text = { .max_size = max_size };
    enum fovea_status status = try_often(hub, path, try_text, &text, err);
    if (status || !text.bytes) {
        free(text.bytes);
        return status ? status
                      : fovea_fail(err, FOVEA_ERR_FETCH_STATUS,
                                "%.100s answered with nothing", hub->url.host);
    }
    *text_out = text.bytes;
    *size_out = text.size;
    return FOVEA_OK;
}

/* Where a redirect within the server leads; NULL: to another, or none. */
static char *
same_server(const struct fovea_hub *hub, const char *from)
{
    const char *location = fovea_libcurl_header(hub->easy, "Location");
    struct fovea_url here = { 0 };
    struct fovea_url target = { 0 };
    char *found = NULL;
    char *text = NULL;
    if (location && !fovea_url_parse(from, NULL, &here, NULL) &&
            !fovea_url_parse(location, &here, &target, NULL) &&
            fovea_url_server(&here) == fovea_url_server(&target) &&
            !curl_url_get(target.parsed, CURLUPART_URL, &text, 0)) {
        found = strdup(text);
    }
    curl_free(text);
    fovea_url_finish(&here);
    fovea_url_finish(&target);
    return found;
}

static enum fovea_status
try_head(struct fovea_hub *hub, const char *url, void *context,
        struct fovea_hub_answer *answer, struct fovea_error *err)
{
    struct fovea_hub_answer *answer_out = context;
    FOVEA_AUTO_FREE char *at = strdup(url);
    for (int n_left = 5; at && n_left > 0; n_left--) {
        enum fovea_status status = fovea_hub_aim(hub, at, err);
        if (status) {
            return status;
        }
        (void)curl_easy_setopt(hub->easy, CURLOPT_NOBODY, 1L);
        status = fovea_hub_perform(hub, answer, err);
        if (status) {
            return status;
        }
        if (answer->code / 100 != 2 && answer->code / 100 != 3) {
            return fovea_hub_explain(hub, answer, err);
        }
        char *next = answer->code / 100 == 3 && !answer->size
                ? same_server(hub, at)
                : NULL;
        if (!next) {
            *answer_out = *answer;
            return FOVEA_OK;
        }
        free(at);
        at = next;
    }
    return at ? fovea_fail(err, FOVEA_ERR_FETCH_REDIRECTS,
                        "%.100s redirects in circles", hub->url.host)
              : fovea_fail_memory(err, FOVEA_MAX_URL_BYTES, "a URL");
}

enum fovea_status
fovea_hub_head(struct fovea_hub *hub, const char *path,
        struct fovea_hub_answer *answer_out, struct fovea_error *err)
{
    return try_often(hub, path, try_head, answer_out, err);
}

/* A file that is being written, from hub->have on. */
struct download {
    struct fovea_hub *hub;
    int fd;
    uint64_t total;
    bool is_begun; /* the answer was looked at */
    struct fovea_error result;
};

/* The first bytes of a good answer: do they go on where the file ends? */
static bool
begin_bytes(struct download *download, long code)
{
    struct fovea_hub *hub = download->hub;
    const char *range = fovea_libcurl_header(hub->easy, "Content-Range");
    char expected[40];
    (void)snprintf(expected, sizeof expected, "bytes %" PRIu64 "-", hub->have);
    bool goes_on = code == 206 && range &&
            strncmp(range, expected, strlen(expected)) == 0;
    if (!goes_on && code != 200) {
        (void)fovea_fail(&download->result, FOVEA_ERR_FETCH,
                "%.100s sent another part of the file than it was asked for",
                hub->url.host);
        hub->have = 0;
    } else if (!goes_on) {
        hub->have = 0; /* all of it */
    }
    if (!goes_on && ftruncate(download->fd, 0)) {
        (void)fovea_fail_errno(&download->result, FOVEA_ERR_IO, errno,
                "%s: cannot begin anew", hub->file);
    }
    download->is_begun = true;
    return !download->result.code;
}

static size_t
receive_bytes(char *bytes, size_t one, size_t n, void *context)
{
    struct download *download = context;
    struct fovea_hub *hub = download->hub;
    long code = fovea_libcurl_code(hub->easy);
    (void)one; /* always 1 */
    if (code / 100 != 2) {
        return n; /* the words of an error or a redirect */
    }
    if (!download->is_begun && !begin_bytes(download, code)) {
        return 0;
    }
    if (download->total && n > download->total - hub->have) {
        (void)fovea_fail(&download->result, FOVEA_ERR_FETCH_CHECKSUM,
                "%s: more bytes came than the %" PRIu64 " that it has",
                hub->file, download->total);
        return 0;
    }
    for (size_t done = 0; done < n;) {
        struct fovea_file_limit hold;
        fovea_file_limit_hold(&hold);
        ssize_t written =
                pwrite(download->fd, bytes + done, n - done, (off_t)hub->have);
        fovea_file_limit_release(&hold);
        if (written < 0 && errno != EINTR) {
            (void)fovea_fail_errno(&download->result, FOVEA_ERR_IO, errno,
                    "%s: cannot write what comes", hub->file);
            return 0;
        }
        done += written > 0 ? (size_t)written : 0;
        hub->have += written > 0 ? (uint64_t)written : 0;
    }
    return n;
}

static enum fovea_status
judge_download(struct download *download, const struct fovea_hub_answer *answer,
        struct fovea_error *err)
{
    const struct fovea_hub *hub = download->hub;
    if (answer->code == 416 && hub->have > 0) {
        /* What is here is not a beginning of it. */
        download->hub->have = 0;
        return fovea_fail(err, FOVEA_ERR_FETCH,
                "%.100s has no such part of the file", hub->url.host);
    }
    if (answer->code / 100 != 2) {
        return fovea_hub_explain(hub, answer, err);
    }
    if (download->total && hub->have != download->total) {
        return fovea_fail(err, FOVEA_ERR_FETCH,
                "%.60s: %s ended after %" PRIu64 " of %" PRIu64 " bytes",
                hub->url.host, hub->file, hub->have, download->total);
    }
    return FOVEA_OK;
}

static enum fovea_status
try_download(struct fovea_hub *hub, const char *url, void *context,
        struct fovea_hub_answer *answer, struct fovea_error *err)
{
    struct download *download = context;
    enum fovea_status status = fovea_hub_aim(hub, url, err);
    if (status) {
        return status;
    }
    char range[32];
    (void)snprintf(range, sizeof range, "%" PRIu64 "-", hub->have);
    download->is_begun = false;
    download->result.code = FOVEA_OK;
    (void)curl_easy_setopt(hub->easy, CURLOPT_FOLLOWLOCATION, 1L);
    (void)curl_easy_setopt(hub->easy, CURLOPT_WRITEFUNCTION, receive_bytes);
    (void)curl_easy_setopt(hub->easy, CURLOPT_WRITEDATA, download);
    if (hub->have > 0 && curl_easy_setopt(hub->easy, CURLOPT_RANGE, range)) {
        return fovea_fail_memory(err, sizeof range, "a request");
    }
    status = fovea_hub_perform(hub, answer, err);
    if (download->result.code) {
        *err = download->result;
        return err->code;
    }
    return status ? status : judge_download(download, answer, err);
}

enum fovea_status
fovea_hub_download(struct fovea_hub *hub, const char *path, int fd,
        uint64_t have, uint64_t total, struct fovea_error *err)
{
    struct download download = { .hub = hub, .fd = fd, .total = total };
    hub->have = have;
    hub->n_total = total;
    return try_often(hub, path, try_download, &download, err);
}
