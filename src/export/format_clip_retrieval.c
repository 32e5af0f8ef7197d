/*
 * The folder that clip-retrieval reads: vectors in img_emb, a table of what they
 * are of in metadata. One part, number 0.
 */
#include "base/error.h"
#include "bulk/file_head.h"
#include "export/array.h"
#include "export/fields.h"
#include "export/parquet.h"

enum {
    ROWS, /* the files of the target */
    TABLE
};

enum {
    PATH, /* the columns */
    ID,
    SHA256,
    WIDTH,
    HEIGHT,
    N_COLUMNS
};

static const struct fovea_parquet_column columns[N_COLUMNS] = {
    [PATH] = { "image_path", FOVEA_PARQUET_STRING },
    [ID] = { "id", FOVEA_PARQUET_INT64 },
    [SHA256] = { "sha256", FOVEA_PARQUET_STRING },
    [WIDTH] = { "width", FOVEA_PARQUET_INT64 },
    [HEIGHT] = { "height", FOVEA_PARQUET_INT64 },
};

struct state {
    struct fovea_npy rows;
    struct fovea_parquet table;
};

static bool
is_ours(const char *const *paths, size_t index)
{
    (void)index;
    return fovea_file_is_npy(paths[ROWS]) &&
            fovea_parquet_is_ours(paths[TABLE]);
}

static enum fovea_status
open_files(const struct fovea_export_settings *settings, void *opaque,
        struct fovea_error *err)
{
    struct state *state = opaque;
    state->rows.file = (struct fovea_atomic_file)FOVEA_ATOMIC_FILE_INIT;
    state->table = (struct fovea_parquet){
        .file = FOVEA_ATOMIC_FILE_INIT,
        .columns = columns,
        .n_columns = N_COLUMNS,
    };
    enum fovea_status status =
            fovea_export_array_open(settings, ROWS, &state->rows, err);
    if (!status) {
        status = fovea_target_open(settings->target, TABLE, &state->table.file,
                err);
    }
    return status ? status : fovea_parquet_begin(&state->table, err);
}

static enum fovea_status
write_rows(void *opaque, const struct fovea_export_row *rows, size_t n,
        struct fovea_export_counts *counts, struct fovea_error *err)
{
    struct state *state = opaque;
    for (size_t i = 0; i < n; i++) {
        const struct fovea_index_content *content = &rows[i].picture->content;
        fovea_parquet_string(&state->table, PATH,
                fovea_export_path(rows[i].picture));
        fovea_parquet_number(&state->table, ID, content->id);
        fovea_parquet_string(&state->table, SHA256, content->digest);
        fovea_parquet_number(&state->table, WIDTH, content->width_px);
        fovea_parquet_number(&state->table, HEIGHT, content->height_px);
        enum fovea_status status = fovea_parquet_end_row(&state->table, err);
        if (!status) {
            status = fovea_npy_add(&state->rows, rows[i].vector, err);
        }
        if (status) {
            return status;
        }
    }
    counts->n_written += n;
    return FOVEA_OK;
}

static enum fovea_status
commit(void *opaque, struct fovea_error *err)
{
    struct state *state = opaque;
    enum fovea_status status = fovea_npy_complete(&state->rows, err);
    if (!status) {
        status = fovea_parquet_complete(&state->table, err);
    }
    struct fovea_atomic_file *files[] = { &state->table.file,
        &state->rows.file };
    return status
            ? status
            : fovea_atomic_files_commit(files, FOVEA_ARRAY_LEN(files), err);
}

static void
finish(void *opaque)
{
    struct state *state = opaque;
    fovea_atomic_file_abandon(&state->rows.file);
    fovea_parquet_finish(&state->table);
}

static const struct fovea_target_form form = {
    .name = "clip-retrieval",
    .endings = (const char *const[]){ "", NULL },
    .files = (const char *const[]){ "/img_emb/img_emb_0.npy",
            "/metadata/metadata_0.parquet", NULL },
    .is_ours = is_ours,
};

const struct fovea_export_format fovea_export_clip_retrieval = {
    .name = "clip-retrieval",
    .form = &form,
    .folders = (const char *const[]){ "", "/img_emb", "/metadata", NULL },
    .state_size = sizeof(struct state),
    .open = open_files,
    .write = write_rows,
    .commit = commit,
    .finish = finish,
};
