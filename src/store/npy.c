/*
 * Files of rows: see npy.h.
 *
 * Source: NumPy's format description (numpy.lib.format): magic, version, the
 * header's length in two bytes, a Python dictionary, spaces up to a newline so
 * that the data begins at a multiple of 64.
 */
#include "store/npy.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/macros.h"

enum {
    PREFIX_SIZE = 10
};

/* With the NUL at its end, which is the minor version 0. */
static const char magic[] = "\x93NUMPY\x01";

void
fovea_npy_header(const struct fovea_row_layout *layout, uint64_t n_rows,
        char header[FOVEA_NPY_HEADER_SIZE])
{
    FOVEA_ASSERT(layout->n_dims <= FOVEA_ROW_MAX_DIMS);
    char text[FOVEA_NPY_HEADER_SIZE];
    int size = snprintf(text, sizeof text,
            "{'descr': '%s', 'fortran_order': False, 'shape': (%" PRIu64 ",",
            layout->type, n_rows);
    for (size_t i = 0; i < layout->n_dims; i++) {
        FOVEA_ASSERT(size > 0 && (size_t)size < sizeof text);
        size += snprintf(text + size, sizeof text - (size_t)size, "%s%zu",
                i ? ", " : " ", layout->dims[i]);
    }
    FOVEA_ASSERT(size > 0 && (size_t)size < sizeof text);
    size += snprintf(text + size, sizeof text - (size_t)size, "), }");
    FOVEA_ASSERT(size > 0 && size < FOVEA_NPY_HEADER_SIZE - PREFIX_SIZE);

    memset(header, ' ', FOVEA_NPY_HEADER_SIZE);
    memcpy(header, magic, sizeof magic);
    header[8] = FOVEA_NPY_HEADER_SIZE - PREFIX_SIZE;
    header[9] = 0;
    memcpy(header + PREFIX_SIZE, text, (size_t)size);
    header[FOVEA_NPY_HEADER_SIZE - 1] = '\n';
}

bool
fovea_npy_is_ours(const char header[FOVEA_NPY_HEADER_SIZE])
{
    static const char text[] = "{'descr': '";
    return memcmp(header, magic, sizeof magic) == 0 &&
            header[8] == FOVEA_NPY_HEADER_SIZE - PREFIX_SIZE &&
            header[9] == 0 &&
            memcmp(header + PREFIX_SIZE, text, sizeof text - 1) == 0 &&
            header[FOVEA_NPY_HEADER_SIZE - 1] == '\n';
}

enum fovea_status
fovea_npy_begin(struct fovea_npy *npy, struct fovea_error *err)
{
    char header[FOVEA_NPY_HEADER_SIZE];
    fovea_npy_header(&npy->layout, 0, header);
    return fovea_atomic_file_write(&npy->file, header, sizeof header, err);
}

enum fovea_status
fovea_npy_add(struct fovea_npy *npy, const void *row, struct fovea_error *err)
{
    npy->n_rows++;
    return fovea_atomic_file_write(&npy->file, row, npy->layout.size, err);
}

enum fovea_status
fovea_npy_complete(struct fovea_npy *npy, struct fovea_error *err)
{
    char header[FOVEA_NPY_HEADER_SIZE];
    fovea_npy_header(&npy->layout, npy->n_rows, header);
    return fovea_atomic_file_write_at(&npy->file, 0, header, sizeof header,
            err);
}
