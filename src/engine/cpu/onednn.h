/*
 * What products (product.c) and layouts of weights (packing.c) share of oneDNN's
 * C API.
 */
#ifndef FOVEA_ENGINE_CPU_ONEDNN_H
#define FOVEA_ENGINE_CPU_ONEDNN_H

#include <dnnl.h>

#include "fovea/export.h"
#include "fovea/status.h"

#include "engine/cpu/element.h"

struct fovea_packing {
    dnnl_engine_t engine;
    dnnl_memory_desc_t layout;
    enum fovea_form form;
    size_t k;
    size_t n;
    enum fovea_element element;
    char implementation[32]; /* the library's word, cut */
};

/* A product; bias is unused when its ndims is 0. */
struct fovea_operands {
    enum fovea_form form;
    dnnl_memory_desc_t src;
    dnnl_memory_desc_t weights;
    dnnl_memory_desc_t bias;
    dnnl_memory_desc_t dst;
};

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

/** Dense rows: a matrix, or pixels whose channels are the columns. */
dnnl_status_t fovea_onednn_rows(dnnl_memory_desc_t *rows_out,
        enum fovea_form form, size_t rows, size_t columns,
        enum fovea_element element);

/** Ask the library what it would do. */
dnnl_status_t fovea_onednn_describe(const struct fovea_operands *operands,
        enum fovea_post post, dnnl_engine_t engine,
        dnnl_primitive_desc_t *description_out);

#endif
