/*
 * What a model will cost in memory, from the shapes of its tensors, without the
 * matrix library: packed matrices are padded to whole blocks, buffers follow
 * from the shapes. Never less than what is then taken, and at most 5 % more
 * (tests/unit/test_engine_estimate.c compares).
 */
#ifndef FOVEA_CHECKPOINT_ESTIMATE_H
#define FOVEA_CHECKPOINT_ESTIMATE_H

#include <stdbool.h>
#include <stdint.h>

#include "fovea/fovea.h"

#include "checkpoint/config.h"

/** The dtype that AUTO means for a tower on this CPU; others are themselves. */
enum fovea_dtype fovea_estimate_dtype(const struct fovea_tower *tower,
        enum fovea_dtype dtype);

/** Packed weights and their header. dtype: not AUTO. */
uint64_t fovea_estimate_shared(const struct fovea_tower *tower,
        enum fovea_dtype dtype);

enum {
    /* Of a worker besides what follows from the model: code, the libraries'
       tables, kernels generated at run time, stacks. Measured; see
       tests/integration. */
    FOVEA_WORKER_BASE_BYTES = 24 << 20,
    /* And of each of its threads for decoding: any picture that streams, and
       others of a few megapixels. What takes more asks for it. */
    FOVEA_DECODE_FREE_BYTES = 8 << 20,
};

/** A worker: buffers of the forward pass, the library's code, what decoders
 *  usually take. */
uint64_t fovea_estimate_worker(const struct fovea_tower *tower,
        enum fovea_dtype dtype, unsigned n_threads, unsigned max_batch);

/** A worker that only makes pixels. */
uint64_t fovea_estimate_pixels_worker(const struct fovea_preprocess *settings,
        unsigned n_threads, unsigned max_batch);

#endif
