/*
 * Products of rows by a packed matrix on the CPU's tile unit (AMX), of bfloat16 and
 * of bytes. What a matrix is packed into, and the order of everything, is pictured in
 * tile_kernels.c.
 *
 * A row's bits depend on that row and the matrix alone: each sum runs along the source
 * width in one order, and what becomes of it is computed by one function.
 */
#ifndef FOVEA_ENGINE_CPU_TILE_KERNELS_H
#define FOVEA_ENGINE_CPU_TILE_KERNELS_H

#include "engine/cpu/rows.h"

enum {
    /* Columns of a panel. */
    FOVEA_PANEL_COLUMNS = 32,
    /* Bytes of a panel for each line of the source. */
    FOVEA_PANEL_STEP = FOVEA_PANEL_COLUMNS * FOVEA_LINE_BYTES,
    /* Rows of a block. */
    FOVEA_TILE_BLOCK = 32,
};

/* One product. With sources of bytes, which stand for (byte - 128) * scale of the
   row, a column's weights stand for byte * scale of the column. */
struct fovea_tile_work {
    const struct fovea_rows *src; /* whole lines */
    const struct fovea_rows *dst;
    size_t n_rows;
    size_t n_lines;   /* of a row of src */
    size_t n_columns; /* of dst, any number */
    bool fills_lines; /* what follows them in dst's last line may be written */
    const void *panels;  /* as many as columns need */
    const float *bias;   /* [n_columns]; NULL: 0 */
    const float *scales; /* of bytes: [n_columns] of the weights */
    const int32_t
            *sums; /* of bytes: [n_columns], 128 times a column's weights */
};

typedef void (*fovea_tile_kernel)(const struct fovea_tile_work *work);

/** NULL: there is none for these. */
fovea_tile_kernel fovea_tile_kernel_for(enum fovea_element element,
        enum fovea_element dst_element, enum fovea_post post);

#endif
