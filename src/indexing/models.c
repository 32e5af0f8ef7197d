/* See models.h. */
#include "indexing/models.h"

#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "spec/dtype.h"
#include "spec/pixels.h"

FOVEA_DEFINE_AUTO(struct fovea_model *, fovea_model_close);

static struct fovea_set_model *
find(struct fovea_models *models, const char *key)
{
    for (size_t i = 0; i < models->n; i++) {
        if (strcmp(models->all[i].key.model, key) == 0) {
            return &models->all[i];
        }
    }
    return NULL;
}

/* One more library; dtype AUTO is what the options say. */
static enum fovea_status
open_library(struct fovea_models *models, enum fovea_dtype dtype,
        enum fovea_pixels pixels, struct fovea_error *err)
{
    struct fovea_options options = *models->settings->options;
    if (dtype != FOVEA_DTYPE_AUTO) {
        options.dtype = dtype;
        options.pixels = pixels;
    }
    FOVEA_ASSERT(models->n_libraries < FOVEA_SETS_MAX);
    struct fovea *library = NULL;
    enum fovea_status status = fovea_open(&options, &library, err);
    if (!status) {
        models->libraries[models->n_libraries++] = library;
    }
    return status;
}

/* Whether a model computes what a set was begun with. */
static bool
computes(const struct fovea_model *model, const struct fovea_index_set_key *key)
{
    const struct fovea_model_info *info = fovea_model_describe(model);
    return info->dtype == key->dtype &&
            strcmp(info->pixels, fovea_pixels_words[key->pixels]) == 0;
}

/* Open a model in a library that computes as its set wants it. */
static enum fovea_status
open_model(struct fovea_models *models, const struct fovea_index_set_key *key,
        struct fovea_model **model_out, struct fovea_error *err)
{
    enum fovea_status status = FOVEA_OK;
    for (size_t i = 0; !status && i <= models->n_libraries; i++) {
        if (i == models->n_libraries) {
            status = open_library(models,
                    i == 0 ? FOVEA_DTYPE_AUTO : key->dtype, key->pixels, err);
        }
        FOVEA_AUTO(fovea_model_close_auto) struct fovea_model *model = NULL;
        if (!status) {
            status = fovea_model_open(models->libraries[i], key->model, &model,
                    err);
        }
        if (!status && computes(model, key)) {
            *model_out = FOVEA_TAKE(model);
            return FOVEA_OK;
        }
    }
    return status;
}

static enum fovea_status
add_set(struct fovea_models *models, const char *name,
        struct fovea_index_folder *folder, struct fovea_error *err)
{
    if (models->n == FOVEA_SETS_MAX) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "an index has vectors of %d models at most", FOVEA_SETS_MAX);
    }
    enum fovea_status status = models->n_libraries > 0
            ? FOVEA_OK
            : open_library(models, FOVEA_DTYPE_AUTO, 0, err);
    struct fovea_set_model added = { .set = 0 };
    if (!status) {
        status =
                fovea_model_open(models->libraries[0], name, &added.model, err);
    }
    if (!status) {
        const struct fovea_models_settings *settings = models->settings;
        status = fovea_index_set_key_init(&added.key,
                fovea_model_describe(added.model), name,
                settings->options->pixels, settings->store, err);
    }
    if (!status) {
        status =
                fovea_model_weights_digest(added.model, added.key.weights, err);
    }
    if (!status) {
        status = fovea_index_set_add(folder, &added.key, &added.set, err);
    }
    if (status) {
        fovea_model_close(added.model);
        return status;
    }
    models->all[models->n++] = added;
    return FOVEA_OK;
}

