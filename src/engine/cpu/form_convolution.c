/* Linear layers as 1x1 convolutions: rows are pixels side by side, whose channels
   are the columns. */
#include "engine/cpu/onednn_form.h"

static dnnl_status_t
rows(dnnl_memory_desc_t *rows_out, size_t n_rows, size_t columns,
        enum fovea_element element)
{
    dnnl_dims_t sides = { 1, (dnnl_dim_t)columns, 1, (dnnl_dim_t)n_rows };
    return dnnl_memory_desc_init_by_tag(rows_out, 4, sides,
            fovea_onednn_type(element), dnnl_nhwc);
}

static dnnl_status_t
describe(const struct fovea_onednn_operands *operands,
        const_dnnl_primitive_attr_t attributes, dnnl_engine_t engine,
        dnnl_primitive_desc_t *description_out)
{
    const dnnl_dims_t stride = { 1, 1 };
    const dnnl_dims_t padding = { 0, 0 };
    dnnl_convolution_desc_t operation;
    dnnl_status_t status = dnnl_convolution_forward_desc_init(&operation,
            dnnl_forward_inference, dnnl_convolution_direct, &operands->src,
            &operands->weights, operands->bias.ndims ? &operands->bias : NULL,
            &operands->dst, stride, padding, padding);
    return status ? status
                  : dnnl_primitive_desc_create(description_out, &operation,
                            attributes, engine, NULL);
}

static const struct fovea_onednn_form convolution = {
    .is_turned = false,
    .n_sides = 4,
    .rows = rows,
    .bias = fovea_onednn_vector,
    .describe = describe,
};

const struct fovea_form_ops fovea_form_convolution =
        FOVEA_ONEDNN_FORM_OPS(&convolution);
