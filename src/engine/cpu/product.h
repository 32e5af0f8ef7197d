/*
 * Matrix products on oneDNN: what is behind this, packing.h and machine.h
 * (product.c, packing.c, machine.c, onednn.c) is the one place that knows the
 * library.
 *
 * Two kinds are all that a transformer needs:
 *   linear    dst = post(src * weights + bias), weights packed;
 *   batched   many small products of strided views, for attention.
 *
 * Everything here is meant to run in the calling thread alone: a thread that
 * creates or runs anything calls fovea_machine_set_threads(1) before.
 */
#ifndef FOVEA_ENGINE_CPU_PRODUCT_H
#define FOVEA_ENGINE_CPU_PRODUCT_H

#include <stdbool.h>

#include "engine/cpu/packing.h"

struct fovea_product;

/** A linear layer for a fixed number of rows; rows are dense. */
struct fovea_linear_shape {
    size_t rows;
    enum fovea_element dst_element;
    enum fovea_post post;
    bool has_bias;
};

FOVEA_NODISCARD enum fovea_status fovea_product_create_linear(
        const struct fovea_packing *packing,
        const struct fovea_linear_shape *shape,
        struct fovea_product **product_out, struct fovea_error *err);

/** A strided matrix per batch item: batch, row and column stride (elements). */
struct fovea_view {
    size_t batch_stride;
    size_t row_stride;
    size_t column_stride;
};

/** c[i] = a[i] * b[i], i < batch; a: [m][k], b: [k][n], c: [m][n]. */
struct fovea_batched_shape {
    size_t batch;
    size_t m;
    size_t k;
    size_t n;
    struct fovea_view a;
    struct fovea_view b;
    struct fovea_view c;
    enum fovea_element source_element; /* of a and b */
    enum fovea_element c_element;
};

FOVEA_NODISCARD enum fovea_status fovea_product_create_batched(
        const struct fovea_batched_shape *shape,
        struct fovea_product **product_out, struct fovea_error *err);

void fovea_product_destroy(struct fovea_product *product);

/** Whether the library has only its slow reference code for it. */
bool fovea_product_is_reference(const struct fovea_product *product);

/** Bytes of scratch that a run needs. */
size_t fovea_product_scratch_size(const struct fovea_product *product);

/**
 * Run a product.
 *
 * @param src      [rows][k] or a.
 * @param weights  Packed, or b; only read, may be in read-only memory.
 * @param bias     [n] float32, or NULL without has_bias.
 * @param dst      [rows][n] or c; must not overlap the others.
 * @param scratch  fovea_product_scratch_size() bytes, aligned to
 *                 FOVEA_OPERAND_ALIGNMENT.
 * Threads: one at a time on one product.
 */
FOVEA_NODISCARD enum fovea_status fovea_product_run(
        struct fovea_product *product, const void *src, const void *weights,
        const float *bias, void *dst, void *scratch, struct fovea_error *err);

#endif
