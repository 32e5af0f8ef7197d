/* See embedder.h. */
#include "worker/embedder.h"

#include "base/error.h"
#include "base/vector.h"

enum fovea_status
fovea_embedder_init(struct fovea_embedder *embedder,
        const struct fovea_embedder_options *options, unsigned lane,
        size_t capacity, struct fovea_error *err)
{
    size_t dimension = options->dimension;
    *embedder = (struct fovea_embedder){
        .options = options,
        .lane = lane,
        .dimension = dimension,
        .vectors = calloc(capacity, dimension * sizeof(float)),
    };
    if (!embedder->vectors) {
        return fovea_fail_memory(err, capacity * dimension * sizeof(float),
                "a batch of vectors");
    }
    return FOVEA_OK;
}

void
fovea_embedder_finish(struct fovea_embedder *embedder)
{
    free(embedder->vectors);
}

enum fovea_status
fovea_embedder_run(struct fovea_embedder *embedder, const void *rows, size_t n,
        struct fovea_error *err)
{
    const struct fovea_embedder_options *options = embedder->options;
    return options->ops->run(options->engine, embedder->lane, rows, n,
            embedder->vectors, err);
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
                "the model's output is not a finite vector");
    }
    *vector_out = vector;
    return FOVEA_OK;
}
