/* See request_run.h. */
#include "runtime/request_run.h"

#include <string.h>

#include "runtime/submit.h"

/* Somebody who waits for one result; on the waiter's stack. */
struct waiter {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool is_done;
    struct fovea_error result;
    void *row; /* the caller's; written only on success */
    size_t size;
};

static void
done(void *context, const struct fovea_pool_outcome *outcome)
{
    struct waiter *waiter = context;
    if (outcome->row) {
        memcpy(waiter->row, outcome->row, waiter->size);
    }
    (void)pthread_mutex_lock(&waiter->mutex);
    waiter->result = outcome->error;
    waiter->is_done = true;
    (void)pthread_cond_signal(&waiter->changed);
    (void)pthread_mutex_unlock(&waiter->mutex);
}

static void
wait_for(struct waiter *waiter)
{
    (void)pthread_mutex_lock(&waiter->mutex);
    while (!waiter->is_done) {
        (void)pthread_cond_wait(&waiter->changed, &waiter->mutex);
    }
    (void)pthread_mutex_unlock(&waiter->mutex);
}

enum fovea_status
fovea_request_run(struct fovea_model *model, const struct fovea_item *item,
        enum fovea_work_kind kind, unsigned flags, void *row,
        struct fovea_error *err)
{
    struct waiter waiter = {
        .mutex = PTHREAD_MUTEX_INITIALIZER,
        .changed = PTHREAD_COND_INITIALIZER,
        .row = row,
        .size = fovea_model_row_bytes(model, kind),
    };
    const struct fovea_request request = {
        .item = item,
        .kind = kind,
        .flags = flags,
        .done = done,
        .context = &waiter,
    };
    enum fovea_status status = fovea_request_submit(model, &request, NULL, err);
    if (!status) {
        wait_for(&waiter);
        status = waiter.result.code;
        if (err) {
            *err = waiter.result;
        }
    }
    (void)pthread_cond_destroy(&waiter.changed);
    (void)pthread_mutex_destroy(&waiter.mutex);
    return status;
}
