/* A file of JSON lines (x.jsonl), vectors in them. It appears whole or not at
   all. */
#include "base/error.h"
#include "bulk/result_line.h"
#include "bulk/sink.h"
#include "bulk/text_file.h"

struct sink {
    size_t n_floats; /* of a row */
    const char *pixels;
    struct fovea_text_file file;
};

static bool
is_ours(const char *const *paths, size_t index)
{
    return fovea_result_line_is_first(paths[index]);
}

static void
finish(void *state)
{
    struct sink *sink = state;
    fovea_text_file_finish(&sink->file);
}

static enum fovea_status
open_file(const struct fovea_sink_settings *settings, void *state,
        struct fovea_error *err)
{
    struct sink *sink = state;
    sink->n_floats = settings->layout.size / sizeof(float);
    sink->pixels = settings->pixels;
    return fovea_text_file_open(settings->target, 0, &sink->file, err);
}

static enum fovea_status
write_results(void *state, const struct fovea_row_result *results, size_t n,
        struct fovea_error *err)
{
    struct sink *sink = state;
    for (size_t i = 0; i < n; i++) {
        fovea_result_line_vector(&results[i], sink->pixels, sink->n_floats,
                &sink->file.text);
    }
    return fovea_text_file_flush(&sink->file, err);
}

static enum fovea_status
commit(void *state, struct fovea_error *err)
{
    struct sink *sink = state;
    return fovea_atomic_file_commit(&sink->file.file, err);
}

static const struct fovea_target_form form = {
    .name = "JSON lines",
    .endings = (const char *const[]){ ".jsonl", ".ndjson", NULL },
    .files = (const char *const[]){ "", NULL },
    .is_ours = is_ours,
};

const struct fovea_sink_kind fovea_sink_lines = {
    .form = &form,
    .state_size = sizeof(struct sink),
    .open = open_file,
    .write = write_results,
    .commit = commit,
    .finish = finish,
};
