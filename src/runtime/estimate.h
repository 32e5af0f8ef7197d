/* What a worker of a model will cost in memory beside the weights, which are
   shared: see cost.h. */
#ifndef FOVEA_RUNTIME_ESTIMATE_H
#define FOVEA_RUNTIME_ESTIMATE_H

#include <stdint.h>

#include "engine/cost.h"
#include "spec/pixels.h"

enum {
    /* Of a worker besides what follows from the model: code, the libraries'
       tables, kernels generated at run time, stacks. Measured; see
       tests/integration. */
    FOVEA_WORKER_BASE_BYTES = 24 << 20
};

/** A worker: buffers of the forward pass, the library's code, what decoders
 *  usually take. */
uint64_t fovea_estimate_worker(const struct fovea_tower *tower,
        enum fovea_dtype dtype, unsigned n_threads, unsigned max_batch);

/** A worker that only makes pixels. */
uint64_t fovea_estimate_pixels_worker(const struct fovea_preprocess *settings,
        unsigned n_threads, unsigned max_batch);

/** A worker that only makes thumbnails. */
uint64_t fovea_estimate_thumbnail_worker(uint32_t side_px, unsigned n_threads);

/** A worker that only makes tokens, of up to `context` a text. */
uint64_t fovea_estimate_tokens_worker(uint32_t context, unsigned n_threads,
        unsigned max_batch);

#endif
