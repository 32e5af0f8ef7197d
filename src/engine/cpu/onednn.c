/*
 * See onednn.h. By the library's C API of version 2 (Debian 12). A move to version 3
 * is a matter of onednn*.c, form_*.c and machine.c: there memory
 * descriptors become opaque and primitive descriptors are created without operation
 * descriptors.
 */
#include "engine/cpu/onednn.h"

#include <string.h>

#include "base/error.h"

dnnl_status_t
fovea_onednn_engine(dnnl_engine_t *engine_out)
{
    return dnnl_engine_create(engine_out, dnnl_cpu, 0);
}

dnnl_data_type_t
fovea_onednn_type(enum fovea_element element)
{
    return element == FOVEA_ELEMENT_BF16 ? dnnl_bf16 : dnnl_f32;
}

enum fovea_status
fovea_onednn_check(dnnl_status_t status, const char *what,
        struct fovea_error *err)
{
    if (status == dnnl_success) {
        return FOVEA_OK;
    }
    if (status == dnnl_out_of_memory) {
        return fovea_fail(err, FOVEA_ERR_NO_MEMORY,
                "oneDNN is out of memory: %s", what);
    }
    return fovea_fail(err, FOVEA_ERR_INTERNAL, "oneDNN status %d: %s",
            (int)status, what);
}

void *
fovea_onednn_writable(const void *pointer)
{
    void *same;
    memcpy(&same, &pointer, sizeof same);
    return same;
}

dnnl_status_t
fovea_onednn_matrix(dnnl_memory_desc_t *matrix_out, size_t rows, size_t columns,
        enum fovea_element element, size_t row_stride, size_t column_stride)
{
    dnnl_dims_t sides = { (dnnl_dim_t)rows, (dnnl_dim_t)columns };
    dnnl_dims_t strides = { (dnnl_dim_t)row_stride, (dnnl_dim_t)column_stride };
    return dnnl_memory_desc_init_by_strides(matrix_out, 2, sides,
            fovea_onednn_type(element), strides);
}

static dnnl_status_t
add_post_op(dnnl_post_ops_t ops, enum fovea_post post)
{
    switch (post) {
    case FOVEA_POST_QUICK_GELU:
        return dnnl_post_ops_append_eltwise(ops, 1.0F, dnnl_eltwise_swish,
                1.702F, 0.0F);
    case FOVEA_POST_GELU:
        return dnnl_post_ops_append_eltwise(ops, 1.0F, dnnl_eltwise_gelu_erf,
                0.0F, 0.0F);
    case FOVEA_POST_GELU_TANH:
        return dnnl_post_ops_append_eltwise(ops, 1.0F, dnnl_eltwise_gelu_tanh,
                0.0F, 0.0F);
    case FOVEA_POST_ADD:
        return dnnl_post_ops_append_sum(ops, 1.0F);
    case FOVEA_POST_NONE:
    default:
        return dnnl_success;
    }
}

dnnl_status_t
fovea_onednn_attributes(enum fovea_post post,
        dnnl_primitive_attr_t *attributes_out)
{
    dnnl_primitive_attr_t attributes = NULL;
    dnnl_post_ops_t ops = NULL;
    dnnl_status_t status = dnnl_primitive_attr_create(&attributes);
    if (!status) {
        status = dnnl_primitive_attr_set_scratchpad_mode(attributes,
                dnnl_scratchpad_mode_user);
    }
    if (!status) {
        status = dnnl_post_ops_create(&ops);
    }
    if (!status) {
        status = add_post_op(ops, post);
    }
    if (!status) {
        status = dnnl_primitive_attr_set_post_ops(attributes, ops);
    }
    dnnl_post_ops_destroy(ops);
    if (status) {
        dnnl_primitive_attr_destroy(attributes);
        return status;
    }
    *attributes_out = attributes;
    return dnnl_success;
}

dnnl_status_t
fovea_onednn_matmul(const struct fovea_onednn_operands *operands,
        const_dnnl_primitive_attr_t attributes, dnnl_engine_t engine,
        dnnl_primitive_desc_t *description_out)
{
    dnnl_matmul_desc_t operation;
    dnnl_status_t status = dnnl_matmul_desc_init(&operation, &operands->src,
            &operands->weights, operands->bias.ndims ? &operands->bias : NULL,
            &operands->dst);
    return status ? status
                  : dnnl_primitive_desc_create(description_out, &operation,
                            attributes, engine, NULL);
}

dnnl_status_t
fovea_onednn_inner_product(const struct fovea_onednn_operands *operands,
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

static dnnl_status_t
reorder(dnnl_engine_t engine, const dnnl_memory_desc_t *from_layout,
        dnnl_memory_t from, const dnnl_memory_desc_t *to_layout,
        dnnl_memory_t to)
{
    dnnl_primitive_desc_t description = NULL;
    dnnl_primitive_t primitive = NULL;
    dnnl_stream_t stream = NULL;
    dnnl_status_t status = dnnl_reorder_primitive_desc_create(&description,
            from_layout, engine, to_layout, engine, NULL);
    if (!status) {
        status = dnnl_primitive_create(&primitive, description);
    }
    if (!status) {
        status = dnnl_stream_create(&stream, engine, dnnl_stream_default_flags);
    }
    if (!status) {
        dnnl_exec_arg_t arguments[] = {
            { DNNL_ARG_FROM, from },
            { DNNL_ARG_TO, to },
        };
        status = dnnl_primitive_execute(primitive, stream, 2, arguments);
    }
    dnnl_stream_destroy(stream);
    dnnl_primitive_destroy(primitive);
    dnnl_primitive_desc_destroy(description);
    return status;
}

dnnl_status_t
fovea_onednn_reorder(dnnl_engine_t engine,
        const dnnl_memory_desc_t *from_layout, const void *from,
        const dnnl_memory_desc_t *to_layout, void *to)
{
    dnnl_memory_t source = NULL;
    dnnl_memory_t copy = NULL;
    dnnl_status_t status = dnnl_memory_create(&source, from_layout, engine,
            fovea_onednn_writable(from));
    if (!status) {
        status = dnnl_memory_create(&copy, to_layout, engine, to);
    }
    if (!status) {
        status = reorder(engine, from_layout, source, to_layout, copy);
    }
    dnnl_memory_destroy(source);
    dnnl_memory_destroy(copy);
    return status;
}
