/*
 * An array (x.npy, float32) with a line of JSON for each row beside it
 * (x.npy.jsonl). The two appear together, or not at all.
 */
#include <inttypes.h>

#include "base/macros.h"
#include "bulk/file_head.h"
#include "bulk/text_file.h"
#include "export/array.h"
#include "export/fields.h"

enum {
    ROWS, /* the files of the target */
    LIST
};

struct state {
    const struct fovea_index_set_key *set;
    struct fovea_npy rows;
    struct fovea_text_file list;
};

static bool
is_ours(const char *const *paths, size_t index)
{
    return fovea_export_is_line(paths[LIST]) &&
            (index == LIST || fovea_file_is_npy(paths[ROWS]));
}

static enum fovea_status
open_files(const struct fovea_export_settings *settings, void *opaque,
        struct fovea_error *err)
{
    struct state *state = opaque;
    state->set = settings->set;
    state->rows.file = (struct fovea_atomic_file)FOVEA_ATOMIC_FILE_INIT;
    enum fovea_status status =
            fovea_text_file_open(settings->target, LIST, &state->list, err);
    return status ? status
                  : fovea_export_array_open(settings, ROWS, &state->rows, err);
}

static enum fovea_status
write_rows(void *opaque, const struct fovea_export_row *rows, size_t n,
        struct fovea_export_counts *counts, struct fovea_error *err)
{
    struct state *state = opaque;
    struct fovea_text *text = &state->list.text;
    for (size_t i = 0; i < n; i++) {
        fovea_text_add(text, "{", 1);
        fovea_export_picture_json(text, rows[i].picture);
        fovea_text_add(text, ",", 1);
        fovea_export_set_json(text, state->set);
        fovea_text_format(text, ",\"row\":%" PRIu64 "}\n", state->rows.n_rows);
        enum fovea_status status =
                fovea_npy_add(&state->rows, rows[i].vector, err);
        if (status) {
            return status;
        }
    }
    counts->n_written += n;
    return fovea_text_file_flush(&state->list, err);
}

static enum fovea_status
commit(void *opaque, struct fovea_error *err)
{
    struct state *state = opaque;
    enum fovea_status status = fovea_npy_complete(&state->rows, err);
    if (status) {
        return status;
    }
    /* The array last: once it is seen, its list is there. */
    struct fovea_atomic_file *files[] = { &state->list.file,
        &state->rows.file };
    return fovea_atomic_files_commit(files, FOVEA_ARRAY_LEN(files), err);
}

static void
finish(void *opaque)
{
    struct state *state = opaque;
    fovea_atomic_file_abandon(&state->rows.file);
    fovea_text_file_finish(&state->list);
}

static const struct fovea_target_form form = {
    .name = "NumPy",
    .endings = (const char *const[]){ ".npy", NULL },
    .files = (const char *const[]){ "", ".jsonl", NULL },
    .is_ours = is_ours,
};

const struct fovea_export_format fovea_export_npy = {
    .name = "npy",
    .form = &form,
    .state_size = sizeof(struct state),
    .open = open_files,
    .write = write_rows,
    .commit = commit,
    .finish = finish,
};
