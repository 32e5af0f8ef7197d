/*
 * .npy headers: see npy.h.
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
fovea_npy_header(const struct fovea_npy *array, uint64_t n_rows,
        char header[FOVEA_NPY_HEADER_SIZE])
{
    FOVEA_ASSERT(array->n_dims <= FOVEA_NPY_MAX_DIMS);
    char text[FOVEA_NPY_HEADER_SIZE];
    int size = snprintf(text, sizeof text,
            "{'descr': '%s', 'fortran_order': False, 'shape': (%" PRIu64 ",",
            array->type, n_rows);
    for (size_t i = 0; i < array->n_dims; i++) {
        FOVEA_ASSERT(size > 0 && (size_t)size < sizeof text);
        size += snprintf(text + size, sizeof text - (size_t)size, "%s%zu",
                i ? ", " : " ", array->dims[i]);
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
