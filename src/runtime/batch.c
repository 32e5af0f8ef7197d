/* Batches: see batch.h. */
#include "runtime/batch.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "runtime/window.h"

static unsigned char *
row_of(const struct fovea_batch *batch, size_t index)
{
    return batch->rows + index * batch->row_size;
}

/* Take what is done, at least one item; false if none is left. */
static bool
collect(const struct fovea_batch *batch, struct fovea_window *window)
{
    (void)fovea_window_wait(window, FOVEA_NEVER);
    const struct fovea_stream_result *result = fovea_window_take(window);
    bool has_some = result->state == FOVEA_STREAM_RESULT;
    while (result->state == FOVEA_STREAM_RESULT) {
        batch->results[result->tag] = result->error;
        if (result->error.code) {
            memset(row_of(batch, result->tag), 0, batch->row_size);
        }
        result = fovea_window_take(window);
    }
    return has_some;
}

static void
put_all(const struct fovea_batch *batch, struct fovea_window *window)
{
    for (size_t i = 0; i < batch->n; i++) {
        while (fovea_window_put(window, &batch->items[i], i, row_of(batch, i),
                NULL)) {
            (void)collect(batch, window);
        }
    }
    while (collect(batch, window)) {
    }
}

/* Statuses of items that no worker has seen, nor would see any other. */
static bool
says_no_worker(enum fovea_status status)
{
    static const enum fovea_status all[] = { FOVEA_ERR_MEMORY_EXHAUSTED,
        FOVEA_ERR_WORKER_START, FOVEA_ERR_SANDBOX, FOVEA_ERR_CIRCUIT_OPEN,
        FOVEA_ERR_FORKED, FOVEA_ERR_MODEL_NOT_FOUND, FOVEA_ERR_MODEL_CONFIG,
        FOVEA_ERR_MODEL_WEIGHTS, FOVEA_ERR_MODEL_UNSUPPORTED };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(all); i++) {
        if (status == all[i]) {
            return true;
        }
    }
    return false;
}

/* What is true of every item is said of the whole call. */
static enum fovea_status
judge(const struct fovea_batch *batch, struct fovea_error *err)
{
    for (size_t i = 0; i < batch->n; i++) {
        if (!says_no_worker(batch->results[i].code)) {
            return FOVEA_OK;
        }
    }
    if (err) {
        *err = batch->results[0];
    }
    return batch->results[0].code;
}

enum fovea_status
fovea_batch_run(struct fovea_model *model, const struct fovea_batch *batch,
        struct fovea_error *err)
{
    enum fovea_status status = fovea_library_check(model->library, err);
    if (status || batch->n == 0) {
        return status;
    }
    size_t usual = fovea_window_usual(model->library);
    const struct fovea_window_settings settings = {
        .kind = batch->kind,
        .flags = batch->flags,
        .size = batch->n < usual ? batch->n : usual,
        .row_bytes = batch->row_size,
        .event_fd = -1,
    };
    struct fovea_window *window = NULL;
    status = fovea_window_create(model, &settings, &window, err);
    if (status) {
        return status;
    }
    put_all(batch, window);
    fovea_window_destroy(window);
    return judge(batch, err);
}
