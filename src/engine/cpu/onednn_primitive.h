/* A primitive of oneDNN that multiplies, with its memory objects. */
#ifndef FOVEA_ENGINE_CPU_ONEDNN_PRIMITIVE_H
#define FOVEA_ENGINE_CPU_ONEDNN_PRIMITIVE_H

#include <stdbool.h>

#include "engine/cpu/onednn.h"

struct fovea_primitive;

FOVEA_NODISCARD enum fovea_status fovea_primitive_create(
        const struct fovea_onednn_operands *operands,
        fovea_onednn_describe *describe, enum fovea_post post,
        struct fovea_primitive **primitive_out, struct fovea_error *err);
void fovea_primitive_destroy(struct fovea_primitive *primitive);

bool fovea_primitive_is_reference(const struct fovea_primitive *primitive);
size_t fovea_primitive_scratch_size(const struct fovea_primitive *primitive);

/* What a run works on; weights may be in read-only memory. */
struct fovea_primitive_buffers {
    const void *src;
    const void *weights;
    const float *bias; /* NULL: none */
    void *dst;
    void *scratch;
};

/** Threads: one at a time on one primitive. */
FOVEA_NODISCARD enum fovea_status fovea_primitive_run(
        struct fovea_primitive *primitive,
        const struct fovea_primitive_buffers *buffers, struct fovea_error *err);

#endif
