/* How long a layer of some shape takes in float32 and in bfloat16. */
#ifndef FOVEA_ENGINE_CPU_LAYER_TIME_H
#define FOVEA_ENGINE_CPU_LAYER_TIME_H

#include "spec/choice.h"

/**
 * Run a layer as the forward pass does, on one image, in the calling thread: tens of
 * milliseconds, and memory for one layer's weights in both dtypes.
 *
 * @param shape  A good one.
 * @return FOVEA_OK; FOVEA_ERR_NO_MEMORY; FOVEA_ERR_INTERNAL from the matrix
 *         library.
 */
FOVEA_NODISCARD enum fovea_status fovea_layer_time(
        const struct fovea_choice_shape *shape,
        struct fovea_choice_times *times_out, struct fovea_error *err);

#endif
