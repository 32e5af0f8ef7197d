/* See feed.h. */
#include "archive/feed.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>

#include "archive/archive.h"
#include "base/error.h"
#include "base/event_fd.h"
#include "base/thread.h"
#include "s3/s3.h"

struct fovea_feed {
    char *url;     /* owned */
    char *version; /* owned; NULL: any */
    struct fovea_s3 *s3;
    int stop_fd; /* eventfd: readable once it is to stop */
    int write_fd; /* of the pipe; the thread's, and closed by it under the mutex */
    bool has_thread;
    pthread_t thread;
    pthread_mutex_t mutex;
    struct fovea_error failure; /* guarded by it */
};

FOVEA_DEFINE_AUTO(struct fovea_feed *, fovea_feed_close);

static bool
is_stopped(void *context)
{
    const struct fovea_feed *feed = context;
    struct pollfd stop = { .fd = feed->stop_fd, .events = POLLIN };
    return poll(&stop, 1, 0) > 0;
}

/* Write all of it, or end: nobody reads any more, or it is to stop. */
static bool
receive(void *context, const void *bytes, size_t n, struct fovea_error *err)
{
    struct fovea_feed *feed = context;
    const char *at = bytes;
    while (n > 0) {
        struct pollfd fds[] = {
            { .fd = feed->write_fd, .events = POLLOUT },
            { .fd = feed->stop_fd, .events = POLLIN },
        };
        (void)poll(fds, FOVEA_ARRAY_LEN(fds), -1);
        ssize_t done = fds[1].revents ? -1 : write(feed->write_fd, at, n);
        bool may_pass = !fds[1].revents && (errno == EINTR || errno == EAGAIN);
        if (done < 0 && !may_pass) {
            (void)fovea_fail(err, FOVEA_ERR_CANCELLED, "nobody reads it");
            return false;
        }
        size_t n_done = done > 0 ? (size_t)done : 0;
        at += n_done;
        n -= n_done;
    }
    return true;
}

/* What is said of an archive whose version is another than before. */
static void
translate(struct fovea_error *error)
{
    if (error->code == FOVEA_ERR_OBJECT_CHANGED) {
        error->code = FOVEA_ERR_ARCHIVE_CHANGED;
    }
}

static void *
download(void *context)
{
    struct fovea_feed *feed = context;
    const struct fovea_s3_range range = { .etag = feed->version };
    struct fovea_error error = { .code = FOVEA_OK };
    enum fovea_status status = fovea_s3_read_url(feed->s3, feed->url, &range,
            receive, feed, NULL, &error);
    translate(&error);
    (void)pthread_mutex_lock(&feed->mutex);
    if (status && status != FOVEA_ERR_CANCELLED) {
        feed->failure = error;
    }
    (void)close(feed->write_fd);
    feed->write_fd = -1;
    (void)pthread_mutex_unlock(&feed->mutex);
    return NULL;
}

void
fovea_feed_close(struct fovea_feed *feed)
{
    if (!feed) {
        return;
    }
    if (feed->has_thread) {
        fovea_event_raise(feed->stop_fd);
        (void)pthread_join(feed->thread, NULL);
    }
    const int fds[] = { feed->stop_fd, feed->write_fd };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(fds); i++) {
        if (fds[i] >= 0) {
            (void)close(fds[i]);
        }
    }
    fovea_s3_destroy(feed->s3);
    (void)pthread_mutex_destroy(&feed->mutex);
    free(feed->url);
    free(feed->version);
    free(feed);
}

static enum fovea_status
make_ends(struct fovea_feed *feed, int *fd_out, struct fovea_error *err)
{
    enum {
        PIPE_BYTES = 1 << 20
    };
    int ends[2];
    feed->stop_fd = eventfd(0, EFD_CLOEXEC);
    if (feed->stop_fd < 0 || pipe2(ends, O_CLOEXEC)) {
        return fovea_fail_errno(err, FOVEA_ERR_IO, errno,
                "cannot make a pipe for a download");
    }
    *fd_out = ends[0];
    feed->write_fd = ends[1];
    (void)fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES); /* or what there is */
    return fcntl(ends[1], F_SETFL, O_NONBLOCK)
            ? fovea_fail_errno(err, FOVEA_ERR_IO, errno,
                      "cannot prepare a pipe for a download")
            : FOVEA_OK;
}

static enum fovea_status
start(struct fovea_feed *feed, const struct fovea_s3_settings *settings,
        int *fd_out, struct fovea_error *err)
{
    struct fovea_s3_settings own = *settings;
    own.stop = is_stopped;
    own.context = feed;
    enum fovea_status status = make_ends(feed, fd_out, err);
    if (!status) {
        status = fovea_s3_create(&own, &feed->s3, err);
    }
    int error = status ? 0 : fovea_thread_create(&feed->thread, download, feed);
    if (error) {
        status = fovea_fail_errno(err, FOVEA_ERR_NO_MEMORY, error,
                "cannot start a thread");
    }
    feed->has_thread = !status;
    return status;
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
    FOVEA_AUTO_FD int fd = -1;
    feed->stop_fd = -1;
    feed->write_fd = -1;
    (void)pthread_mutex_init(&feed->mutex, NULL);
    feed->url = strdup(url);
    feed->version = version ? strdup(version) : NULL;
    if (!feed->url || (version && !feed->version)) {
        return fovea_fail_memory(err, strlen(url), "a download");
    }
    enum fovea_status status = start(feed, settings, &fd, err);
    if (!status) {
        *feed_out = FOVEA_TAKE(feed);
        *fd_out = fd;
        fd = -1;
    }
    return status;
}

bool
fovea_feed_is_awaited(struct fovea_feed *feed)
{
    int n_unread = 0;
    (void)pthread_mutex_lock(&feed->mutex);
    bool is_open = feed->write_fd >= 0;
    bool is_empty = is_open &&
            ioctl(feed->write_fd, FIONREAD, &n_unread) == 0 && n_unread == 0;
    (void)pthread_mutex_unlock(&feed->mutex);
    return is_empty;
}

enum fovea_status
fovea_feed_failure(struct fovea_feed *feed, struct fovea_error *err)
{
    (void)pthread_mutex_lock(&feed->mutex);
    if (feed->failure.code) {
        *err = feed->failure;
    }
    enum fovea_status status = feed->failure.code;
    (void)pthread_mutex_unlock(&feed->mutex);
    return status;
}
