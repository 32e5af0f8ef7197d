/*
 * A form: a way to carry out linear layers, with a layout of packed weights of its
 * own. packing.h and product.h are the doors to all of them; what stands behind is
 * a table of functions, a file and a row of forms.def each.
 */
#ifndef FOVEA_ENGINE_CPU_FORM_H
#define FOVEA_ENGINE_CPU_FORM_H

#include "fovea/export.h"
#include "fovea/status.h"

#include "engine/cpu/operands.h"

/* What every form has. */
struct fovea_packing {
    const struct fovea_form_ops *ops;
    size_t k;
    size_t n;
    enum fovea_element element;
    /* Written by lay_out(). */
    size_t size; /* of a packed matrix, in bytes */
    uint64_t fingerprint;
    char implementation[32]; /* cut */
    void *own;               /* of the form; NULL: nothing */
};

struct fovea_product {
    const struct fovea_form_ops *ops;
    /* Of rows that it reads and writes. */
    size_t k;
    size_t n;
    enum fovea_element element;
    enum fovea_element dst_element;
    /* Written by prepare(). */
    size_t scratch_size;
    bool is_reference; /* slow, for want of better code */
    void *own;
};

/* On failure nothing has to be undone by whoever asked, but dropping what `own` is
   by then. FOVEA_ERR_INTERNAL of lay_out() and prepare(): there is no such product. */
struct fovea_form_ops {
    /* Whether a row has the same bits whatever rows stand beside it, by the way it
       is computed. Other forms are looked at while weights are packed (probe.h). */
    bool keeps_bits;
    bool takes_blocked; /* rows, beside dense ones */
    const void *kind;   /* of forms that share their functions; else NULL */

    /* Choose the layout of a matrix, for a typical number of rows. */
    enum fovea_status (*lay_out)(struct fovea_packing *packing, size_t rows,
            struct fovea_error *err);
    void (*drop_layout)(void *own);

    /* As fovea_packing_pack(). */
    enum fovea_status (*pack)(const struct fovea_packing *packing,
            const float *weights, size_t row_stride, void *packed,
            struct fovea_error *err);

    /* Everything that a run will need. */
    enum fovea_status (*prepare)(const struct fovea_packing *packing,
            const struct fovea_linear_shape *shape,
            struct fovea_product *product, struct fovea_error *err);
    /* As fovea_product_run(). */
    enum fovea_status (*run)(struct fovea_product *product,
            const struct fovea_operands *operands, struct fovea_error *err);
    void (*drop)(void *own);
};

#define X(NAME, name) extern const struct fovea_form_ops fovea_form_##name;
#include "engine/cpu/forms.def"
#undef X

const struct fovea_form_ops *fovea_form_ops(enum fovea_form form);

#endif
