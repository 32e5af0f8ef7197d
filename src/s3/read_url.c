/* Whatever a URL leads to: see s3.h. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "s3/state.h"
#include "source/easy.h"

/* Host and port of a URL, for messages; "" if it has none. */
static void
find_host(const char *url, char host[FOVEA_FIELD_SIZE])
{
    struct fovea_url parsed = { 0 };
    host[0] = '\0';
    if (!fovea_url_parse(url, NULL, &parsed, NULL)) {
        (void)snprintf(host, FOVEA_FIELD_SIZE, "%.100s", parsed.host);
    }
    fovea_url_finish(&parsed);
}

enum fovea_status
fovea_s3_read_url(struct fovea_s3 *s3, const char *url,
        const struct fovea_s3_range *range, fovea_receive_fn *receive,
        void *context, struct fovea_s3_object *object_out,
        struct fovea_error *err)
{
    if (fovea_s3_is_url(url)) {
        struct fovea_s3_name name;
        enum fovea_status status = fovea_s3_url_parse(url, &name, err);
        return status ? status
                      : fovea_s3_get(s3, &name, range, receive, context,
                                object_out, err);
    }
    const struct fovea_download download = {
        .url = url,
        .offset = range ? range->offset : 0,
        .size = range ? range->size : 0,
        .etag = range ? range->etag : NULL,
        .receive = receive,
        .context = context,
    };
    struct fovea_error unread;
    struct fovea_downloaded downloaded;
    struct fovea_client *client = NULL;
    enum fovea_status status = fovea_s3_client(s3, &client, err);
    if (status) {
        return status;
    }
    status = fovea_client_download(client, &download, &downloaded,
            err ? err : &unread);
    if (!status && !fovea_is_good(downloaded.code)) {
        char host[FOVEA_FIELD_SIZE];
        find_host(url, host);
        status = fovea_fail(err, FOVEA_ERR_FETCH_STATUS, "%s answered %ld%s",
                host, downloaded.code, fovea_http_words(downloaded.code));
    }
    if (!status && object_out) {
        *object_out = (struct fovea_s3_object){ .size = downloaded.whole_size };
        memcpy(object_out->etag, downloaded.etag, sizeof object_out->etag);
    }
    fovea_text_finish(&downloaded.text);
    return status;
}
