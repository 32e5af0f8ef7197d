/* Rows through the engine to vectors: the half of the work that has the model,
 * and meets nothing but rows. One of these is a thread's own. */
#ifndef FOVEA_WORKER_EMBEDDER_H
#define FOVEA_WORKER_EMBEDDER_H

#include "engine/engine.h"

struct fovea_embedder_options {
    const struct fovea_engine_ops *ops;
    struct fovea_engine *engine; /* borrowed; NULL: there is none */
    size_t dimension;            /* of its embeddings */
};

struct fovea_embedder {
    const struct fovea_embedder_options *options;
    unsigned lane; /* of the engine */
    size_t dimension;
    float *vectors; /* [capacity][dimension] */
};

/**
 * @param options   With an engine; borrowed.
 * @param lane      Of the engine; no other embedder's.
 * @param capacity  Rows of a run, at most.
 * @return FOVEA_OK; FOVEA_ERR_NO_MEMORY. On failure it is to be finished all the
 *         same.
 */
FOVEA_NODISCARD enum fovea_status fovea_embedder_init(
        struct fovea_embedder *embedder,
        const struct fovea_embedder_options *options, unsigned lane,
        size_t capacity, struct fovea_error *err);
void fovea_embedder_finish(struct fovea_embedder *embedder);

/** Embed n rows, 1..capacity, as engine.h has it; the engine is prepared. */
FOVEA_NODISCARD enum fovea_status fovea_embedder_run(
        struct fovea_embedder *embedder, const void *rows, size_t n,
        struct fovea_error *err);

/**
 * The vector of a row of the last run; to be called once a row.
 *
 * @param raw         Not scaled to length 1.
 * @param vector_out  [dimension], until the next run.
 * @return FOVEA_OK; FOVEA_ERR_MODEL_WEIGHTS if it is not a finite vector.
 */
FOVEA_NODISCARD enum fovea_status fovea_embedder_vector(
        struct fovea_embedder *embedder, size_t index, bool raw,
        const float **vector_out, struct fovea_error *err);

#endif
