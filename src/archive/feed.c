/* See feed.h. */
#include "archive/feed.h"

#include <string.h>

#include "archive/archive.h"
#include "base/error.h"
#include "s3/pipe.h"
#include "s3/s3.h"

struct fovea_feed {
    char *url;     /* owned */
    char *version; /* owned; NULL: any */
    struct fovea_s3_pipe *pipe;
};

FOVEA_DEFINE_AUTO(struct fovea_feed *, fovea_feed_close);

/* What is said of an archive whose version is another than before. */
static enum fovea_status
translate(enum fovea_status status, struct fovea_error *err)
{
    if (status == FOVEA_ERR_OBJECT_CHANGED) {
        status = FOVEA_ERR_ARCHIVE_CHANGED;
        err->code = status;
    }
    return status;
}

static enum fovea_status
download(void *context, struct fovea_s3 *s3, struct fovea_s3_pipe *pipe,
        struct fovea_error *err)
{
    const struct fovea_feed *feed = context;
    const struct fovea_s3_range range = { .etag = feed->version };
    return translate(fovea_s3_read_url(s3, feed->url, &range,
                             fovea_s3_pipe_write, pipe, NULL, err),
            err);
}

void
fovea_feed_close(struct fovea_feed *feed)
{
    if (feed) {
        fovea_s3_pipe_close(feed->pipe); /* its thread reads the rest */
        free(feed->url);
        free(feed->version);
        free(feed);
    }
}

enum fovea_status
fovea_feed_open(const char *url, const char *version,
        const struct fovea_s3_settings *settings, struct fovea_feed **feed_out,
        int *fd_out, struct fovea_error *err)
{
    FOVEA_AUTO(fovea_feed_close_auto)
    struct fovea_feed *feed = calloc(1, sizeof *feed);
    if (!feed) {
        return fovea_fail_memory(err, sizeof *feed, "a download");
    }
    feed->url = strdup(url);
    feed->version = version ? strdup(version) : NULL;
    if (!feed->url || (version && !feed->version)) {
        return fovea_fail_memory(err, strlen(url), "a download");
    }
    enum fovea_status status = fovea_s3_pipe_open(settings, download, feed,
            &feed->pipe, fd_out, err);
    if (!status) {
        *feed_out = FOVEA_TAKE(feed);
    }
    return status;
}

bool
fovea_feed_is_awaited(struct fovea_feed *feed)
{
    return fovea_s3_pipe_is_awaited(feed->pipe);
}

enum fovea_status
fovea_feed_failure(struct fovea_feed *feed, struct fovea_error *err)
{
    return fovea_s3_pipe_failure(feed->pipe, err);
}
