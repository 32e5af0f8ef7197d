/* See batched.h. */
#include "engine/cpu/batched.h"

#include "base/error.h"
#include "engine/cpu/onednn_primitive.h"

struct fovea_batched {
    struct fovea_primitive *primitive;
};

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
        struct fovea_onednn_operands *operands_out)
{
    struct fovea_onednn_operands operands = { .bias = { 0 } };
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
fovea_batched_create(const struct fovea_batched_shape *shape,
        struct fovea_batched **batched_out, struct fovea_error *err)
{
    struct fovea_onednn_operands operands;
    dnnl_status_t described = describe_batched(shape, &operands);
    if (described) {
        return fovea_onednn_check(described, "describe a batched product", err);
    }
    struct fovea_batched *batched = calloc(1, sizeof *batched);
    if (!batched) {
        return fovea_fail_memory(err, sizeof *batched, "a matrix product");
    }
    enum fovea_status status = fovea_primitive_create(&operands,
            fovea_onednn_matmul, FOVEA_POST_NONE, &batched->primitive, err);
    if (status) {
        fovea_batched_destroy(batched);
        return status;
    }
    *batched_out = batched;
    return FOVEA_OK;
}

void
fovea_batched_destroy(struct fovea_batched *batched)
{
    if (batched) {
        fovea_primitive_destroy(batched->primitive);
        free(batched);
    }
}

size_t
fovea_batched_scratch_size(const struct fovea_batched *batched)
{
    return fovea_primitive_scratch_size(batched->primitive);
}

enum fovea_status
fovea_batched_run(struct fovea_batched *batched, const void *a, const void *b,
        void *c, void *scratch, struct fovea_error *err)
{
    const struct fovea_primitive_buffers buffers = { a, b, NULL, c, scratch };
    return fovea_primitive_run(batched->primitive, &buffers, err);
}
