/* The calls that wait: one item, or a batch of them. */
#include <string.h>

#include "base/error.h"
#include "runtime/batch.h"
#include "runtime/submit.h"

enum fovea_status
fovea_embed_batch(struct fovea_model *model, const struct fovea_item *items,
        size_t n, unsigned flags, float *embeddings,
        struct fovea_error *results, struct fovea_error *err)
{
    if (!model || (n > 0 && (!items || !embeddings || !results))) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "an argument is NULL");
    }
    enum fovea_status status = fovea_request_check_flags(flags, err);
    if (status) {
        return status;
    }
    const struct fovea_batch batch = {
        .items = items,
        .n = n,
        .kind = FOVEA_WORK_EMBED,
        .flags = flags,
        .rows = (unsigned char *)embeddings,
        .row_size = fovea_model_row_bytes(model, FOVEA_WORK_EMBED),
        .results = results,
    };
    return fovea_batch_run(model, &batch, err);
}

enum fovea_status
fovea_preprocess_batch(struct fovea_model *model,
        const struct fovea_item *items, size_t n, uint8_t *pixels,
        struct fovea_error *results, struct fovea_error *err)
{
    if (!model || (n > 0 && (!items || !pixels || !results))) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "an argument is NULL");
    }
    const struct fovea_batch batch = {
        .items = items,
        .n = n,
        .kind = FOVEA_WORK_PIXELS,
        .rows = pixels,
        .row_size = fovea_model_row_bytes(model, FOVEA_WORK_PIXELS),
        .results = results,
    };
    return fovea_batch_run(model, &batch, err);
}

/* Somebody who waits for one vector; on the waiter's stack. */
struct waiter {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool is_done;
    struct fovea_error result;
    float *embedding; /* the caller's; written only on success */
    size_t size;
};

static void
done(void *context, const struct fovea_error *result, const void *row,
        const struct fovea_timings *timings)
{
    (void)timings;
    struct waiter *waiter = context;
    if (row) {
        memcpy(waiter->embedding, row, waiter->size);
    }
    (void)pthread_mutex_lock(&waiter->mutex);
    waiter->result = *result;
    waiter->is_done = true;
    (void)pthread_cond_signal(&waiter->changed);
    (void)pthread_mutex_unlock(&waiter->mutex);
}

static enum fovea_status
submit_and_wait(struct fovea_model *model, const struct fovea_item *item,
        unsigned flags, struct waiter *waiter, struct fovea_error *err)
{
    const struct fovea_request request = {
        .item = item,
        .kind = FOVEA_WORK_EMBED,
        .flags = flags,
        .done = done,
        .context = waiter,
    };
    enum fovea_status status = fovea_request_submit(model, &request, NULL, err);
    if (status) {
        return status;
    }
    (void)pthread_mutex_lock(&waiter->mutex);
    while (!waiter->is_done) {
        (void)pthread_cond_wait(&waiter->changed, &waiter->mutex);
    }
    (void)pthread_mutex_unlock(&waiter->mutex);
    if (err) {
        *err = waiter->result;
    }
    return waiter->result.code;
}

static enum fovea_status
embed_one(struct fovea_model *model, const struct fovea_item *item,
        unsigned flags, float *embedding, struct fovea_error *err)
{
    bool needs_data = item->kind != FOVEA_ITEM_TEXT || item->size > 0;
    if (!model || !embedding || (needs_data && !item->data)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "an argument is NULL");
    }
    enum fovea_status status = fovea_request_check_flags(flags, err);
    if (status) {
        return status;
    }
    struct waiter waiter = {
        .mutex = PTHREAD_MUTEX_INITIALIZER,
        .changed = PTHREAD_COND_INITIALIZER,
        .embedding = embedding,
        .size = fovea_embedding_dimension(model) * sizeof(float),
    };
    status = submit_and_wait(model, item, flags, &waiter, err);
    (void)pthread_cond_destroy(&waiter.changed);
    (void)pthread_mutex_destroy(&waiter.mutex);
    return status;
}

enum fovea_status
fovea_embed_image(struct fovea_model *model, const char *path, unsigned flags,
        float *embedding, struct fovea_error *err)
{
    const struct fovea_item item = { .kind = FOVEA_ITEM_IMAGE_PATH,
        .data = path };
    return embed_one(model, &item, flags, embedding, err);
}

enum fovea_status
fovea_embed_image_bytes(struct fovea_model *model, const void *bytes,
        size_t size, unsigned flags, float *embedding, struct fovea_error *err)
{
    const struct fovea_item item = { .kind = FOVEA_ITEM_IMAGE_BYTES,
        .data = bytes,
        .size = size };
    return embed_one(model, &item, flags, embedding, err);
}

enum fovea_status
fovea_embed_image_base64(struct fovea_model *model, const char *text,
        size_t size, unsigned flags, float *embedding, struct fovea_error *err)
{
    const struct fovea_item item = { .kind = FOVEA_ITEM_IMAGE_BASE64,
        .data = text,
        .size = size };
    return embed_one(model, &item, flags, embedding, err);
}

enum fovea_status
fovea_embed_image_url(struct fovea_model *model, const char *url,
        unsigned flags, float *embedding, struct fovea_error *err)
{
    const struct fovea_item item = { .kind = FOVEA_ITEM_IMAGE_URL,
        .data = url };
    return embed_one(model, &item, flags, embedding, err);
}

enum fovea_status
fovea_embed_text(struct fovea_model *model, const char *text, size_t size,
        unsigned flags, float *embedding, struct fovea_error *err)
{
    const struct fovea_item item = { .kind = FOVEA_ITEM_TEXT,
        .data = text,
        .size = size };
    return embed_one(model, &item, flags, embedding, err);
}
