/*
 * Weights as the kernels for tiles read them: panels of 32 columns, pictured in
 * tile_kernels.c. Source width and columns are filled up with 0.
 */
#ifndef FOVEA_ENGINE_CPU_TILE_PACKING_H
#define FOVEA_ENGINE_CPU_TILE_PACKING_H

#include "engine/cpu/element.h"

/** Lines of a source row of k elements. */
size_t fovea_tile_lines(enum fovea_element element, size_t k);

/** Bytes of all panels of a matrix. */
size_t fovea_tile_panels_size(enum fovea_element element, size_t k, size_t n);

/** Put the k weights of a column in their places. All columns up to the last one of
 *  its panel have to be put: one of NULL is 0.
 *
 *  @param weights  [k] elements: bfloat16, or signed bytes for U8. */
void fovea_tile_put_column(enum fovea_element element, size_t k, size_t column,
        const void *weights, void *panels);

#endif
