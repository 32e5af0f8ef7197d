/*
 * Many small products of strided views at a time, for attention. Threads: as
 * product.h.
 */
#ifndef FOVEA_ENGINE_CPU_BATCHED_H
#define FOVEA_ENGINE_CPU_BATCHED_H

#include <stddef.h>

#include "fovea/export.h"
#include "fovea/status.h"

#include "engine/cpu/element.h"

struct fovea_batched;

/** A strided matrix per batch item: batch, row and column stride (elements). */
struct fovea_view {
    size_t batch_stride;
    size_t row_stride;
    size_t column_stride;
};

/** c[i] = a[i] * b[i], i < batch; a: [m][k], b: [k][n], c: [m][n]. */
struct fovea_batched_shape {
    size_t batch;
    size_t m;
    size_t k;
    size_t n;
    struct fovea_view a;
    struct fovea_view b;
    struct fovea_view c;
    enum fovea_element source_element; /* of a and b */
    enum fovea_element c_element;
};

FOVEA_NODISCARD enum fovea_status fovea_batched_create(
        const struct fovea_batched_shape *shape,
        struct fovea_batched **batched_out, struct fovea_error *err);
void fovea_batched_destroy(struct fovea_batched *batched);

/** Bytes of scratch that a run needs, aligned to FOVEA_OPERAND_ALIGNMENT. */
size_t fovea_batched_scratch_size(const struct fovea_batched *batched);

/** c must not overlap a and b. Threads: one at a time on one of them. */
FOVEA_NODISCARD enum fovea_status fovea_batched_run(
        struct fovea_batched *batched, const void *a, const void *b, void *c,
        void *scratch, struct fovea_error *err);

#endif
