/*
 * The public API: keys to models, the kinds of images to inputs, calls to the
 * engine. All images go through run_items(): that is where the pool of
 * workers will stand between this file and the engine.
 */
#include "fovea/fovea.h"

#include <string.h>

#include "base/cpu.h"
#include "base/error.h"
#include "base/limits.h"
#include "checkpoint/vision.h"
#include "runtime/catalogue.h"
#include "source/base64.h"
#include "worker/engine.h"

struct fovea {
    unsigned n_threads;
    unsigned max_batch;
    enum fovea_dtype dtype;
    struct fovea_limits limits;
};

struct fovea_model {
    const struct fovea *library;
    char *key;
    char *directory;
    struct fovea_vision_config config;
    struct fovea_preprocess settings;
    struct fovea_checkpoint *checkpoint;
    struct fovea_engine *engine;
    const char *weights_dtype;
    uint64_t shared_bytes;
    uint64_t per_worker_bytes;
};

const char *
fovea_version(void)
{
    return FOVEA_VERSION;
}

enum fovea_status
fovea_open(const struct fovea_options *options, struct fovea **library_out,
        struct fovea_error *err)
{
    static const struct fovea_options defaults;
    if (!library_out) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "library_out is NULL");
    }
    const struct fovea_options *chosen = options ? options : &defaults;
    if (chosen->n_threads > FOVEA_MAX_THREADS) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "%u threads are more than the limit of %d", chosen->n_threads,
                FOVEA_MAX_THREADS);
    }
    if (chosen->max_batch > FOVEA_MAX_BATCH) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "a batch of %u is more than the limit of %d", chosen->max_batch,
                FOVEA_MAX_BATCH);
    }
    if (chosen->dtype != FOVEA_DTYPE_AUTO && chosen->dtype != FOVEA_DTYPE_F32 &&
            chosen->dtype != FOVEA_DTYPE_BF16) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "dtype %d is not known",
                (int)chosen->dtype);
    }
    struct fovea *library = malloc(sizeof *library);
    if (!library) {
        return fovea_fail_memory(err, sizeof *library, "the library handle");
    }
    unsigned cpus = fovea_cpu_count();
    unsigned most = cpus < FOVEA_MAX_THREADS ? cpus : FOVEA_MAX_THREADS;
    *library = (struct fovea){
        .n_threads = chosen->n_threads ? chosen->n_threads : most,
        .max_batch =
                chosen->max_batch ? chosen->max_batch : FOVEA_DEFAULT_BATCH,
        .dtype = chosen->dtype,
        .limits = fovea_limits_resolve(&chosen->limits),
    };
    *library_out = library;
    return FOVEA_OK;
}

void
fovea_close(struct fovea *library)
{
    free(library);
}

static enum fovea_status
read_model(struct fovea_model *model, const char *key, struct fovea_error *err)
{
    model->key = strdup(key);
    if (!model->key) {
        return fovea_fail_memory(err, strlen(key) + 1, "a model key");
    }
    enum fovea_status status =
            fovea_catalogue_locate(key, &model->directory, err);
    if (!status) {
        status =
                fovea_vision_config_read(model->directory, &model->config, err);
    }
    if (!status) {
        status = fovea_preprocess_config_read(model->directory,
                model->config.image_size_px, &model->settings, err);
    }
    if (!status) {
        status = fovea_checkpoint_open(model->directory, &model->checkpoint,
                err);
    }
    struct fovea_vision_summary summary;
    if (!status) {
        status = fovea_vision_check(&model->config, model->checkpoint, &summary,
                err);
    }
    if (!status) {
        model->weights_dtype = summary.dtype;
    }
    return status;
}

static enum fovea_status
prepare_engine(struct fovea_model *model, struct fovea_error *err)
{
    const struct fovea *library = model->library;
    const struct fovea_engine_options options = {
        .config = model->config,
        .settings = model->settings,
        .checkpoint = model->checkpoint,
        .dtype = library->dtype,
        .n_threads = library->n_threads,
        .max_batch = library->max_batch,
        .limits = library->limits,
    };
    enum fovea_status status = fovea_engine_estimate(&model->config,
            library->dtype, library->max_batch, &model->shared_bytes,
            &model->per_worker_bytes, err);
    if (!status) {
        status = fovea_engine_create(&options, &model->engine, err);
    }
    return status;
}

enum fovea_status
fovea_model_open(struct fovea *library, const char *key,
        struct fovea_model **model_out, struct fovea_error *err)
{
    if (!library || !model_out) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "%s is NULL",
                library ? "model_out" : "library");
    }
    struct fovea_model *model = calloc(1, sizeof *model);
    if (!model) {
        return fovea_fail_memory(err, sizeof *model, "a model");
    }
    model->library = library;
    enum fovea_status status =
            read_model(model, key ? key : FOVEA_DEFAULT_MODEL, err);
    if (!status) {
        status = prepare_engine(model, err);
    }
    if (status) {
        fovea_model_close(model);
        return status;
    }
    *model_out = model;
    return FOVEA_OK;
}

void
fovea_model_close(struct fovea_model *model)
{
    if (!model) {
        return;
    }
    fovea_engine_destroy(model->engine);
    fovea_checkpoint_close(model->checkpoint);
    free(model->directory);
    free(model->key);
    free(model);
}

