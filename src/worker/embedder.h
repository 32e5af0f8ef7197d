/* Rows through the engine to vectors: the half of the work that has the model,
 * and meets nothing but rows. One of these is a thread's own. */
#ifndef FOVEA_WORKER_EMBEDDER_H
#define FOVEA_WORKER_EMBEDDER_H

#include "engine/cpu/vit.h"

struct fovea_embedder {
    struct fovea_vit *vit;
    size_t dimension;
    float *vectors; /* [capacity][dimension] */
};

/**
 * @param weights   Borrowed.
 * @param capacity  Rows of a run, at most.
 * @return FOVEA_OK; FOVEA_ERR_NO_MEMORY; FOVEA_ERR_INTERNAL from the matrix
 *         library. On failure it is to be finished all the same.
 */
FOVEA_NODISCARD enum fovea_status fovea_embedder_init(
        struct fovea_embedder *embedder, const struct fovea_weights *weights,
        const struct fovea_preprocess *settings, size_t capacity,
        struct fovea_error *err);
void fovea_embedder_finish(struct fovea_embedder *embedder);

/** Bytes that one of this capacity takes. */
size_t fovea_embedder_bytes(const struct fovea_weights *weights,
        size_t capacity);

/** Embed n rows, 1..capacity, as vit.h has it. */
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
