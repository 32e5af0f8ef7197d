/* Rows of a set to a format, a batch at a time: see export.h. */
#include "export/export.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"

enum {
    N_BATCH = 256
};

/* A batch that is being read. */
struct batch {
    struct fovea_picture pictures[N_BATCH];
    struct fovea_export_row rows[N_BATCH];
    float *vectors; /* [N_BATCH][dimension] */
    size_t n;
};

/* An export under way. */
struct run {
    const struct fovea_export *export;
    struct fovea_picture_roots roots;
    struct fovea_index_rows *cursor;
    struct batch *batch;
    void *state; /* of the format */
    uint64_t n_done;
};

static const struct fovea_export_format *const formats[] = {
#define X(name) &fovea_export_##name,
#include "export/format.def"
#undef X
};

const struct fovea_export_format *
fovea_export_find(const char *name)
{
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(formats); i++) {
        if (strcmp(formats[i]->name, name) == 0) {
            return formats[i];
        }
    }
    return NULL;
}

void
fovea_export_names(struct fovea_text *text)
{
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(formats); i++) {
        fovea_text_format(text, "%s%s", i ? ", " : "", formats[i]->name);
    }
}

static void
forget_batch(struct batch *batch)
{
    for (size_t i = 0; i < batch->n; i++) {
        fovea_picture_finish(&batch->pictures[i]);
    }
    batch->n = 0;
}

static void
run_finish(struct run *run)
{
    if (run->state) {
        run->export->format->finish(run->state);
        free(run->state);
    }
    fovea_index_rows_close(run->cursor);
    fovea_picture_roots_finish(&run->roots);
    if (run->batch) {
        forget_batch(run->batch);
        free(run->batch->vectors);
        free(run->batch);
    }
}

static enum fovea_status
prepare(struct run *run, struct fovea_error *err)
{
    const struct fovea_export *export = run->export;
    size_t dimension = export->set->key.dimension;
    run->batch = calloc(1, sizeof *run->batch);
    if (run->batch) {
        run->batch->vectors =
                calloc(N_BATCH * dimension, sizeof *run->batch->vectors);
    }
    run->state = calloc(1, export->format->state_size);
    if (!run->batch || !run->batch->vectors || !run->state) {
        return fovea_fail_memory(err, N_BATCH * dimension * sizeof(float),
                "a batch of rows");
    }
    enum fovea_status status =
            fovea_picture_roots_load(export->folder, &run->roots, err);
    if (!status) {
        status = fovea_index_rows_open(export->folder, export->set, 0,
                &run->cursor, err);
    }
    return status;
}

static enum fovea_status
read_row(struct run *run, const struct fovea_index_row *row,
        struct fovea_error *err)
{
    const struct fovea_export *export = run->export;
    struct batch *batch = run->batch;
    struct fovea_picture *picture = &batch->pictures[batch->n];
    float *vector = batch->vectors + batch->n * export->set->key.dimension;
    enum fovea_status status =
            fovea_index_row_vector(export->set, row->row, vector, err);
    if (!status) {
        status = fovea_picture_load(export->folder, &run->roots, row->content,
                NULL, picture, err);
    }
    if (!status) {
        batch->rows[batch->n++] = (struct fovea_export_row){ picture, vector };
    }
    return status;
}

static enum fovea_status
read_batch(struct run *run, struct fovea_error *err)
{
    const struct fovea_index_row *row = NULL;
    enum fovea_status status = FOVEA_OK;
    forget_batch(run->batch);
    do {
        status = fovea_index_rows_next(run->cursor, &row, err);
        if (!status && row) {
            status = read_row(run, row, err);
        }
    } while (!status && row && run->batch->n < N_BATCH);
    return status;
}

static enum fovea_status
write_batches(struct run *run, struct fovea_export_counts *counts,
        struct fovea_error *err)
{
    const struct fovea_export *export = run->export;
    const struct fovea_export_settings *settings = &export->settings;
    for (;;) {
        enum fovea_status status = read_batch(run, err);
        if (status || run->batch->n == 0) {
            return status;
        }
        if (settings->is_cancelled &&
                settings->is_cancelled(settings->context)) {
            return fovea_fail(err, FOVEA_ERR_CANCELLED, "stopped");
        }
        status = export->format->write(run->state, run->batch->rows,
                run->batch->n, counts, err);
        if (status) {
            return status;
        }
        run->n_done += run->batch->n;
        if (export->on_progress) {
            export->on_progress(settings->context, run->n_done,
                    export->set->n_live);
        }
    }
}

enum fovea_status
fovea_export_run(const struct fovea_export *export,
        struct fovea_export_counts *counts_out, struct fovea_error *err)
{
    struct fovea_export_settings settings = export->settings;
    settings.set = &export->set->key;
    settings.n_rows = export->set->n_live;
    *counts_out = (struct fovea_export_counts){ 0 };
    FOVEA_AUTO(run_finish) struct run run = { .export = export };
    enum fovea_status status = prepare(&run, err);
    if (!status) {
        status = export->format->open(&settings, run.state, err);
    }
    if (!status) {
        status = write_batches(&run, counts_out, err);
    }
    return status ? status : export->format->commit(run.state, err);
}
