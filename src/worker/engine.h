/*
 * The engine: one model on some threads, from open inputs to vectors.
 *
 * It knows nothing of paths, URLs or keys: inputs come through a callback, one
 * at a time, in the thread that will decode them. The pool's workers will each
 * hold one engine; until then the runtime calls it in its own process.
 *
 * A job is a list of images. Each thread takes a run of up to max_batch of
 * them, turns every one into pixels, and passes the good ones through the model
 * together.
 */
#ifndef FOVEA_WORKER_ENGINE_H
#define FOVEA_WORKER_ENGINE_H

#include <stdbool.h>

#include "fovea/fovea.h"

#include "base/input.h"
#include "base/preprocess.h"
#include "checkpoint/config.h"
#include "checkpoint/safetensors.h"
#include "model/weights.h"

struct fovea_engine_options {
    struct fovea_vision_config config;
    struct fovea_preprocess settings;
    const struct fovea_checkpoint *checkpoint; /* borrowed; outlives it */
    enum fovea_dtype dtype;                    /* AUTO is resolved */
    unsigned n_threads;                        /* at least 1 */
    unsigned max_batch;                        /* at least 1 */
    struct fovea_limits limits;                /* every field set */
};

/** Where the images of a job come from and what came of each. */
struct fovea_job {
    size_t n;
    /* Open image `index`; called once for each, from any engine thread. */
    enum fovea_status (*open)(void *context, size_t index,
            struct fovea_input *input_out, struct fovea_error *err);
    void *context;
    bool raw; /* embeddings are not scaled to length 1 */
    /* One of the two: [n][dimension], or [n][crop height][crop width][3]. A
       failed image's row is zeroed. */
    float *embeddings;
    uint8_t *pixels;
    struct fovea_error *results; /* [n], all written */
};

struct fovea_engine;

/** Nothing is loaded and no thread started before the first job needs it. */
FOVEA_NODISCARD enum fovea_status fovea_engine_create(
        const struct fovea_engine_options *options,
        struct fovea_engine **engine_out, struct fovea_error *err);

/** End the engine; no job may be running. NULL is fine. */
void fovea_engine_destroy(struct fovea_engine *engine);

/**
 * Run a job and wait for its end.
 *
 * @return FOVEA_OK if every image was tried; else nothing was: a model status,
 *         FOVEA_ERR_NO_MEMORY.
 * Threads: safe; jobs are served in the order of their arrival.
 */
FOVEA_NODISCARD enum fovea_status fovea_engine_run(struct fovea_engine *engine,
        const struct fovea_job *job, struct fovea_error *err);

/** The dtype that AUTO means for a model on this CPU: bfloat16 where it is the
 *  faster arithmetic, else float32. Others are themselves. */
enum fovea_dtype fovea_engine_resolve_dtype(
        const struct fovea_vision_config *config, enum fovea_dtype dtype);

/** How a dtype, resolved or not, is carried out. */
enum fovea_precision fovea_engine_precision(
        const struct fovea_vision_config *config, enum fovea_dtype dtype);

/** What a model takes: packed weights once, and each thread or worker. */
FOVEA_NODISCARD enum fovea_status fovea_engine_estimate(
        const struct fovea_vision_config *config, enum fovea_dtype dtype,
        unsigned max_batch, uint64_t *shared_bytes_out,
        uint64_t *per_worker_bytes_out, struct fovea_error *err);

#endif
