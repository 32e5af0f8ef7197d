/* See pipe.h. */
#include "s3/pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>

#include "base/error.h"
#include "base/event_fd.h"
#include "base/thread.h"
#include "s3/s3.h"

struct fovea_s3_pipe {
    fovea_s3_fill_fn *fill;
    void *context;
    struct fovea_s3 *s3;
    int stop_fd; /* eventfd: readable once it is to stop */
    int write_fd; /* of the pipe; the thread's, and closed by it under the mutex */
    bool has_thread;
    pthread_t thread;
    pthread_mutex_t mutex;
    struct fovea_error failure; /* guarded by it */
};

FOVEA_DEFINE_AUTO(struct fovea_s3_pipe *, fovea_s3_pipe_close);

static bool
is_stopped(void *context)
{
    const struct fovea_s3_pipe *pipe = context;
    struct pollfd stop = { .fd = pipe->stop_fd, .events = POLLIN };
    return poll(&stop, 1, 0) > 0;
}

bool
fovea_s3_pipe_write(void *context, const void *bytes, size_t n,
        struct fovea_error *err)
{
    struct fovea_s3_pipe *pipe = context;
    const char *at = bytes;
    while (n > 0) {
        struct pollfd fds[] = {
            { .fd = pipe->write_fd, .events = POLLOUT },
            { .fd = pipe->stop_fd, .events = POLLIN },
        };
        (void)poll(fds, FOVEA_ARRAY_LEN(fds), -1);
        ssize_t done = fds[1].revents ? -1 : write(pipe->write_fd, at, n);
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

static void *
run(void *context)
{
    struct fovea_s3_pipe *pipe = context;
    struct fovea_error error = { .code = FOVEA_OK };
    enum fovea_status status =
            pipe->fill(pipe->context, pipe->s3, pipe, &error);
    (void)pthread_mutex_lock(&pipe->mutex);
    if (status && status != FOVEA_ERR_CANCELLED) {
        pipe->failure = error;
    }
    (void)close(pipe->write_fd);
    pipe->write_fd = -1;
    (void)pthread_mutex_unlock(&pipe->mutex);
    return NULL;
}

void
fovea_s3_pipe_close(struct fovea_s3_pipe *pipe)
{
    if (!pipe) {
        return;
    }
    if (pipe->has_thread) {
        fovea_event_raise(pipe->stop_fd);
        (void)pthread_join(pipe->thread, NULL);
    }
    const int fds[] = { pipe->stop_fd, pipe->write_fd };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(fds); i++) {
        if (fds[i] >= 0) {
            (void)close(fds[i]);
        }
    }
    fovea_s3_destroy(pipe->s3);
    (void)pthread_mutex_destroy(&pipe->mutex);
    free(pipe);
}

static enum fovea_status
make_ends(struct fovea_s3_pipe *pipe, int *fd_out, struct fovea_error *err)
{
    enum {
        PIPE_BYTES = 1 << 20
    };
    int ends[2];
    pipe->stop_fd = eventfd(0, EFD_CLOEXEC);
    if (pipe->stop_fd < 0 || pipe2(ends, O_CLOEXEC)) {
        return fovea_fail_errno(err, FOVEA_ERR_IO, errno,
                "cannot make a pipe for a download");
    }
    *fd_out = ends[0];
    pipe->write_fd = ends[1];
    (void)fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES); /* or what there is */
    return fcntl(ends[1], F_SETFL, O_NONBLOCK)
            ? fovea_fail_errno(err, FOVEA_ERR_IO, errno,
                      "cannot prepare a pipe for a download")
            : FOVEA_OK;
}

static enum fovea_status
start(struct fovea_s3_pipe *pipe, const struct fovea_s3_settings *settings,
        int *fd_out, struct fovea_error *err)
{
    struct fovea_s3_settings own = *settings;
    own.stop = is_stopped;
    own.context = pipe;
    enum fovea_status status = make_ends(pipe, fd_out, err);
    if (!status) {
        status = fovea_s3_create(&own, &pipe->s3, err);
    }
    int error = status ? 0 : fovea_thread_create(&pipe->thread, run, pipe);
    if (error) {
        status = fovea_fail_errno(err, FOVEA_ERR_NO_MEMORY, error,
                "cannot start a thread");
    }
    pipe->has_thread = !status;
    return status;
}

enum fovea_status
fovea_s3_pipe_open(const struct fovea_s3_settings *settings,
        fovea_s3_fill_fn *fill, void *context, struct fovea_s3_pipe **pipe_out,
        int *fd_out, struct fovea_error *err)
{
    FOVEA_AUTO(fovea_s3_pipe_close_auto)
    struct fovea_s3_pipe *pipe = calloc(1, sizeof *pipe);
    if (!pipe) {
        return fovea_fail_memory(err, sizeof *pipe, "a download");
    }
    FOVEA_AUTO_FD int fd = -1;
    pipe->stop_fd = -1;
    pipe->write_fd = -1;
    pipe->fill = fill;
    pipe->context = context;
    (void)pthread_mutex_init(&pipe->mutex, NULL);
    enum fovea_status status = start(pipe, settings, &fd, err);
    if (!status) {
        *pipe_out = FOVEA_TAKE(pipe);
        *fd_out = fd;
        fd = -1;
    }
    return status;
}

bool
fovea_s3_pipe_is_awaited(struct fovea_s3_pipe *pipe)
{
    int n_unread = 0;
    (void)pthread_mutex_lock(&pipe->mutex);
    bool is_open = pipe->write_fd >= 0;
    bool is_empty = is_open &&
            ioctl(pipe->write_fd, FIONREAD, &n_unread) == 0 && n_unread == 0;
    (void)pthread_mutex_unlock(&pipe->mutex);
    return is_empty;
}

enum fovea_status
fovea_s3_pipe_failure(struct fovea_s3_pipe *pipe, struct fovea_error *err)
{
    (void)pthread_mutex_lock(&pipe->mutex);
    if (pipe->failure.code) {
        *err = pipe->failure;
    }
    enum fovea_status status = pipe->failure.code;
    (void)pthread_mutex_unlock(&pipe->mutex);
    return status;
}