void
fovea_model_describe(const struct fovea_model *model,
        struct fovea_model_info *info_out)
{
    const uint64_t mib = UINT64_C(1) << 20;
    *info_out = (struct fovea_model_info){
        .key = model->key,
        .directory = model->directory,
        .embedding_dimension = model->config.projection_dim,
        .image_width_px = model->settings.crop_width_px,
        .image_height_px = model->settings.crop_height_px,
        .patch_size_px = model->config.patch_size_px,
        .n_layers = model->config.n_layers,
        .n_heads = model->config.n_heads,
        .dtype = fovea_engine_resolve_dtype(&model->config,
                model->library->dtype),
        .weights_dtype = model->weights_dtype,
        .shared_bytes = model->shared_bytes,
        .per_worker_bytes = model->per_worker_bytes,
        .est_memory_allocation_mb =
                (model->shared_bytes + model->per_worker_bytes + mib - 1) / mib,
    };
    memcpy(info_out->mean, model->settings.mean, sizeof info_out->mean);
    memcpy(info_out->std, model->settings.std, sizeof info_out->std);
}

size_t
fovea_embedding_dimension(const struct fovea_model *model)
{
    return model->config.projection_dim;
}

/* The images of a call, as the engine asks for them. */
struct items {
    const struct fovea_limits *limits;
    const struct fovea_image *images;
};

static enum fovea_status
open_base64(const struct fovea_image *image, uint64_t max_bytes,
        struct fovea_input *input_out, struct fovea_error *err)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    enum fovea_status status = fovea_base64_decode(image->data, image->size,
            max_bytes, &bytes, &size, err);
    if (!status) {
        fovea_input_from_memory(bytes, size, input_out);
        input_out->owned = bytes;
    }
    return status;
}

static enum fovea_status
open_item(void *context, size_t index, struct fovea_input *input_out,
        struct fovea_error *err)
{
    const struct items *items = context;
    const struct fovea_image *image = &items->images[index];
    if (!image->data && (image->size > 0 || image->kind == FOVEA_IMAGE_PATH)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "data is NULL");
    }
    switch (image->kind) {
    case FOVEA_IMAGE_PATH:
        return fovea_input_open_file(image->data, input_out, err);
    case FOVEA_IMAGE_BYTES:
        fovea_input_from_memory(image->data, image->size, input_out);
        return FOVEA_OK;
    case FOVEA_IMAGE_BASE64:
        return open_base64(image, items->limits->max_bytes, input_out, err);
    case FOVEA_IMAGE_URL:
    default:
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "image kind %d is not known",
                (int)image->kind);
    }
}

/* The one way of every image. */
static enum fovea_status
run_items(struct fovea_model *model, const struct fovea_image *images,
        struct fovea_job *job, struct fovea_error *err)
{
    struct items items = { &model->library->limits, images };
    job->open = open_item;
    job->context = &items;
    return fovea_engine_run(model->engine, job, err);
}

enum fovea_status
fovea_batch_embed_images(struct fovea_model *model,
        const struct fovea_image *images, size_t n, unsigned flags,
        float *embeddings, struct fovea_error *results, struct fovea_error *err)
{
    if (!model || (n > 0 && (!images || !embeddings || !results))) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "an argument is NULL");
    }
    if (flags & ~(unsigned)FOVEA_EMBED_RAW) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "flags 0x%x are not known",
                flags);
    }
    struct fovea_job job = {
        .n = n,
        .raw = flags & FOVEA_EMBED_RAW,
        .embeddings = embeddings,
        .results = results,
    };
    return run_items(model, images, &job, err);
}

enum fovea_status
fovea_batch_preprocess_images(struct fovea_model *model,
        const struct fovea_image *images, size_t n, uint8_t *pixels,
        struct fovea_error *results, struct fovea_error *err)
{
    if (!model || (n > 0 && (!images || !pixels || !results))) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "an argument is NULL");
    }
    struct fovea_job job = { .n = n, .pixels = pixels, .results = results };
    return run_items(model, images, &job, err);
}

/* A batch of one whose vector is written only on success. */
static enum fovea_status
embed_one(struct fovea_model *model, const struct fovea_image *image,
        unsigned flags, float *embedding, struct fovea_error *err)
{
    if (!model || !embedding || !image->data) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "an argument is NULL");
    }
    size_t size = fovea_embedding_dimension(model) * sizeof(float);
    FOVEA_AUTO_FREE float *vector = malloc(size);
    if (!vector) {
        return fovea_fail_memory(err, size, "an embedding");
    }
    struct fovea_error result;
    enum fovea_status status = fovea_batch_embed_images(model, image, 1, flags,
            vector, &result, err);
    if (status) {
        return status;
    }
    if (result.code) {
        if (err) {
            *err = result;
        }
        return result.code;
    }
    memcpy(embedding, vector, size);
    return FOVEA_OK;
}

enum fovea_status
fovea_embed_image(struct fovea_model *model, const char *path, unsigned flags,
        float *embedding, struct fovea_error *err)
{
    const struct fovea_image image = { FOVEA_IMAGE_PATH, path, 0 };
    return embed_one(model, &image, flags, embedding, err);
}

enum fovea_status
fovea_embed_image_bytes(struct fovea_model *model, const void *bytes,
        size_t size, unsigned flags, float *embedding, struct fovea_error *err)
{
    const struct fovea_image image = { FOVEA_IMAGE_BYTES, bytes, size };
    return embed_one(model, &image, flags, embedding, err);
}

enum fovea_status
fovea_embed_image_base64(struct fovea_model *model, const char *text,
        size_t size, unsigned flags, float *embedding, struct fovea_error *err)
{
    const struct fovea_image image = { FOVEA_IMAGE_BASE64, text, size };
    return embed_one(model, &image, flags, embedding, err);
}
