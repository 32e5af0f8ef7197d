/*
 * A model: what its files say, and the pool's models that do its work.
 *
 * It lives as long as its handle and every URL that is being fetched for it;
 * the pool keeps what is in its queue by itself.
 */
#ifndef FOVEA_RUNTIME_MODEL_H
#define FOVEA_RUNTIME_MODEL_H

#include "checkpoint/config.h"
#include "runtime/library.h"
#include "spec/pixels.h"

struct fovea_flight;

struct fovea_model {
    /* Never changes. */
    struct fovea *library;
    char *key;
    char *directory;
    struct fovea_tower tower;
    struct fovea_preprocess settings;
    const char *weights_dtype;
    enum fovea_dtype dtype; /* not AUTO */
    uint64_t shared_bytes;
    uint64_t worker_bytes;
    struct fovea_model_info info; /* of all that */
    struct fovea_group *embedder;

    pthread_mutex_t mutex;
    pthread_cond_t batch_changed; /* of the counters of batches */
    /* Guarded by mutex. */
    unsigned n_refs; /* the handle, and URLs in flight */
    struct fovea_flight *flights;
    struct fovea_group *pixels; /* NULL: not asked for yet */
    size_t n_batch_items;       /* in flight, of all batches */
    uint64_t n_batch_done;      /* ever */
};

/** The pool's model that makes pixels; opened at the first call. */
FOVEA_NODISCARD enum fovea_status fovea_model_pixels(struct fovea_model *model,
        struct fovea_group **group_out, struct fovea_error *err);

/** Bytes of the pixels of an image. */
size_t fovea_model_pixels_size(const struct fovea_model *model);

/** One more, or one less, that keeps the model. */
void fovea_model_ref(struct fovea_model *model);
void fovea_model_unref(struct fovea_model *model);

/** fovea_model_close(), of a handle that is one. */
void fovea_model_release(struct fovea_model *model);

#endif
