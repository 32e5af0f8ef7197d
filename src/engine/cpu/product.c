/*
 * See product.h.
 *
 * Every primitive takes its scratch from the caller, so that all of them share
 * one piece. Memory objects are made once a primitive; a run only points them
 * at the caller's buffers. The weights are an exception: pointing a memory
 * object of a padded layout at a buffer makes the library clear the padding,
 * that is, write; an object that is created over the buffer does not, so that
 * packed weights may lie in read-only memory.
 */
#include "engine/cpu/product.h"

#include <string.h>

#include "base/error.h"
#include "engine/cpu/onednn.h"

struct fovea_product {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_primitive_t primitive;
    dnnl_memory_desc_t weights_layout;
    dnnl_memory_t src;
    dnnl_memory_t bias;
    dnnl_memory_t dst;
    dnnl_memory_t scratch;
    size_t scratch_size;
    bool is_reference;
};

static dnnl_status_t
create_memories(struct fovea_product *product,
        const struct fovea_operands *operands,
        const dnnl_memory_desc_t *scratch)
{
    dnnl_engine_t engine = product->engine;
    dnnl_status_t status = dnnl_memory_create(&product->src, &operands->src,
            engine, DNNL_MEMORY_NONE);
    if (!status) {
        status = dnnl_memory_create(&product->dst, &operands->dst, engine,
                DNNL_MEMORY_NONE);
    }
    if (!status && operands->bias.ndims) {
        status = dnnl_memory_create(&product->bias, &operands->bias, engine,
                DNNL_MEMORY_NONE);
    }
    product->scratch_size = dnnl_memory_desc_get_size(scratch);
    if (!status && product->scratch_size > 0) {
        status = dnnl_memory_create(&product->scratch, scratch, engine,
                DNNL_MEMORY_NONE);
    }
    return status;
}

/* On failure the product is half built; the caller finishes it. */
static dnnl_status_t
product_init(struct fovea_product *product,
        const struct fovea_operands *operands, enum fovea_post post)
{
    dnnl_status_t status = fovea_onednn_engine(&product->engine);
    if (status) {
        return status;
    }
    status = dnnl_stream_create(&product->stream, product->engine,
            dnnl_stream_default_flags);
    if (status) {
        return status;
    }
    dnnl_primitive_desc_t description = NULL;
    status = fovea_onednn_describe(operands, post, product->engine,
            &description);
    if (!status) {
        status = dnnl_primitive_create(&product->primitive, description);
    }
    const char *implementation = "";
    if (!status) {
        status = dnnl_primitive_desc_query(description,
                dnnl_query_impl_info_str, 0, &implementation);
    }
    if (!status) {
        product->is_reference = strncmp(implementation, "ref", 3) == 0;
        product->weights_layout = operands->weights;
        status = create_memories(product, operands,
                dnnl_primitive_desc_query_md(description,
                        dnnl_query_scratchpad_md, 0));
    }
    dnnl_primitive_desc_destroy(description);
    return status;
}

static dnnl_status_t
point_at(dnnl_memory_t memory, const void *buffer)
{
    return memory
            ? dnnl_memory_set_data_handle(memory, fovea_onednn_writable(buffer))
            : dnnl_success;
}

static dnnl_status_t
execute(struct fovea_product *product, dnnl_memory_t weights)
{
    dnnl_exec_arg_t arguments[5] = {
        { DNNL_ARG_SRC, product->src },
        { DNNL_ARG_WEIGHTS, weights },
        { DNNL_ARG_DST, product->dst },
    };
    int n = 3;
    if (product->bias) {
        arguments[n++] = (dnnl_exec_arg_t){ DNNL_ARG_BIAS, product->bias };
    }
    if (product->scratch) {
        arguments[n++] =
                (dnnl_exec_arg_t){ DNNL_ARG_SCRATCHPAD, product->scratch };
    }
    return dnnl_primitive_execute(product->primitive, product->stream, n,
            arguments);
}

enum fovea_status
fovea_product_run(struct fovea_product *product, const void *src,
        const void *weights, const float *bias, void *dst, void *scratch,
        struct fovea_error *err)
{
    dnnl_memory_t weights_memory = NULL;
    dnnl_status_t status =
            dnnl_memory_create(&weights_memory, &product->weights_layout,
                    product->engine, fovea_onednn_writable(weights));
    if (!status) {
        status = point_at(product->src, src);
    }
    if (!status) {
        status = point_at(product->bias, bias);
    }
    if (!status) {
        status = point_at(product->dst, dst);
    }
    if (!status) {
        status = point_at(product->scratch, scratch);
    }
    if (!status) {
        status = execute(product, weights_memory);
    }
    dnnl_memory_destroy(weights_memory);
    return fovea_onednn_check(status, "run a matrix product", err);
}

