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

struct fovea_kernel {
    const char *name;
    bool (*is_supported)(void); /* by this CPU */

    /**
     * The product of each row and the query.
     *
     * @param rows  [n_rows][size], size a multiple of FOVEA_CODES_MULTIPLE and at
     *              most 16384.
     * @param query  [size].
     */
    void (*products)(const uint8_t *rows, size_t n_rows, size_t size,
            const int8_t *query, int32_t *products_out);
};

/* A kernel a file; kernels.c lists them. */
extern const struct fovea_kernel fovea_kernel_avx2;
extern const struct fovea_kernel fovea_kernel_avx512bw;
extern const struct fovea_kernel fovea_kernel_avx512vnni;
extern const struct fovea_kernel fovea_kernel_avxvnni;

#endif
