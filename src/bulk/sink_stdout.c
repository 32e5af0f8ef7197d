/* JSON lines on standard output, vectors in them; each line ends whole, also
   where the run does not. */
#include "base/error.h"
#include "base/text.h"
#include "bulk/result_line.h"
#include "bulk/sink.h"
#include "bulk/stdout_text.h"

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
    return fovea_stdout_text_write(&sink->text, attention_fd, err);
}

const struct fovea_sink_kind fovea_sink_stdout = {
    .is_live = true,
    .state_size = sizeof(struct sink),
    .open = open_stdout,
    .write = add_results,
    .checkpoint = checkpoint,
    .finish = finish,
};
