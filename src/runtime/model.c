/*
 * Models: from a key to a directory, what its files say, and the pool's models
 * that do the work. Reads headers and configurations, never weights.
 */
#include "runtime/model.h"

#include <string.h>

#include "base/error.h"
#include "base/size.h"
#include "checkpoint/preprocessor.h"
#include "checkpoint/safetensors.h"
#include "checkpoint/tensors.h"
#include "runtime/catalogue.h"
#include "runtime/estimate.h"
#include "runtime/model_dtype.h"
#include "spec/families.h"
#include "wire/thumbnail.h"
#include "wire/tokens.h"

FOVEA_DEFINE_AUTO(struct fovea_checkpoint *, fovea_checkpoint_close);

/* Whether the tower's tensors are all there, and of what type. */
static enum fovea_status
check_weights(struct fovea_model *model, struct fovea_error *err)
{
    FOVEA_AUTO(fovea_checkpoint_close_auto)
    struct fovea_checkpoint *checkpoint = NULL;
    struct fovea_tensors_summary summary;
    enum fovea_status status =
            fovea_checkpoint_open(model->directory, &checkpoint, err);
    if (!status) {
        status = fovea_tensors_check(&model->tower, checkpoint, &summary, err);
    }
    if (status) {
        return status;
    }
    model->weights_dtype = summary.dtype;
    return fovea_model_text_read(model->directory, checkpoint, &model->tower,
            &model->text, err);
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
        status = fovea_tower_read(model->directory, FOVEA_MODALITY_IMAGE,
                &model->tower, err);
    }
    if (!status) {
        status = fovea_preprocess_config_read(model->directory, &model->tower,
                &model->settings, err);
        model->settings.pixels = model->how.pixels;
    }
    return status ? status : check_weights(model, err);
}

static void
estimate(struct fovea_model *model)
{
    struct fovea *library = model->library;
    fovea_model_dtype(library, model->how.dtype, &model->tower,
            &model->decided);
    model->dtype = model->decided.dtype;
    const struct fovea_cost cost =
            fovea_engine_cost(&model->tower, model->dtype, library->max_batch);
    model->shared_bytes = cost.shared_bytes;
    model->worker_bytes = fovea_estimate_worker(&model->tower, model->dtype,
            library->n_threads, library->max_batch);
    if (!model->text.refusal.code) {
        const struct fovea_tower *tower = &model->text.tower;
        struct fovea_auto_answer decided;
        fovea_model_dtype(library, model->how.dtype, tower, &decided);
        model->text_dtype = decided.dtype;
        const struct fovea_cost text_cost =
                fovea_engine_cost(tower, model->text_dtype, library->max_batch);
        model->text_shared_bytes = fovea_sum_bytes(text_cost.shared_bytes,
                model->text.files_bytes);
        model->text_worker_bytes = fovea_estimate_worker(tower,
                model->text_dtype, library->n_threads, library->max_batch);
    }
}

static void
describe_text(struct fovea_model *model)
{
    const struct fovea_model_text *text = &model->text;
    struct fovea_model_info *info = &model->info;
    info->has_text = !text->refusal.code;
    if (!info->has_text) {
        info->logits = "none";
        return;
    }
    info->logits = text->has_logits ? "checkpoint" : "default";
    info->logit_scale = text->logits.scale;
    info->logit_bias = text->logits.bias;
    info->is_sigmoid = text->logits.is_sigmoid;
    info->context_length = text->tower.context;
    info->text_shared_bytes = model->text_shared_bytes;
    info->text_per_worker_bytes = model->text_worker_bytes;
}

