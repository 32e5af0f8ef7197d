/*
 * How many images or texts go through the layers together: enough that reading the
 * weights is worth it, no more than is gained from, because whatever a pass may have
 * is looked at while weights are packed (forms.h).
 */
#ifndef FOVEA_ENGINE_CPU_PASS_SIZE_H
#define FOVEA_ENGINE_CPU_PASS_SIZE_H

#include "engine/cpu/units.h"

/** Most units (units.h) of a pass. */
size_t fovea_pass_most(const struct fovea_tower *tower);

/**
 * The same where products are so fast that what lies between them is to stay in the
 * second-level cache, as it is with tiles: of images whose rows of the residual
 * stream and of a layer norm fit into it. At least 1.
 *
 * @param element_size  Bytes of an element of a layer norm.
 * @param cache_bytes   Of the second-level cache; 0: not known.
 */
size_t fovea_pass_most_in_cache(const struct fovea_tower *tower,
        size_t element_size, size_t cache_bytes);

#endif
