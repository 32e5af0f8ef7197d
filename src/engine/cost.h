/* What an engine costs, told without it: the host links no matrix library. */
#ifndef FOVEA_ENGINE_COST_H
#define FOVEA_ENGINE_COST_H

#include <stddef.h>
#include <stdint.h>

#include "spec/dtype.h"
#include "spec/tower.h"

struct fovea_cost {
    uint64_t shared_bytes; /* packed weights, one copy for all workers */
    uint64_t lane_bytes;   /* buffers of a forward pass */
};

/**
 * Bytes of memory, from the shapes: matrices are padded to whole blocks, buffers
 * follow from the sizes. Never less than what is then taken, and at most 5 %
 * more (tests/unit/test_engine_estimate.c compares).
 *
 * @param dtype  AUTO costs what FOVEA_DTYPE_F32 does; what it means on this machine
 *               is decided before (spec/choice.h).
 * @param batch  Most items of a forward pass.
 */
struct fovea_cost fovea_engine_cost(const struct fovea_tower *tower,
        enum fovea_dtype dtype, size_t batch);

/** Why a tower computes in float32 with FOVEA_DTYPE_AUTO, whatever times are
 *  measured; NULL: they decide (spec/choice.h). Static; a clause for people. */
const char *fovea_engine_settled(const struct fovea_tower *tower);

/* Of each engine. */
#define X(name)                                                          \
    struct fovea_cost fovea_cost_##name(const struct fovea_tower *tower, \
            enum fovea_dtype dtype, size_t batch);                       \
    const char *fovea_settled_##name(const struct fovea_tower *tower);
#include "engine/engines.def"
#undef X

#endif
