/* Positions of another grid of patches: what was learned for one, interpolated. */
#ifndef FOVEA_ENGINE_CPU_GRID_H
#define FOVEA_ENGINE_CPU_GRID_H

#include <stdbool.h>
#include <stddef.h>

#include "fovea/export.h"
#include "fovea/status.h"

/* Squares of vectors, rows first. */
struct fovea_grids {
    size_t from; /* sides, in vectors */
    size_t to;
    size_t width; /* of a vector */
    bool antialiases;
};

/**
 * Interpolate bicubically, as PyTorch does (align_corners off): of four neighbours
 * with a = -0.75, those past the edge being the edge's; or antialiased, with a =
 * -0.5, over as many as the smaller grid's step covers.
 *
 * @param values  [from * from][width].
 * @param out     [to * to][width]; may overlap values.
 * @return FOVEA_OK; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_grid_resize(
        const struct fovea_grids *grids, const float *values, float *out,
        struct fovea_error *err);

#endif
