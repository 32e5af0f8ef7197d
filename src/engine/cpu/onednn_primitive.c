/*
 * See onednn_primitive.h.
 *
 * Every primitive takes its scratch from the caller, so that all of them share
 * one piece. Memory objects are made once a primitive; a run only points them
 * at the caller's buffers. The weights are an exception: pointing a memory
 * object of a padded layout at a buffer makes the library clear the padding,
 * that is, write; an object that is created over the buffer does not, so that
 * packed weights may lie in read-only memory.
 */
#include "engine/cpu/onednn_primitive.h"

#include <string.h>

#include "base/error.h"

struct fovea_primitive {
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
create_memories(struct fovea_primitive *primitive,
        const struct fovea_onednn_operands *operands,
        const dnnl_memory_desc_t *scratch)
{
    dnnl_engine_t engine = primitive->engine;
    dnnl_status_t status = dnnl_memory_create(&primitive->src, &operands->src,
            engine, DNNL_MEMORY_NONE);
    if (!status) {
        status = dnnl_memory_create(&primitive->dst, &operands->dst, engine,
                DNNL_MEMORY_NONE);
    }
    if (!status && operands->bias.ndims) {
        status = dnnl_memory_create(&primitive->bias, &operands->bias, engine,
                DNNL_MEMORY_NONE);
    }
    primitive->scratch_size = dnnl_memory_desc_get_size(scratch);
    if (!status && primitive->scratch_size > 0) {
        status = dnnl_memory_create(&primitive->scratch, scratch, engine,
                DNNL_MEMORY_NONE);
    }
    return status;
}

static dnnl_status_t
describe(const struct fovea_primitive *primitive,
        const struct fovea_onednn_operands *operands,
        fovea_onednn_describe *ask, enum fovea_post post,
        dnnl_primitive_desc_t *description_out)
{
    dnnl_primitive_attr_t attributes = NULL;
    dnnl_status_t status = fovea_onednn_attributes(post, &attributes);
    if (!status) {
        status = ask(operands, attributes, primitive->engine, description_out);
    }
    dnnl_primitive_attr_destroy(attributes);
    return status;
}

/* On failure it is half built; the caller finishes it. */
static dnnl_status_t
primitive_init(struct fovea_primitive *primitive,
        const struct fovea_onednn_operands *operands,
        fovea_onednn_describe *ask, enum fovea_post post)
{
    dnnl_status_t status = fovea_onednn_engine(&primitive->engine);
    if (status) {
        return status;
    }
    status = dnnl_stream_create(&primitive->stream, primitive->engine,
            dnnl_stream_default_flags);
    if (status) {
        return status;
    }
    dnnl_primitive_desc_t description = NULL;
    status = describe(primitive, operands, ask, post, &description);
    if (!status) {
        status = dnnl_primitive_create(&primitive->primitive, description);
    }
    const char *implementation = "";
    if (!status) {
        status = dnnl_primitive_desc_query(description,
                dnnl_query_impl_info_str, 0, &implementation);
    }
    if (!status) {
        primitive->is_reference = strncmp(implementation, "ref", 3) == 0;
        primitive->weights_layout = operands->weights;
        status = create_memories(primitive, operands,
                dnnl_primitive_desc_query_md(description,
                        dnnl_query_scratchpad_md, 0));
    }
    dnnl_primitive_desc_destroy(description);
    return status;
}

enum fovea_status
fovea_primitive_create(const struct fovea_onednn_operands *operands,
        fovea_onednn_describe *ask, enum fovea_post post,
        struct fovea_primitive **primitive_out, struct fovea_error *err)
{
    struct fovea_primitive *primitive = calloc(1, sizeof *primitive);
    if (!primitive) {
        return fovea_fail_memory(err, sizeof *primitive, "a matrix product");
    }
    dnnl_status_t status = primitive_init(primitive, operands, ask, post);
    if (status) {
        fovea_primitive_destroy(primitive);
        return fovea_onednn_check(status, "create a matrix product", err);
    }
    *primitive_out = primitive;
    return FOVEA_OK;
}

void
fovea_primitive_destroy(struct fovea_primitive *primitive)
{
    if (!primitive) {
        return;
    }
    dnnl_memory_destroy(primitive->src);
    dnnl_memory_destroy(primitive->bias);
    dnnl_memory_destroy(primitive->dst);
    dnnl_memory_destroy(primitive->scratch);
    dnnl_primitive_destroy(primitive->primitive);
    dnnl_stream_destroy(primitive->stream);
    dnnl_engine_destroy(primitive->engine);
    free(primitive);
}

bool
fovea_primitive_is_reference(const struct fovea_primitive *primitive)
{
    return primitive->is_reference;
}

size_t
fovea_primitive_scratch_size(const struct fovea_primitive *primitive)
{
    return primitive->scratch_size;
}

static dnnl_status_t
point_at(dnnl_memory_t memory, const void *buffer)
{
    return memory
            ? dnnl_memory_set_data_handle(memory, fovea_onednn_writable(buffer))
            : dnnl_success;
}

static dnnl_status_t
execute(struct fovea_primitive *primitive, dnnl_memory_t weights)
{
    dnnl_exec_arg_t arguments[5] = {
        { DNNL_ARG_SRC, primitive->src },
        { DNNL_ARG_WEIGHTS, weights },
        { DNNL_ARG_DST, primitive->dst },
    };
    int n = 3;
    if (primitive->bias) {
        arguments[n++] = (dnnl_exec_arg_t){ DNNL_ARG_BIAS, primitive->bias };
    }
    if (primitive->scratch) {
        arguments[n++] =
                (dnnl_exec_arg_t){ DNNL_ARG_SCRATCHPAD, primitive->scratch };
    }
    return dnnl_primitive_execute(primitive->primitive, primitive->stream, n,
            arguments);
}

enum fovea_status
fovea_primitive_run(struct fovea_primitive *primitive,
        const struct fovea_primitive_buffers *buffers, struct fovea_error *err)
{
    dnnl_memory_t weights = NULL;
    dnnl_status_t status =
            dnnl_memory_create(&weights, &primitive->weights_layout,
                    primitive->engine, fovea_onednn_writable(buffers->weights));
    if (!status) {
        status = point_at(primitive->src, buffers->src);
    }
    if (!status) {
        status = point_at(primitive->bias, buffers->bias);
    }
    if (!status) {
        status = point_at(primitive->dst, buffers->dst);
    }
    if (!status) {
        status = point_at(primitive->scratch, buffers->scratch);
    }
    if (!status) {
        status = execute(primitive, weights);
    }
    dnnl_memory_destroy(weights);
    return fovea_onednn_check(status, "run a matrix product", err);
}
