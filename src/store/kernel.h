/*
 * Products of integers by the CPU's own instructions: rows of bytes without sign
 * by a query of signed bytes. Every kernel gives the same integers for any bytes:
 * a sum of 16384 products of 255 and -128 fits into 32 bits.
 */
#ifndef FOVEA_STORE_KERNEL_H
#define FOVEA_STORE_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FOVEA_TILE_ROWS = 12,
    FOVEA_TILE_COLUMNS = 32,
    FOVEA_TILE_DEPTH = 4, /* bytes of a column that lie together */
};

struct fovea_kernel {
    const char *name;
    bool (*is_supported)(void); /* by this CPU */

    /**
     * The product of each row and the query.
     *
     * @param rows  [n_rows][size], size a multiple of FOVEA_CODES_MULTIPLE and at
     *              most 16384.
     * @param query  [size], -127..127.
     */
    void (*products)(const uint8_t *rows, size_t n_rows, size_t size,
            const int8_t *query, int32_t *products_out);

    /**
     * The products of some rows and some columns, which are rows too, less 128
     * times the sum of the signed ones: what the codes' own product is.
     *
     * @param rows     [FOVEA_TILE_ROWS][size], -127..127.
     * @param offsets  [FOVEA_TILE_ROWS]: 128 times the sum of a row.
     * @param columns  [size / FOVEA_TILE_DEPTH][FOVEA_TILE_COLUMNS]
     *                 [FOVEA_TILE_DEPTH]: of each column four bytes, then the next
     *                 four of each, and so on.
     */
    void (*tile)(const int8_t *rows, const int32_t *offsets, size_t size,
            const uint8_t *columns,
            int32_t products_out[FOVEA_TILE_ROWS][FOVEA_TILE_COLUMNS]);
};

/* A kernel a file; kernels.c lists them. */
extern const struct fovea_kernel fovea_kernel_avx2;
extern const struct fovea_kernel fovea_kernel_avx512bw;
extern const struct fovea_kernel fovea_kernel_avx512vnni;
extern const struct fovea_kernel fovea_kernel_avxvnni;

#endif
