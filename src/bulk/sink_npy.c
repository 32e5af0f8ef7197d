/*
 * An array (x.npy) with a file of JSON lines beside it (x.npy.jsonl), which says
 * which row is which input's. The two appear together, or not at all.
 */
#include "base/error.h"
#include "base/macros.h"
#include "bulk/file_head.h"
#include "bulk/result_line.h"
#include "bulk/sink.h"
#include "bulk/text_file.h"
#include "store/npy.h"

enum {
    ROWS, /* the files of the target */
    LIST
};

struct sink {
    const char *pixels;
    struct fovea_npy rows;
    struct fovea_text_file list;
};

static bool
is_ours(const char *const *paths, size_t index)
{
    return fovea_result_line_is_first(paths[LIST]) &&
            (index == LIST || fovea_file_is_npy(paths[ROWS]));
}

static void
finish(void *state)
{
    struct sink *sink = state;
    fovea_atomic_file_abandon(&sink->rows.file);
    fovea_text_file_finish(&sink->list);
}

static enum fovea_status
open_files(const struct fovea_sink_settings *settings, void *state,
        struct fovea_error *err)
{
    struct sink *sink = state;
    sink->pixels = settings->pixels;
    sink->rows = (struct fovea_npy){
        .layout = settings->layout,
        .file = FOVEA_ATOMIC_FILE_INIT,
    };
    enum fovea_status status =
            fovea_text_file_open(settings->target, LIST, &sink->list, err);
    if (!status) {
        status = fovea_target_open(settings->target, ROWS, &sink->rows.file,
                err);
    }
    if (!status) {
        status = fovea_npy_begin(&sink->rows, err);
    }
    return status;
}

static enum fovea_status
write_results(void *state, const struct fovea_row_result *results, size_t n,
        struct fovea_error *err)
{
    struct sink *sink = state;
    for (size_t i = 0; i < n; i++) {
        fovea_result_line_number(&results[i], sink->pixels, sink->rows.n_rows,
                &sink->list.text);
        enum fovea_status status = results[i].error->code
                ? FOVEA_OK
                : fovea_npy_add(&sink->rows, results[i].row, err);
        if (status) {
            return status;
        }
    }
    return fovea_text_file_flush(&sink->list, err);
}

static enum fovea_status
commit(void *state, struct fovea_error *err)
{
    struct sink *sink = state;
    enum fovea_status status = fovea_npy_complete(&sink->rows, err);
    if (status) {
        return status;
    }
    /* The array last: once it is seen, its list is there. */
    struct fovea_atomic_file *files[] = { &sink->list.file, &sink->rows.file };
    return fovea_atomic_files_commit(files, FOVEA_ARRAY_LEN(files), err);
}

static const struct fovea_target_form form = {
    .name = "NumPy",
    .endings = (const char *const[]){ ".npy", NULL },
    .files = (const char *const[]){ "", ".jsonl", NULL },
    .is_ours = is_ours,
};

const struct fovea_sink_kind fovea_sink_npy = {
    .form = &form,
    .takes_pixels = true,
    .state_size = sizeof(struct sink),
    .open = open_files,
    .write = write_results,
    .commit = commit,
    .finish = finish,
};
