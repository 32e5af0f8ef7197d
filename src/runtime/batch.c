/* Batches: see batch.h. */
#include "runtime/batch.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/no_worker.h"
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
    return fovea_no_worker(batch->results, batch->n, err);
}
