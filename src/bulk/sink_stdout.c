/* JSON lines on standard output, vectors in them; each line ends whole, also
   where the run does not. */
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "bulk/line_writer.h"
#include "bulk/result_line.h"
#include "bulk/sink.h"

struct sink {
    size_t n_floats; /* of a row */
    const char *pixels;
    struct fovea_text text; /* lines that are not yet written */
};

static void
finish(void *state)
{
    struct sink *sink = state;
    fovea_text_finish(&sink->text);
}

static enum fovea_status
open_stdout(const struct fovea_sink_settings *settings, void *state,
        struct fovea_error *err)
{
    (void)err;
    struct sink *sink = state;
    sink->n_floats = settings->layout.size / sizeof(float);
    sink->pixels = settings->pixels;
    return FOVEA_OK;
}

static enum fovea_status
add_results(void *state, const struct fovea_row_result *results, size_t n,
        struct fovea_error *err)
{
    struct sink *sink = state;
    for (size_t i = 0; i < n; i++) {
        fovea_result_line_vector(&results[i], sink->pixels, sink->n_floats,
                &sink->text);
    }
    return fovea_text_failed(&sink->text)
            ? fovea_fail_memory(err, sink->text.capacity, "the results")
            : FOVEA_OK;
}

static enum fovea_status
checkpoint(void *state, int attention_fd, struct fovea_error *err)
{
    struct sink *sink = state;
    struct fovea_line_writer writer = {
        .fd = STDOUT_FILENO,
        .text = sink->text.data,
        .size = sink->text.size,
    };
    enum fovea_status status =
            fovea_line_writer_write(&writer, attention_fd, err);
    if (status == FOVEA_ERR_CANCELLED) {
        enum fovea_status unfinished =
                fovea_line_writer_finish_line(&writer, -1, err);
        status = unfinished ? unfinished : status;
    }
    fovea_text_clear(&sink->text);
    return status;
}

const struct fovea_sink_kind fovea_sink_stdout = {
    .is_live = true,
    .state_size = sizeof(struct sink),
    .open = open_stdout,
    .write = add_results,
    .checkpoint = checkpoint,
    .finish = finish,
};