static void
describe(struct fovea_model *model)
{
    const uint64_t mib = UINT64_C(1) << 20;
    model->info = (struct fovea_model_info){
        .struct_size = sizeof model->info,
        .key = model->key,
        .directory = model->directory,
        .embedding_dimension = model->tower.dimension,
        .image_width_px = model->settings.crop_width_px,
        .image_height_px = model->settings.crop_height_px,
        .patch_size_px = model->tower.patch_px,
        .n_layers = model->tower.n_layers,
        .n_heads = model->tower.n_heads,
        .preprocessor = model->settings.is_default ? "default" : "file",
        .dtype = model->dtype,
        .dtype_reason = model->decided.reason,
        .weights_dtype = model->weights_dtype,
        .shared_bytes = model->shared_bytes,
        .per_worker_bytes = model->worker_bytes,
        .est_memory_allocation_mb =
                (model->shared_bytes + model->worker_bytes + mib - 1) / mib,
        .family = fovea_family_get(model->tower.family)->name,
        .pixels = fovea_pixels_words[model->settings.pixels],
    };
    describe_text(model);
    memcpy(model->info.mean, model->settings.mean, sizeof model->info.mean);
    memcpy(model->info.std, model->settings.std, sizeof model->info.std);
}

/* Workers have another working directory, and the same files may have two
   names: the pool gets the real one. */
static enum fovea_status
open_group(const struct fovea_model *model,
        struct fovea_group_settings settings, struct fovea_group **group_out,
        struct fovea_error *err)
{
    const struct fovea *library = model->library;
    FOVEA_AUTO_FREE char *directory = realpath(model->directory, NULL);
    settings.key = model->key;
    settings.directory = directory ? directory : model->directory;
    settings.n_threads = library->n_threads;
    settings.max_batch = library->max_batch;
    settings.limits = library->limits;
    settings.pixels = model->how.pixels;
    settings.thumbnail_px = library->thumbnail_px;
    return fovea_group_open(library->pool, &settings, group_out, err);
}

static struct fovea_group_settings
settings_of_embed(const struct fovea_model *model)
{
    return (struct fovea_group_settings){
        .kind = FOVEA_WORK_EMBED,
        .dtype = model->dtype,
        .dimension = model->tower.dimension,
        .row_bytes = model->tower.dimension * sizeof(float),
        .shared_bytes = model->shared_bytes,
        .worker_bytes = model->worker_bytes,
    };
}

static struct fovea_group_settings
settings_of_pixels(const struct fovea_model *model)
{
    return (struct fovea_group_settings){
        .kind = FOVEA_WORK_PIXELS,
        .dtype = FOVEA_DTYPE_F32,
        /* Sides are at most 4096 px, which the config's reader saw to. */
        .row_bytes = (uint64_t)model->settings.crop_height_px *
                model->settings.crop_width_px * 3,
        .worker_bytes = fovea_estimate_pixels_worker(&model->settings,
                model->library->n_threads, model->library->max_batch),
    };
}

static struct fovea_group_settings
settings_of_embed_text(const struct fovea_model *model)
{
    return (struct fovea_group_settings){
        .kind = FOVEA_WORK_EMBED_TEXT,
        .dtype = model->text_dtype,
        .dimension = model->text.tower.dimension,
        .row_bytes = model->text.tower.dimension * sizeof(float),
        .shared_bytes = model->text_shared_bytes,
        .worker_bytes = model->text_worker_bytes,
    };
}

static struct fovea_group_settings
settings_of_tokens(const struct fovea_model *model)
{
    uint32_t context = model->text.tower.context;
    return (struct fovea_group_settings){
        .kind = FOVEA_WORK_TOKENS,
        .dtype = FOVEA_DTYPE_F32,
        .row_bytes = fovea_tokens_row_bytes(context),
        .shared_bytes = model->text.files_bytes,
        .worker_bytes = fovea_estimate_tokens_worker(context,
                model->library->n_threads, model->library->max_batch),
    };
}

static struct fovea_group_settings
settings_of_thumbnail(const struct fovea_model *model)
{
    const struct fovea *library = model->library;
    return (struct fovea_group_settings){
        .kind = FOVEA_WORK_THUMBNAIL,
        .dtype = FOVEA_DTYPE_F32,
        .row_bytes = fovea_thumbnail_row_bytes(library->thumbnail_px),
        .worker_bytes = fovea_estimate_thumbnail_worker(library->thumbnail_px,
                library->n_threads),
    };
}

