/* Downloads that go on where they break off: see client.h. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "source/client.h"
#include "source/client_patience.h"
#include "source/libcurl.h"

enum {
    MAX_BAD_TEXT =
            4096 /* bytes that are kept of what comes with a bad status */
};

enum {
    FIELD_ETAG,
    FIELD_RANGE,
    N_OWN_FIELDS
};

struct progress {
    const struct fovea_download *download;
    struct fovea_downloaded *downloaded;
    struct fovea_client_try *try;
    bool is_looked_at; /* the head of this answer */
    uint64_t n_skip;   /* bytes of this answer that came before */
};

static uint64_t
next_byte(const struct progress *progress)
{
    return progress->download->offset + progress->downloaded->n_bytes;
}

/* The version that it has to be; "": any. */
static const char *
wanted_etag(const struct progress *progress)
{
    const char *etag = progress->download->etag;
    return etag ? etag : progress->downloaded->etag;
}

static enum fovea_status
changed(struct fovea_error *err)
{
    return fovea_fail(err, FOVEA_ERR_OBJECT_CHANGED,
            "it is not the same any more: it was replaced while it was read, or "
            "since it was listed");
}

/* "bytes 5-9/10"; the size may be "*". */
static bool
parse_range(const char *text, uint64_t *first_out, uint64_t *size_out)
{
    static const char unit[] = "bytes ";
    uint64_t last = 0;
    if (strncmp(text, unit, sizeof unit - 1) != 0) {
        return false;
    }
    text += sizeof unit - 1;
    if (!fovea_number_scan(&text, first_out) || *text++ != '-' ||
            !fovea_number_scan(&text, &last) || *text++ != '/' ||
            last < *first_out) {
        return false;
    }
    *size_out = UINT64_MAX;
    return strcmp(text, "*") == 0 || fovea_number_parse(text, size_out);
}

/* The head of a good answer: is it what was asked for? */
static bool
look_at_head(struct progress *progress, long code, struct fovea_error *result)
{
    struct fovea_downloaded *downloaded = progress->downloaded;
    CURL *easy = progress->try->easy;
    const char *etag = fovea_libcurl_header(easy, "ETag");
    const char *range = fovea_libcurl_header(easy, "Content-Range");
    const char *wanted = wanted_etag(progress);
    uint64_t first = 0;
    uint64_t size = UINT64_MAX;
    bool is_weak = etag && strncmp(etag, "W/", 2) == 0;
    progress->is_looked_at = true;
    etag = etag && !is_weak && strlen(etag) < sizeof downloaded->etag ? etag
                                                                      : "";
    if (*wanted && strcmp(wanted, etag) != 0) {
        (void)changed(result); /* the server has not looked at If-Match */
        return false;
    }
    if (code == 206) {
        if (!range || !parse_range(range, &first, &size) ||
                first != next_byte(progress)) {
            (void)fovea_fail(result, FOVEA_ERR_FETCH,
                    "%.100s sent another part than it was asked for",
                    progress->try->url.host);
            return false;
        }
    } else {
        curl_off_t announced = -1;
        (void)curl_easy_getinfo(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T,
                &announced);
        size = announced < 0 ? UINT64_MAX : (uint64_t)announced;
        progress->n_skip = next_byte(progress); /* it sends all of it */
    }
    (void)snprintf(downloaded->etag, sizeof downloaded->etag, "%s", etag);
    downloaded->whole_size = size;
    return true;
}

static bool
keep_text(struct fovea_downloaded *downloaded, const char *bytes, size_t n)
{
    size_t room = MAX_BAD_TEXT - downloaded->text.size;
    fovea_text_add(&downloaded->text, bytes, n < room ? n : room);
    return n < room;
}

static bool
receive(void *context, long code, const char *bytes, size_t n,
        struct fovea_error *result)
{
    struct progress *progress = context;
    const struct fovea_download *download = progress->download;
    struct fovea_downloaded *downloaded = progress->downloaded;
    if (!fovea_is_good(code)) {
        return keep_text(downloaded, bytes, n);
    }
    if (!progress->is_looked_at && !look_at_head(progress, code, result)) {
        return false;
    }
    uint64_t n_skip = progress->n_skip < n ? progress->n_skip : n;
    progress->n_skip -= n_skip;
    uint64_t n_new = n - n_skip;
    uint64_t n_wanted =
            download->size ? download->size - downloaded->n_bytes : UINT64_MAX;
    bool is_enough = n_new >= n_wanted;
    n_new = is_enough ? n_wanted : n_new;
    if (n_new > 0 &&
            !download->receive(download->context, bytes + n_skip, (size_t)n_new,
                    result)) {
        downloaded->is_receivers = true;
        return false;
    }
    downloaded->n_bytes += n_new;
    return !is_enough;
}

/* One try from where it is. */
static enum fovea_status
go_on(struct progress *progress, const struct fovea_http_request *request,
        struct fovea_client_try *try, struct fovea_error *err)
{
    const struct fovea_download *download = progress->download;
    struct fovea_downloaded *downloaded = progress->downloaded;
    char range[64];
    char match[FOVEA_ETAG_VALUE_SIZE + 16];
    const char *headers[2];
    size_t n = 0;
    uint64_t first = next_byte(progress);
    if (download->size) {
        (void)snprintf(range, sizeof range, "Range: bytes=%" PRIu64 "-%" PRIu64,
                first, download->offset + download->size - 1);
        headers[n++] = range;
    } else if (first > 0) {
        (void)snprintf(range, sizeof range, "Range: bytes=%" PRIu64 "-", first);
        headers[n++] = range;
    }
    if (*wanted_etag(progress)) {
        (void)snprintf(match, sizeof match, "If-Match: %s",
                wanted_etag(progress));
        headers[n++] = match;
    }
    *try = (struct fovea_client_try){
        .client = try->client,
        .request = request,
        .more_headers = headers,
        .n_more_headers = n,
        .receive = receive,
        .context = progress,
    };
    progress->try = try;
    progress->is_looked_at = false;
    progress->n_skip = 0;
    fovea_text_clear(&downloaded->text);
    enum fovea_status status = fovea_client_try(try, err);
    downloaded->code = try->code;
    return status;
}

enum fovea_status
fovea_client_download(struct fovea_client *client,
        const struct fovea_download *download,
        struct fovea_downloaded *downloaded_out, struct fovea_error *err)
{
    struct fovea_error unread;
    err = err ? err : &unread; /* it is read here */
    *downloaded_out = (struct fovea_downloaded){ .whole_size = UINT64_MAX };
    const struct fovea_http_request request = {
        .method = "GET",
        .url = download->url,
        .trusted_host = download->trusted_host,
        .signer = download->signer,
        .fields = download->fields,
        .n_fields = download->n_fields,
    };
    struct progress progress = {
        .download = download,
        .downloaded = downloaded_out,
    };
    struct fovea_client_try try = { .client = client };
    struct fovea_patience patience;
    fovea_patience_begin(&patience);
    for (;;) {
        uint64_t had = downloaded_out->n_bytes;
        enum fovea_status status = go_on(&progress, &request, &try, err);
        if (downloaded_out->n_bytes > had) {
            /* A bad line is no reason to give up. */
            fovea_patience_begin(&patience);
        }
        if (!status && try.code == 412 && *wanted_etag(&progress)) {
            return changed(err);
        }
        if (status && downloaded_out->n_bytes > 0 && !*wanted_etag(&progress)) {
            return status; /* it may be another version by now */
        }
        if (!fovea_patience_try_again(&patience, &try, &status, err)) {
            return status;
        }
    }
}
