/*
 * What the forms that are primitives of oneDNN share: all but how a primitive wants
 * its operands described.
 */
#ifndef FOVEA_ENGINE_CPU_ONEDNN_FORM_H
#define FOVEA_ENGINE_CPU_ONEDNN_FORM_H

#include "engine/cpu/form.h"
#include "engine/cpu/onednn.h"

/* A primitive that carries linear layers out. */
struct fovea_onednn_form {
    bool is_turned; /* weights are [k][n] to it, not [n][k] */
    int n_sides;    /* of weights; those behind the first two are 1 */
    dnnl_status_t (*rows)(dnnl_memory_desc_t *rows_out, size_t rows,
            size_t columns, enum fovea_element element);
    dnnl_status_t (*bias)(dnnl_memory_desc_t *bias_out, size_t n);
    fovea_onednn_describe *describe;
};

/** Dense rows as a matrix, and a bias as a vector, as most have them. */
dnnl_status_t fovea_onednn_rows(dnnl_memory_desc_t *rows_out, size_t rows,
        size_t columns, enum fovea_element element);
dnnl_status_t fovea_onednn_vector(dnnl_memory_desc_t *bias_out, size_t n);

/* As form.h says, of a form whose kind is a struct fovea_onednn_form. */
enum fovea_status fovea_onednn_lay_out(struct fovea_packing *packing,
        size_t rows, struct fovea_error *err);
void fovea_onednn_drop_layout(void *own);
enum fovea_status fovea_onednn_pack(const struct fovea_packing *packing,
        const float *weights, size_t row_stride, void *packed,
        struct fovea_error *err);
enum fovea_status fovea_onednn_prepare(const struct fovea_packing *packing,
        const struct fovea_linear_shape *shape, struct fovea_product *product,
        struct fovea_error *err);
enum fovea_status fovea_onednn_run(struct fovea_product *product,
        const struct fovea_operands *operands, struct fovea_error *err);
void fovea_onednn_drop(void *own);

/* Which form keeps bits depends on the sizes, the CPU and its caches. */
#define FOVEA_ONEDNN_FORM_OPS(form)                                         \
    {                                                                       \
        .keeps_bits = false, .takes_blocked = false, .kind = (form),        \
        .lay_out = fovea_onednn_lay_out,                                    \
        .drop_layout = fovea_onednn_drop_layout, .pack = fovea_onednn_pack, \
        .prepare = fovea_onednn_prepare, .run = fovea_onednn_run,           \
        .drop = fovea_onednn_drop                                           \
    }

#endif
