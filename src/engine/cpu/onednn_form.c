/* See onednn_form.h. */
#include "engine/cpu/onednn_form.h"

#include "base/error.h"
#include "engine/cpu/onednn_layout.h"
#include "engine/cpu/onednn_primitive.h"

static const struct fovea_onednn_form *
form_of(const struct fovea_packing *packing)
{
    return packing->ops->kind;
}

dnnl_status_t
fovea_onednn_rows(dnnl_memory_desc_t *rows_out, size_t rows, size_t columns,
        enum fovea_element element)
{
    return fovea_onednn_matrix(rows_out, rows, columns, element, columns, 1);
}

dnnl_status_t
fovea_onednn_vector(dnnl_memory_desc_t *bias_out, size_t n)
{
    dnnl_dims_t sides = { (dnnl_dim_t)n };
    return dnnl_memory_desc_init_by_tag(bias_out, 1, sides, dnnl_f32, dnnl_a);
}

/* The sides of a matrix of weights as a form has them. */
static void
sides_of(const struct fovea_packing *packing, dnnl_dims_t sides_out)
{
    const bool is_turned = form_of(packing)->is_turned;
    const dnnl_dim_t across = (dnnl_dim_t)packing->k;
    const dnnl_dim_t down = (dnnl_dim_t)packing->n;
    sides_out[0] = is_turned ? across : down;
    sides_out[1] = is_turned ? down : across;
    sides_out[2] = 1;
    sides_out[3] = 1;
}

/* Of plain weights [n][row_stride], of which k columns count. */
static dnnl_status_t
describe_plain_weights(const struct fovea_packing *packing, size_t row_stride,
        dnnl_memory_desc_t *weights_out)
{
    const dnnl_dim_t stride = (dnnl_dim_t)row_stride;
    const struct fovea_onednn_form *form = form_of(packing);
    dnnl_dims_t strides = { form->is_turned ? 1 : stride,
        form->is_turned ? stride : 1, 1, 1 };
    dnnl_dims_t sides;
    sides_of(packing, sides);
    return dnnl_memory_desc_init_by_strides(weights_out, form->n_sides, sides,
            dnnl_f32, strides);
}

/* A plain product that leaves the layout to the library. */
static dnnl_status_t
describe_plain(const struct fovea_packing *packing, size_t rows,
        struct fovea_onednn_operands *operands_out)
{
    const struct fovea_onednn_form *form = form_of(packing);
    struct fovea_onednn_operands operands = { .bias = { 0 } };
    dnnl_dims_t sides;
    sides_of(packing, sides);
    dnnl_status_t status =
            form->rows(&operands.src, rows, packing->k, packing->element);
    if (!status) {
        status = dnnl_memory_desc_init_by_tag(&operands.weights, form->n_sides,
                sides, fovea_onednn_type(packing->element),
                dnnl_format_tag_any);
    }
    if (!status) {
        status = form->rows(&operands.dst, rows, packing->n, FOVEA_ELEMENT_F32);
    }
    *operands_out = operands;
    return status;
}

enum fovea_status
fovea_onednn_lay_out(struct fovea_packing *packing, size_t rows,
        struct fovea_error *err)
{
    if (packing->element == FOVEA_ELEMENT_U8) {
        return fovea_fail(err, FOVEA_ERR_INTERNAL,
                "a linear layer of 8 bits is of another form");
    }
    struct fovea_onednn_layout *layout = calloc(1, sizeof *layout);
    if (!layout) {
        return fovea_fail_memory(err, sizeof *layout, "a weights layout");
    }
    packing->own = layout;
    struct fovea_onednn_operands operands;
    dnnl_status_t status = describe_plain(packing, rows, &operands);
    if (!status) {
        status = fovea_onednn_layout_choose(&operands,
                form_of(packing)->describe, packing, layout);
    }
    return fovea_onednn_check(status, "choose a weights layout", err);
}

void
fovea_onednn_drop_layout(void *own)
{
    struct fovea_onednn_layout *layout = own;
    if (layout) {
        fovea_onednn_layout_finish(layout);
        free(layout);
    }
}

enum fovea_status
fovea_onednn_pack(const struct fovea_packing *packing, const float *weights,
        size_t row_stride, void *packed, struct fovea_error *err)
{
    const struct fovea_onednn_layout *layout = packing->own;
    dnnl_memory_desc_t plain;
    dnnl_status_t status = describe_plain_weights(packing, row_stride, &plain);
    if (!status) {
        status = fovea_onednn_reorder(layout->engine, &plain, weights,
                &layout->weights, packed);
    }
    return fovea_onednn_check(status, "pack weights", err);
}

static dnnl_status_t
describe_linear(const struct fovea_packing *packing,
        const struct fovea_linear_shape *shape,
        struct fovea_onednn_operands *operands_out)
{
    const struct fovea_onednn_form *form = form_of(packing);
    const struct fovea_onednn_layout *layout = packing->own;
    struct fovea_onednn_operands operands = { .weights = layout->weights };
    dnnl_status_t status = form->rows(&operands.src, shape->rows, packing->k,
            packing->element);
    if (!status) {
        status = form->rows(&operands.dst, shape->rows, packing->n,
                shape->dst_element);
    }
    if (!status && shape->has_bias) {
        status = form->bias(&operands.bias, packing->n);
    }
    *operands_out = operands;
    return status;
}

enum fovea_status
fovea_onednn_prepare(const struct fovea_packing *packing,
        const struct fovea_linear_shape *shape, struct fovea_product *product,
        struct fovea_error *err)
{
    struct fovea_onednn_operands operands;
    struct fovea_primitive *primitive = NULL;
    dnnl_status_t described = describe_linear(packing, shape, &operands);
    if (described) {
        return fovea_onednn_check(described, "describe a linear layer", err);
    }
    enum fovea_status status = fovea_primitive_create(&operands,
            form_of(packing)->describe, shape->post, &primitive, err);
    if (!status) {
        product->own = primitive;
        product->scratch_size = fovea_primitive_scratch_size(primitive);
        product->is_reference = fovea_primitive_is_reference(primitive);
    }
    return status;
}

enum fovea_status
fovea_onednn_run(struct fovea_product *product,
        const struct fovea_operands *operands, struct fovea_error *err)
{
    FOVEA_ASSERT(fovea_rows_are_dense(operands->src, product->k) &&
            fovea_rows_are_dense(operands->dst, product->n));
    const struct fovea_primitive_buffers buffers = { operands->src->base,
        operands->weights, operands->bias, operands->dst->base,
        operands->scratch };
    return fovea_primitive_run(product->own, &buffers, err);
}

void
fovea_onednn_drop(void *own)
{
    fovea_primitive_destroy(own);
}