void
fovea_product_destroy(struct fovea_product *product)
{
    if (!product) {
        return;
    }
    dnnl_memory_destroy(product->src);
    dnnl_memory_destroy(product->bias);
    dnnl_memory_destroy(product->dst);
    dnnl_memory_destroy(product->scratch);
    dnnl_primitive_destroy(product->primitive);
    dnnl_stream_destroy(product->stream);
    dnnl_engine_destroy(product->engine);
    free(product);
}

size_t
fovea_product_scratch_size(const struct fovea_product *product)
{
    return product->scratch_size;
}

bool
fovea_product_is_reference(const struct fovea_product *product)
{
    return product->is_reference;
}

static dnnl_status_t
describe_bias(dnnl_memory_desc_t *bias_out, enum fovea_form form, size_t n)
{
    dnnl_dims_t sides = { (dnnl_dim_t)n };
    return form == FOVEA_FORM_MATMUL
            ? fovea_onednn_matrix(bias_out, 1, n, FOVEA_ELEMENT_F32, n, 1)
            : dnnl_memory_desc_init_by_tag(bias_out, 1, sides, dnnl_f32,
                      dnnl_a);
}

static dnnl_status_t
describe_linear(const struct fovea_packing *packing,
        const struct fovea_linear_shape *shape,
        struct fovea_operands *operands_out)
{
    enum fovea_form form = packing->form;
    struct fovea_operands operands = { .form = form,
        .weights = packing->layout };
    dnnl_status_t status = fovea_onednn_rows(&operands.src, form, shape->rows,
            packing->k, packing->element);
    if (!status) {
        status = fovea_onednn_rows(&operands.dst, form, shape->rows, packing->n,
                shape->dst_element);
    }
    if (!status && shape->has_bias) {
        status = describe_bias(&operands.bias, form, packing->n);
    }
    *operands_out = operands;
    return status;
}

static enum fovea_status
create_product(const struct fovea_operands *operands, enum fovea_post post,
        struct fovea_product **product_out, struct fovea_error *err)
{
    struct fovea_product *product = calloc(1, sizeof *product);
    if (!product) {
        return fovea_fail_memory(err, sizeof *product, "a matrix product");
    }
    dnnl_status_t status = product_init(product, operands, post);
    if (status) {
        fovea_product_destroy(product);
        return fovea_onednn_check(status, "create a matrix product", err);
    }
    *product_out = product;
    return FOVEA_OK;
}

enum fovea_status
fovea_product_create_linear(const struct fovea_packing *packing,
        const struct fovea_linear_shape *shape,
        struct fovea_product **product_out, struct fovea_error *err)
{
    struct fovea_operands operands;
    dnnl_status_t status = describe_linear(packing, shape, &operands);
    if (status) {
        return fovea_onednn_check(status, "describe a linear layer", err);
    }
    return create_product(&operands, shape->post, product_out, err);
}

static dnnl_status_t
describe_view(dnnl_memory_desc_t *out, size_t batch, size_t rows,
        size_t columns, enum fovea_element element,
        const struct fovea_view *view)
{
    dnnl_dims_t sides = { (dnnl_dim_t)batch, (dnnl_dim_t)rows,
        (dnnl_dim_t)columns };
    dnnl_dims_t strides = { (dnnl_dim_t)view->batch_stride,
        (dnnl_dim_t)view->row_stride, (dnnl_dim_t)view->column_stride };
    return dnnl_memory_desc_init_by_strides(out, 3, sides,
            fovea_onednn_type(element), strides);
}

static dnnl_status_t
describe_batched(const struct fovea_batched_shape *shape,
        struct fovea_operands *operands_out)
{
    struct fovea_operands operands = { 0 };
    dnnl_status_t status = describe_view(&operands.src, shape->batch, shape->m,
            shape->k, shape->source_element, &shape->a);
    if (!status) {
        status = describe_view(&operands.weights, shape->batch, shape->k,
                shape->n, shape->source_element, &shape->b);
    }
    if (!status) {
        status = describe_view(&operands.dst, shape->batch, shape->m, shape->n,
                shape->c_element, &shape->c);
    }
    *operands_out = operands;
    return status;
}

enum fovea_status
fovea_product_create_batched(const struct fovea_batched_shape *shape,
        struct fovea_product **product_out, struct fovea_error *err)
{
    struct fovea_operands operands;
    dnnl_status_t status = describe_batched(shape, &operands);
    if (status) {
        return fovea_onednn_check(status, "describe a batched product", err);
    }
    return create_product(&operands, FOVEA_POST_NONE, product_out, err);
}
