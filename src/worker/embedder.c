/* See embedder.h. */
#include "worker/embedder.h"

#include "base/error.h"
#include "base/vector.h"

enum fovea_status
fovea_embedder_init(struct fovea_embedder *embedder,
        const struct fovea_weights *weights,
        const struct fovea_preprocess *settings, size_t capacity,
        struct fovea_error *err)
{
    size_t dimension = weights->tower.dimension;
    *embedder = (struct fovea_embedder){
        .dimension = dimension,
        .vectors = calloc(capacity, dimension * sizeof(float)),
    };
    if (!embedder->vectors) {
        return fovea_fail_memory(err, capacity * dimension * sizeof(float),
                "a batch of vectors");
    }
    return fovea_vit_create(weights, settings, capacity, &embedder->vit, err);
}

void
fovea_embedder_finish(struct fovea_embedder *embedder)
{
    fovea_vit_destroy(embedder->vit);
    free(embedder->vectors);
}

size_t
fovea_embedder_bytes(const struct fovea_weights *weights, size_t capacity)
{
    return capacity * weights->tower.dimension * sizeof(float) +
            fovea_vit_scratch_size(&weights->tower, capacity,
                    weights->precision);
}

enum fovea_status
fovea_embedder_run(struct fovea_embedder *embedder, const void *rows, size_t n,
        struct fovea_error *err)
{
    return fovea_vit_embed(embedder->vit, rows, n, embedder->vectors, err);
}

enum fovea_status
fovea_embedder_vector(struct fovea_embedder *embedder, size_t index, bool raw,
        const float **vector_out, struct fovea_error *err)
{
    size_t n = embedder->dimension;
    float *vector = embedder->vectors + index * n;
    if (!(raw ? fovea_vector_is_finite(vector, n)
              : fovea_vector_normalise(vector, n))) {
        return fovea_fail(err, FOVEA_ERR_MODEL_WEIGHTS,
                "the model's output for this image is not a finite vector");
    }
    *vector_out = vector;
    return FOVEA_OK;
}
