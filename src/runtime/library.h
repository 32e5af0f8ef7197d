/*
 * What the files of runtime/ share: a library handle and a model.
 *
 * A model lives as long as its handle and every URL that is being fetched for
 * it; the pool keeps what is in its queue by itself.
 */
#ifndef FOVEA_RUNTIME_LIBRARY_H
#define FOVEA_RUNTIME_LIBRARY_H

#include <pthread.h>
#include <sys/types.h>

#include "fovea/fovea.h"

#include "base/preprocess.h"
#include "checkpoint/config.h"
#include "pool/pool.h"
#include "source/fetch.h"

struct fovea {
    /* Never changes. */
    pid_t owner; /* the process that may use it */
    enum fovea_dtype dtype;
    unsigned max_batch;
    unsigned n_threads;
    unsigned max_workers;
    unsigned max_queue;
    int64_t deadline_ns;
    int64_t drain_ns;
    struct fovea_limits limits;
    struct fovea_pool *pool;
    struct fovea_fetcher *fetcher;

    pthread_mutex_t mutex;
    pthread_cond_t fetched; /* n_fetching became 0; CLOCK_MONOTONIC */
    unsigned n_fetching;    /* guarded by mutex */
};

/* A URL on its way to a model's pool. */
struct fovea_flight {
    struct fovea_flight *next; /* guarded by the model's mutex */
    struct fovea_flight *previous;
    bool is_cancelled;
    struct fovea_model *model;
    struct fovea_pool_model *pool_model;
    struct fovea_pool_image image; /* as it will be submitted; no fd yet */
};

struct fovea_model {
    /* Never changes. */
    struct fovea *library;
    char *key;
    char *directory;
    struct fovea_vision_config config;
    struct fovea_preprocess settings;
    const char *weights_dtype;
    enum fovea_dtype dtype; /* not AUTO */
    uint64_t shared_bytes;
    uint64_t worker_bytes;
    struct fovea_pool_model *embedder;

    pthread_mutex_t mutex;
    pthread_cond_t batch_changed; /* of the counters of batches */
    /* Guarded by mutex. */
    unsigned n_refs; /* the handle, and URLs in flight */
    struct fovea_flight *flights;
    struct fovea_pool_model *pixels; /* NULL: not asked for yet */
    size_t n_batch_items;            /* in flight, of all batches */
    uint64_t n_batch_done;           /* ever */
};

/** FOVEA_ERR_FORKED in a process that did not open the library. */
FOVEA_NODISCARD enum fovea_status fovea_library_check(
        const struct fovea *library, struct fovea_error *err);

/** The pool's model that makes pixels; opened at the first call. */
FOVEA_NODISCARD enum fovea_status fovea_model_pixels(struct fovea_model *model,
        struct fovea_pool_model **pool_model_out, struct fovea_error *err);

/** Bytes of the pixels of an image. */
size_t fovea_model_pixels_size(const struct fovea_model *model);

/** One more, or one less, that keeps the model. */
void fovea_model_ref(struct fovea_model *model);
void fovea_model_unref(struct fovea_model *model);

#endif