/* What was asked for must be what the set has. */
static enum fovea_status
check_set(const struct fovea_models_settings *settings,
        const struct fovea_index_set_key *key, struct fovea_error *err)
{
    const struct fovea_options *options = settings->options;
    const char *is = NULL;
    const char *flag = NULL;
    if (settings->has_dtype && options->dtype != FOVEA_DTYPE_AUTO &&
            options->dtype != key->dtype) {
        flag = "--dtype";
        is = fovea_dtype_words[key->dtype];
    } else if (settings->has_pixels && options->pixels != key->pixels) {
        flag = "--pixels";
        is = fovea_pixels_words[key->pixels];
    } else if (settings->has_store && settings->store != key->store) {
        flag = "--store";
        is = key->store == FOVEA_STORE_F16 ? "f16" : "f32";
    }
    return flag ? fovea_fail(err, FOVEA_ERR_ARGUMENT,
                          "the index has vectors of %s with %s %s, and nothing "
                          "else is put among them: leave %s out, or begin "
                          "another index (-i)",
                          key->model, flag, is, flag)
                : FOVEA_OK;
}

/* The set of a model that is asked for. */
static enum fovea_status
want(struct fovea_models *models, const char *name,
        struct fovea_index_folder *folder, struct fovea_error *err)
{
    const struct fovea_set_model *known = find(models, name);
    return known ? check_set(models->settings, &known->key, err)
                 : add_set(models, name, folder, err);
}

enum fovea_status
fovea_models_begin(struct fovea_models *models,
        const struct fovea_models_settings *settings,
        struct fovea_index_folder *folder, struct fovea_error *err)
{
    const struct fovea_index_set *sets = NULL;
    size_t n = 0;
    *models = (struct fovea_models){ .settings = settings };
    enum fovea_status status = fovea_index_sets(folder, &sets, &n, err);
    for (size_t i = 0; !status && i < n && i < FOVEA_SETS_MAX; i++) {
        models->all[models->n++] = (struct fovea_set_model){
            .set = sets[i].id,
            .key = sets[i].key,
        };
    }
    if (!status) {
        status = want(models, FOVEA_DEFAULT_MODEL, folder, err);
    }
    for (size_t i = 0; !status && i < settings->n_keys; i++) {
        status = want(models, settings->keys[i], folder, err);
    }
    if (status) {
        fovea_models_finish(models);
    }
    return status;
}

static enum fovea_status
check_weights(const struct fovea_set_model *one, struct fovea_error *err)
{
    char digest[FOVEA_WEIGHTS_DIGEST_SIZE];
    enum fovea_status status =
            fovea_model_weights_digest(one->model, digest, err);
    if (!status && strcmp(digest, one->key.weights) != 0) {
        status = fovea_fail(err, FOVEA_ERR_INDEX_MODEL,
                "the index has vectors of other weights of %s than are here: "
                "begin another index (-i)",
                one->key.model);
    }
    return status;
}

enum fovea_status
fovea_models_open(struct fovea_models *models, struct fovea_error *err)
{
    struct fovea_stream_options options = FOVEA_STREAM_OPTIONS_INIT;
    enum fovea_status status = FOVEA_OK;
    for (size_t i = 0; !status && i < models->n; i++) {
        struct fovea_set_model *one = &models->all[i];
        if (one->stream) {
            continue;
        }
        if (!one->model) {
            status = open_model(models, &one->key, &one->model, err);
        }
        if (!status) {
            status = check_weights(one, err);
        }
        if (!status) {
            status = fovea_stream_open(one->model, &options, &one->stream, err);
        }
    }
    return status;
}

void
fovea_models_stop(struct fovea_models *models)
{
    for (size_t i = 0; i < models->n; i++) {
        fovea_stream_close(FOVEA_TAKE(models->all[i].stream));
    }
}

void
fovea_models_finish(struct fovea_models *models)
{
    fovea_models_stop(models);
    for (size_t i = 0; i < models->n; i++) {
        fovea_model_close(models->all[i].model);
    }
    for (size_t i = 0; i < models->n_libraries; i++) {
        fovea_close(models->libraries[i]);
    }
    *models = (struct fovea_models){ .n = 0 };
}
