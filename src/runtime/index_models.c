/* See index_models.h. */
#include "runtime/index_models.h"

#include <string.h>

#include "base/error.h"
#include "index/sets.h"
#include "spec/dtype.h"

struct fovea_index_model {
    struct fovea_index_model *next;
    struct fovea_index_set_key key;
    struct fovea_model *model;
};

static enum fovea_status
check_model(const struct fovea_model *model,
        const struct fovea_index_set_key *key, struct fovea_error *err)
{
    if (model->dtype != key->dtype) {
        return fovea_fail(err, FOVEA_ERR_INDEX_MODEL,
                "the index has vectors of %s that were computed in %s, which "
                "this machine computes in %s",
                key->model, fovea_dtype_words[key->dtype],
                fovea_dtype_words[model->dtype]);
    }
    char digest[FOVEA_WEIGHTS_DIGEST_SIZE];
    enum fovea_status status = fovea_model_weights_digest(model, digest, err);
    if (!status && strcmp(digest, key->weights) != 0) {
        return fovea_fail(err, FOVEA_ERR_INDEX_MODEL,
                "the index has vectors of other weights of %s than are here",
                key->model);
    }
    return status;
}

static enum fovea_status
open_model(struct fovea_index *index, const struct fovea_index_set_key *key,
        struct fovea_index_model **model_out, struct fovea_error *err)
{
    struct fovea_index_model *opened = calloc(1, sizeof *opened);
    if (!opened) {
        return fovea_fail_memory(err, sizeof *opened, "a model of an index");
    }
    const struct fovea_model_how how = { key->dtype, key->pixels };
    opened->key = *key;
    enum fovea_status status = fovea_model_open_as(index->library, key->model,
            &how, &opened->model, err);
    if (!status) {
        status = check_model(opened->model, key, err);
    }
    if (status) {
        fovea_model_close(opened->model);
        free(opened);
        return status;
    }
    opened->next = index->models;
    index->models = opened;
    *model_out = opened;
    return FOVEA_OK;
}

static bool
is_same(const struct fovea_index_set_key *a,
        const struct fovea_index_set_key *b)
{
    return strcmp(a->model, b->model) == 0 &&
            strcmp(a->weights, b->weights) == 0 && a->dtype == b->dtype &&
            a->pixels == b->pixels;
}

enum fovea_status
fovea_index_model(struct fovea_index *index,
        const struct fovea_index_set_key *key, struct fovea_model **model_out,
        struct fovea_error *err)
{
    if (!index->library) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "the index was opened without a library, which embedding "
                "takes");
    }
    enum fovea_status status = FOVEA_OK;
    (void)pthread_mutex_lock(&index->models_mutex);
    struct fovea_index_model *known = index->models;
    while (known && !is_same(&known->key, key)) {
        known = known->next;
    }
    if (!known) {
        status = open_model(index, key, &known, err);
    }
    if (!status) {
        *model_out = known->model;
    }
    (void)pthread_mutex_unlock(&index->models_mutex);
    return status;
}

enum fovea_status
fovea_index_begin_set(struct fovea_index *index, const char *key,
        enum fovea_store store, struct fovea_error *err)
{
    const struct fovea_index_set *known = NULL;
    struct fovea_error error;
    enum fovea_status status =
            fovea_index_set_find(index->folder, key, &known, &error);
    if (status != FOVEA_ERR_INDEX_MODEL) {
        if (status && err) {
            *err = error;
        }
        return status;
    }
    struct fovea_model *model = NULL;
    struct fovea_index_set_key described;
    int64_t id = 0;
    status = fovea_model_open(index->library, key, &model, err);
    if (!status) {
        status = fovea_index_set_key_init(&described, &model->info, key,
                model->how.pixels, store, err);
    }
    if (!status) {
        status = fovea_model_weights_digest(model, described.weights, err);
    }
    if (!status) {
        status = fovea_index_set_add(index->folder, &described, &id, err);
    }
    fovea_model_close(model);
    return status;
}

void
fovea_index_models_finish(struct fovea_index *index)
{
    while (index->models) {
        struct fovea_index_model *model = index->models;
        index->models = model->next;
        fovea_model_close(model->model);
        free(model);
    }
}
