/*
 * A file of rows as NumPy has it (.npy, format 1.0). Its header has one fixed
 * size, so that it can be written again when the number of rows is known.
 */
#ifndef FOVEA_STORE_NPY_H
#define FOVEA_STORE_NPY_H

#include <stdbool.h>
#include <stdint.h>

#include "store/row_layout.h"
#include "sys/atomic_file.h"

enum {
    FOVEA_NPY_HEADER_SIZE = 128
};

/** An array that is being written. */
struct fovea_npy {
    struct fovea_row_layout layout;
    uint64_t n_rows;
    struct fovea_atomic_file file; /* appears when its owner commits it */
};

/** Write the header of n_rows rows. */
void fovea_npy_header(const struct fovea_row_layout *layout, uint64_t n_rows,
        char header[FOVEA_NPY_HEADER_SIZE]);

/** Whether a header is of the kind that fovea_npy_header() writes. */
bool fovea_npy_is_ours(const char header[FOVEA_NPY_HEADER_SIZE]);

/** Leave room for the header in an empty file that was opened. FOVEA_OK or
 *  FOVEA_ERR_IO, also of the next two. */
FOVEA_NODISCARD enum fovea_status fovea_npy_begin(struct fovea_npy *npy,
        struct fovea_error *err);

/** Append a row of layout.size bytes. */
FOVEA_NODISCARD enum fovea_status fovea_npy_add(struct fovea_npy *npy,
        const void *row, struct fovea_error *err);

/** Write the header; the file is complete and may be committed. */
FOVEA_NODISCARD enum fovea_status fovea_npy_complete(struct fovea_npy *npy,
        struct fovea_error *err);

#endif
