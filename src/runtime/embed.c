/* The calls that wait: one item, or a batch of them. */
#include "base/error.h"
#include "runtime/batch.h"
#include "runtime/request_run.h"
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

static enum fovea_status
embed_one(struct fovea_model *model, const struct fovea_item *item,
        unsigned flags, float *embedding, struct fovea_error *err)
{
    bool needs_data = item->kind != FOVEA_ITEM_TEXT || item->size > 0;
    if (!model || !embedding || (needs_data && !item->data)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "an argument is NULL");
    }
    enum fovea_status status = fovea_request_check_flags(flags, err);
    return status ? status
                  : fovea_request_run(model, item, FOVEA_WORK_EMBED, flags,
                            embedding, err);
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
