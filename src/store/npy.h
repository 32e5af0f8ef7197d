/* The header of a .npy file (NumPy's format 1.0), of one fixed size so that it
   can be written again when the number of rows is known. */
#ifndef FOVEA_STORE_NPY_H
#define FOVEA_STORE_NPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FOVEA_NPY_HEADER_SIZE = 128,
    FOVEA_NPY_MAX_DIMS = 4
};

/** An array of rows, little-endian, row-major. */
struct fovea_npy {
    const char *type; /* "<f4", "|u1" */
    size_t n_dims;    /* of a row */
    size_t dims[FOVEA_NPY_MAX_DIMS];
};

/** Write the header of n_rows rows. */
void fovea_npy_header(const struct fovea_npy *array, uint64_t n_rows,
        char header[FOVEA_NPY_HEADER_SIZE]);

/** Whether a header is of the kind that fovea_npy_header() writes. */
bool fovea_npy_is_ours(const char header[FOVEA_NPY_HEADER_SIZE]);

#endif
