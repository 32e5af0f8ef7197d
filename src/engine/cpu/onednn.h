/*
 * What our uses of oneDNN's C API share: engines, descriptions of memory, what is
 * fused into a product.
 */
#ifndef FOVEA_ENGINE_CPU_ONEDNN_H
#define FOVEA_ENGINE_CPU_ONEDNN_H

#include <dnnl.h>

#include "fovea/export.h"
#include "fovea/status.h"

#include "engine/cpu/element.h"

/* A product as the library is asked for it; bias is unused when its ndims is 0. */
struct fovea_onednn_operands {
    dnnl_memory_desc_t src;
    dnnl_memory_desc_t weights;
    dnnl_memory_desc_t bias;
    dnnl_memory_desc_t dst;
};

/* Asks the library what it would do. */
typedef dnnl_status_t fovea_onednn_describe(
        const struct fovea_onednn_operands *operands,
        const_dnnl_primitive_attr_t attributes, dnnl_engine_t engine,
        dnnl_primitive_desc_t *description_out);

/** A CPU engine is a small stateless description: each object has its own, so
 *  that none outlives another. */
dnnl_status_t fovea_onednn_engine(dnnl_engine_t *engine_out);

/** Our status for the library's; `what` is what was tried. */
FOVEA_NODISCARD enum fovea_status fovea_onednn_check(dnnl_status_t status,
        const char *what, struct fovea_error *err);

/** It takes every buffer as void *; it writes only dst and scratch. */
void *fovea_onednn_writable(const void *pointer);

dnnl_data_type_t fovea_onednn_type(enum fovea_element element);

dnnl_status_t fovea_onednn_matrix(dnnl_memory_desc_t *matrix_out, size_t rows,
        size_t columns, enum fovea_element element, size_t row_stride,
        size_t column_stride);

/** What is fused, and that scratch is the caller's. */
dnnl_status_t fovea_onednn_attributes(enum fovea_post post,
        dnnl_primitive_attr_t *attributes_out);

/** A product of two matrices, or of as many as a batch has. */
fovea_onednn_describe fovea_onednn_matmul;

/** A product with weights [n][k]. */
fovea_onednn_describe fovea_onednn_inner_product;

/** Copy a matrix into another layout. */
dnnl_status_t fovea_onednn_reorder(dnnl_engine_t engine,
        const dnnl_memory_desc_t *from_layout, const void *from,
        const dnnl_memory_desc_t *to_layout, void *to);

#endif
