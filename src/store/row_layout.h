/* What a row is: of vectors, of pixels. */
#ifndef FOVEA_STORE_ROW_LAYOUT_H
#define FOVEA_STORE_ROW_LAYOUT_H

#include <stddef.h>

enum {
    FOVEA_ROW_MAX_DIMS = 4
};

/** Numbers of one type, little-endian, row-major. */
struct fovea_row_layout {
    const char *type; /* as NumPy spells it: "<f4", "|u1" */
    size_t n_dims;
    size_t dims[FOVEA_ROW_MAX_DIMS];
    size_t size; /* bytes */
};

#endif
