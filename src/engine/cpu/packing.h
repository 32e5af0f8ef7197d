/*
 * Weights in the layout that the CPU's kernels like best: one packed copy serves
 * every number of rows.
 */
#ifndef FOVEA_ENGINE_CPU_PACKING_H
#define FOVEA_ENGINE_CPU_PACKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

#include "engine/cpu/element.h"

struct fovea_packing;

/** A weight matrix. */
struct fovea_packing_shape {
    size_t rows; /* a typical number of source rows */
    size_t k;    /* source width */
    size_t n;    /* output width */
    enum fovea_element element;
};

/**
 * Find the layout that a form likes best for a weight matrix.
 *
 * @return FOVEA_OK; FOVEA_ERR_INTERNAL if the form has no such product;
 *         FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_packing_create(
        const struct fovea_packing_shape *shape, enum fovea_form form,
        struct fovea_packing **packing_out, struct fovea_error *err);
void fovea_packing_destroy(struct fovea_packing *packing);

/** Rows (source width) and columns (output width) of the matrix, and what
 *  they are made of. */
size_t fovea_packing_k(const struct fovea_packing *packing);
size_t fovea_packing_n(const struct fovea_packing *packing);
enum fovea_element fovea_packing_element(const struct fovea_packing *packing);

/** Size of the packed matrix in bytes. */
size_t fovea_packing_size(const struct fovea_packing *packing);

/** The word for the kernel that is taken at the typical number of rows. */
const char *fovea_packing_implementation(const struct fovea_packing *packing);

/** Whether products with it keep a row's bits whatever rows stand beside it, by the
 *  way they are computed. */
bool fovea_packing_keeps_bits(const struct fovea_packing *packing);

/** Whether products with it read and write blocked rows (rows.h), too. */
bool fovea_packing_takes_blocked(const struct fovea_packing *packing);

/** A number that is the same for two packings only if a matrix packed with the
 *  one can be used with the other (in one version of the library). */
uint64_t fovea_packing_fingerprint(const struct fovea_packing *packing);

/**
 * Pack a matrix.
 *
 * @param weights  [n][row_stride] float32, row-major: as checkpoints store a
 *                 Linear; the first k columns are taken.
 * @param packed   fovea_packing_size() bytes, aligned to
 *                 FOVEA_OPERAND_ALIGNMENT.
 */
FOVEA_NODISCARD enum fovea_status fovea_packing_pack(
        const struct fovea_packing *packing, const float *weights,
        size_t row_stride, void *packed, struct fovea_error *err);

#endif
