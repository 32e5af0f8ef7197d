/* Linear layers as inner products, which do not look at the number of rows when
   they cut a sum. */
#include "engine/cpu/onednn_form.h"

static dnnl_status_t
describe(const struct fovea_onednn_operands *operands,
        const_dnnl_primitive_attr_t attributes, dnnl_engine_t engine,
        dnnl_primitive_desc_t *description_out)
{
    dnnl_inner_product_desc_t operation;
    dnnl_status_t status = dnnl_inner_product_forward_desc_init(&operation,
            dnnl_forward_inference, &operands->src, &operands->weights,
            operands->bias.ndims ? &operands->bias : NULL, &operands->dst);
    return status ? status
                  : dnnl_primitive_desc_create(description_out, &operation,
                            attributes, engine, NULL);
}

static const struct fovea_onednn_form inner_product = {
    .is_turned = false,
    .n_sides = 2,
    .rows = fovea_onednn_rows,
    .bias = fovea_onednn_vector,
    .describe = describe,
};

const struct fovea_form_ops fovea_form_inner_product =
        FOVEA_ONEDNN_FORM_OPS(&inner_product);
