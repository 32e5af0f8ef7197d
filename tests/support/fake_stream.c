/* See fake_stream.h. */
#include "support/fake_stream.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/error.h"

struct fake_stream_facts fake_stream;

struct answer {
    uint64_t tag;
    struct fovea_error error;
    float row;
};

struct fovea_stream {
    int fd; /* eventfd */
    size_t n;
    size_t n_ready;
    struct answer *answers; /* [n], in their order */
    struct answer taken;
    struct fovea_stream_result result;
};

/* The one that was opened last. */
static struct fovea_stream *current;

void
fake_stream_reset(size_t window,
        void (*work)(const struct fovea_item *item, struct fovea_error *result,
                float *row))
{
    fake_stream = (struct fake_stream_facts){
        .window = window,
        .work = work,
    };
}

size_t
fovea_model_window(const struct fovea_model *model)
{
    (void)model;
    return fake_stream.window;
}

enum fovea_status
fovea_stream_open(struct fovea_model *model,
        const struct fovea_stream_options *options,
        struct fovea_stream **stream_out, struct fovea_error *err)
{
    (void)model;
    if (!options->ordered) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "only in their order");
    }
    struct fovea_stream *stream = calloc(1, sizeof *stream);
    if (!stream) {
        return fovea_fail_memory(err, sizeof *stream, "a stream");
    }
    stream->answers = calloc(fake_stream.window, sizeof *stream->answers);
    if (!stream->answers) {
        free(stream);
        return fovea_fail_memory(err, fake_stream.window, "answers");
    }
    stream->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    FOVEA_ASSERT(stream->fd >= 0);
    fake_stream.n_open++;
    current = stream;
    *stream_out = stream;
    return FOVEA_OK;
}

static void
show(const struct fovea_stream *stream)
{
    uint64_t count = 1;
    (void)!read(stream->fd, &count, sizeof count);
    count = 1;
    if (stream->n_ready > 0) {
        (void)!write(stream->fd, &count, sizeof count);
    }
}

enum fovea_status
fovea_stream_put(struct fovea_stream *stream, const struct fovea_item *item,
        uint64_t tag, struct fovea_error *err)
{
    if (stream->n == fake_stream.window) {
        fake_stream.n_busy++;
        return fovea_fail(err, FOVEA_ERR_BUSY, "no room");
    }
    struct answer *answer = &stream->answers[stream->n++];
    *answer = (struct answer){ .tag = tag };
    fake_stream.work(item, &answer->error, &answer->row);
    fake_stream.n_put++;
    return FOVEA_OK;
}

enum fovea_status
fovea_stream_take(struct fovea_stream *stream,
        const struct fovea_stream_result **result_out, struct fovea_error *err)
{
    (void)err;
    stream->result = (struct fovea_stream_result){
        .state = stream->n > 0 ? FOVEA_STREAM_NONE_YET : FOVEA_STREAM_ALL_TAKEN,
    };
    if (stream->n_ready > 0) {
        stream->taken = stream->answers[0];
        for (size_t i = 1; i < stream->n; i++) {
            stream->answers[i - 1] = stream->answers[i];
        }
        stream->n--;
        stream->n_ready--;
        fake_stream.n_taken++;
        stream->result = (struct fovea_stream_result){
            .state = FOVEA_STREAM_RESULT,
            .tag = stream->taken.tag,
            .error = stream->taken.error,
            .embedding = stream->taken.error.code ? NULL : &stream->taken.row,
            .row_bytes = sizeof stream->taken.row,
        };
        show(stream);
    }
    *result_out = &stream->result;
    return FOVEA_OK;
}

int
fovea_stream_fd(const struct fovea_stream *stream)
{
    FOVEA_ASSERT(stream == current);
    current->n_ready = current->n;
    show(current);
    return current->fd;
}

void
fovea_stream_close(struct fovea_stream *stream)
{
    if (stream) {
        fake_stream.n_open--;
        (void)close(stream->fd);
        free(stream->answers);
        free(stream);
    }
}
