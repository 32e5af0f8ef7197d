/* The public calls of fovea/stream.h: a window with a descriptor to wait on. */
#include "fovea/stream.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/sized.h"
#include "runtime/submit.h"
#include "runtime/window.h"

struct fovea_stream {
    pid_t owner;
    int fd; /* eventfd */
    struct fovea_window *window;
};

/* Which kind of work each is. */
static const enum fovea_work_kind kinds[] = {
    [FOVEA_STREAM_EMBED] = FOVEA_WORK_EMBED,
    [FOVEA_STREAM_PREPROCESS] = FOVEA_WORK_PIXELS,
    [FOVEA_STREAM_THUMBNAIL] = FOVEA_WORK_THUMBNAIL,
};

size_t
fovea_model_window(const struct fovea_model *model)
{
    return model ? fovea_window_usual(model->library) : 0;
}

static enum fovea_status
check_options(const struct fovea_stream_options *options,
        struct fovea_error *err)
{
    if ((size_t)options->work >= FOVEA_ARRAY_LEN(kinds)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "work %d is not known",
                (int)options->work);
    }
    enum fovea_status status = fovea_request_check_flags(options->flags, err);
    if (status) {
        return status;
    }
    if (options->flags && options->work != FOVEA_STREAM_EMBED) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "flags 0x%x are not known for this work", options->flags);
    }
    if (options->window > FOVEA_MAX_QUEUE) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "window is %zu, more than the limit of %d", options->window,
                FOVEA_MAX_QUEUE);
    }
    if (options->deadline_ns < 0) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "deadline_ns is less than no time");
    }
    return FOVEA_OK;
}

static enum fovea_status
open_window(struct fovea_stream *stream, struct fovea_model *model,
        const struct fovea_stream_options *options, struct fovea_error *err)
{
    stream->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (stream->fd < 0) {
        return fovea_fail_errno(err, FOVEA_ERR_IO, errno,
                "cannot make the descriptor of a stream");
    }
    enum fovea_work_kind kind = kinds[options->work];
    const struct fovea_window_settings settings = {
        .kind = kind,
        .flags = options->flags,
        .size = options->window ? options->window : fovea_model_window(model),
        .ordered = options->ordered,
        .row_bytes = fovea_model_row_bytes(model, kind),
        .keeps_rows = true,
        .deadline_ns = options->deadline_ns,
        .event_fd = stream->fd,
    };
    return fovea_window_create(model, &settings, &stream->window, err);
}

enum fovea_status
fovea_stream_open(struct fovea_model *model,
        const struct fovea_stream_options *options,
        struct fovea_stream **stream_out, struct fovea_error *err)
{
    if (!model || !stream_out) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "%s is NULL",
                model ? "stream_out" : "model");
    }
    struct fovea_stream_options all = { 0 };
    enum fovea_status status = fovea_library_check(model->library, err);
    if (!status) {
        status = fovea_sized_take(options, "fovea_stream_options",
                "FOVEA_STREAM_OPTIONS_INIT", &all, sizeof all, err);
    }
    if (!status) {
        status = check_options(&all, err);
    }
    if (status) {
        return status;
    }
    struct fovea_stream *stream = calloc(1, sizeof *stream);
    if (!stream) {
        return fovea_fail_memory(err, sizeof *stream, "a stream");
    }
    stream->owner = getpid();
    status = open_window(stream, model, &all, err);
    if (status) {
        fovea_stream_close(stream);
        return status;
    }
    *stream_out = stream;
    return FOVEA_OK;
}

/* Before anything of a stream is touched. */
static enum fovea_status
check(const struct fovea_stream *stream, const void *argument,
        struct fovea_error *err)
{
    if (!stream || !argument) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "an argument is NULL");
    }
    if (stream->owner != getpid()) {
        return fovea_fail(err, FOVEA_ERR_FORKED,
                "the stream was opened in the parent of this process; open "
                "library, model and stream again here");
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_stream_put(struct fovea_stream *stream, const struct fovea_item *item,
        uint64_t tag, struct fovea_error *err)
{
    enum fovea_status status = check(stream, item, err);
    return status ? status
                  : fovea_window_put(stream->window, item, tag, NULL, err);
}

enum fovea_status
fovea_stream_take(struct fovea_stream *stream,
        const struct fovea_stream_result **result_out, struct fovea_error *err)
{
    enum fovea_status status = check(stream, result_out, err);
    if (!status) {
        *result_out = fovea_window_take(stream->window);
    }
    return status;
}

int
fovea_stream_fd(const struct fovea_stream *stream)
{
    return stream ? stream->fd : -1;
}

enum fovea_status
fovea_stream_wait(struct fovea_stream *stream, int64_t timeout_ns,
        struct fovea_error *err)
{
    enum fovea_status status = check(stream, stream, err);
    if (status) {
        return status;
    }
    if (timeout_ns < 0) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "timeout_ns is less than no time");
    }
    if (!fovea_window_wait(stream->window,
                fovea_later(fovea_clock_ns(), timeout_ns))) {
        return fovea_fail(err, FOVEA_ERR_DEADLINE,
                "no result within timeout_ns");
    }
    return FOVEA_OK;
}

void
fovea_stream_cancel(struct fovea_stream *stream)
{
    if (!check(stream, stream, NULL)) {
        fovea_window_cancel(stream->window);
    }
}

void
fovea_stream_close(struct fovea_stream *stream)
{
    if (!stream) {
        return;
    }
    fovea_window_destroy(stream->window);
    if (stream->fd >= 0) {
        (void)close(stream->fd);
    }
    free(stream);
}