/* What the workers of a model are for each kind of work. */
static struct fovea_group_settings (*const settings_of[FOVEA_N_WORK_KINDS])(
        const struct fovea_model *model) = {
    [FOVEA_WORK_EMBED] = settings_of_embed,
    [FOVEA_WORK_PIXELS] = settings_of_pixels,
    [FOVEA_WORK_EMBED_TEXT] = settings_of_embed_text,
    [FOVEA_WORK_TOKENS] = settings_of_tokens,
    [FOVEA_WORK_THUMBNAIL] = settings_of_thumbnail,
};

size_t
fovea_model_row_bytes(const struct fovea_model *model,
        enum fovea_work_kind kind)
{
    return settings_of[kind](model).row_bytes;
}

enum fovea_status
fovea_model_group(struct fovea_model *model, enum fovea_work_kind kind,
        struct fovea_group **group_out, struct fovea_error *err)
{
    enum fovea_status status = FOVEA_OK;
    (void)pthread_mutex_lock(&model->mutex);
    if (!model->groups[kind]) {
        status = open_group(model, settings_of[kind](model),
                &model->groups[kind], err);
    }
    *group_out = model->groups[kind];
    (void)pthread_mutex_unlock(&model->mutex);
    return status;
}

enum fovea_status
fovea_model_check_text(const struct fovea_model *model, struct fovea_error *err)
{
    const struct fovea_error *refusal = &model->text.refusal;
    return refusal->code
            ? fovea_fail(err, refusal->code, "%.80s embeds images only: %s",
                      model->key, refusal->message)
            : FOVEA_OK;
}

enum fovea_status
fovea_model_open(struct fovea *library, const char *key,
        struct fovea_model **model_out, struct fovea_error *err)
{
    if (!library || !model_out) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "%s is NULL",
                library ? "model_out" : "library");
    }
    const struct fovea_model_how how = { library->dtype, library->pixels };
    enum fovea_status status = fovea_library_check(library, err);
    return status
            ? status
            : fovea_model_open_as(library, key ? key : FOVEA_DEFAULT_MODEL,
                      &how, model_out, err);
}

enum fovea_status
fovea_model_open_as(struct fovea *library, const char *key,
        const struct fovea_model_how *how, struct fovea_model **model_out,
        struct fovea_error *err)
{
    struct fovea_model *model = calloc(1, sizeof *model);
    if (!model) {
        return fovea_fail_memory(err, sizeof *model, "a model");
    }
    model->library = library;
    model->how = *how;
    model->n_refs = 1;
    FOVEA_ASSERT(pthread_mutex_init(&model->mutex, NULL) == 0);
    enum fovea_status status = read_model(model, key, err);
    if (!status) {
        estimate(model);
        describe(model);
        status = fovea_model_group(model, FOVEA_WORK_EMBED, &model->embedder,
                err);
    }
    if (status) {
        fovea_model_release(model);
        return status;
    }
    *model_out = model;
    return FOVEA_OK;
}

/* In a forked child the locks may be held by threads that are not here, and the
   pool's models are the parent's. */
static void
destroy(struct fovea_model *model, bool is_forked)
{
    if (!is_forked) {
        for (size_t i = 0; i < FOVEA_N_WORK_KINDS; i++) {
            fovea_group_close(model->groups[i]);
        }
        (void)pthread_mutex_destroy(&model->mutex);
    }
    free(model->directory);
    free(model->key);
    free(model);
}

void
fovea_model_ref(struct fovea_model *model)
{
    (void)pthread_mutex_lock(&model->mutex);
    model->n_refs++;
    (void)pthread_mutex_unlock(&model->mutex);
}

void
fovea_model_unref(struct fovea_model *model)
{
    (void)pthread_mutex_lock(&model->mutex);
    bool is_last = --model->n_refs == 0;
    (void)pthread_mutex_unlock(&model->mutex);
    if (is_last) {
        destroy(model, false);
    }
}

void
fovea_model_release(struct fovea_model *model)
{
    if (fovea_library_check(model->library, NULL)) {
        destroy(model, true);
    } else {
        fovea_model_unref(model);
    }
}

const struct fovea_model_info *
fovea_model_describe(const struct fovea_model *model)
{
    return model ? &model->info : NULL;
}

size_t
fovea_embedding_dimension(const struct fovea_model *model)
{
    return model ? model->tower.dimension : 0;
}
