/*
 * oneDNN behind matmul.h, by its C API of version 2 (Debian 12). A move to
 * version 3 is a matter of this file: there memory descriptors become opaque
 * and primitive descriptors are created without operation descriptors.
 *
 * A linear layer is a matmul where oneDNN has batch-reduce kernels for it
 * (AVX-512 and later), else a 1x1 convolution over a row of pixels: its kernels
 * for older CPUs pack weights and sum every output in one order, which their
 * matmul, a classic GEMM, does not. On AVX2 that is also a quarter faster than
 * the GEMM on one image at a time, which the same bits would otherwise cost.
 *
 * Every primitive takes its scratch from the caller, so that all of them share
 * one piece. Memory objects are made once a primitive; a run only points them
 * at the caller's buffers. The weights are an exception: pointing a memory
 * object of a padded layout at a buffer makes the library clear the padding,
 * that is, write; an object that is created over the buffer does not, so that
 * packed weights may lie in read-only memory.
 */
#include "model/matmul.h"

#include <stdio.h>
#include <string.h>

#include <dnnl.h>

#include "base/error.h"
#include "model/checksum.h"

/* Two calls of the OpenMP API, declared here because <omp.h> is the compiler's
   and may stand for another runtime than the one that oneDNN was built with. */
int omp_get_max_threads(void);
void omp_set_num_threads(int n_threads);

/* A CPU engine of oneDNN is a small stateless description: each object has its
   own, so that none outlives another. */
static dnnl_status_t
create_engine(dnnl_engine_t *engine_out)
{
    return dnnl_engine_create(engine_out, dnnl_cpu, 0);
}

/* The primitive that carries a product out. */
enum form {
    FORM_MATMUL,
    FORM_CONVOLUTION,
};

struct fovea_packing {
    dnnl_engine_t engine;
    enum form form;
    dnnl_memory_desc_t layout;
    size_t k;
    size_t n;
    enum fovea_element element;
    bool row_invariant;
};

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
};

static dnnl_data_type_t
data_type(enum fovea_element element)
{
    return element == FOVEA_ELEMENT_BF16 ? dnnl_bf16 : dnnl_f32;
}

size_t
fovea_element_size(enum fovea_element element)
{
    return element == FOVEA_ELEMENT_BF16 ? 2 : 4;
}

void
fovea_matmul_engine(char *word, size_t size)
{
    const dnnl_version_t *version = dnnl_version();
    /* Of a release it is "N/A". */
    const char *source = strchr(version->hash, '/') ? "" : version->hash;
    (void)snprintf(word, size, "onednn-%d.%d.%d%.16s-isa-%x", version->major,
            version->minor, version->patch, source,
            (unsigned)dnnl_get_effective_cpu_isa());
}

bool
fovea_matmul_has_bf16(void)
{
    unsigned isa = dnnl_get_effective_cpu_isa();
    return (isa & dnnl_cpu_isa_avx512_core_bf16) ==
            dnnl_cpu_isa_avx512_core_bf16;
}

int
fovea_matmul_set_threads(int n_threads)
{
    int before = omp_get_max_threads();
    omp_set_num_threads(n_threads);
    return before;
}

static enum fovea_status
check(dnnl_status_t status, const char *what, struct fovea_error *err)
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

static dnnl_status_t
create_attributes(enum fovea_post post, dnnl_primitive_attr_t *attributes_out)
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

/* A product; bias is unused when its ndims is 0. */
struct operands {
    enum form form;
    dnnl_memory_desc_t src;
    dnnl_memory_desc_t weights;
    dnnl_memory_desc_t bias;
    dnnl_memory_desc_t dst;
};

static dnnl_status_t
describe_matmul(const struct operands *operands,
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

static dnnl_status_t
describe_convolution(const struct operands *operands,
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

static dnnl_status_t
describe_product(const struct operands *operands, enum fovea_post post,
        dnnl_engine_t engine, dnnl_primitive_desc_t *description_out)
{
    dnnl_primitive_attr_t attributes = NULL;
    dnnl_status_t status = create_attributes(post, &attributes);
    if (status) {
        return status;
    }
    status = operands->form == FORM_CONVOLUTION
            ? describe_convolution(operands, attributes, engine,
                      description_out)
            : describe_matmul(operands, attributes, engine, description_out);
    dnnl_primitive_attr_destroy(attributes);
    return status;
}

static dnnl_status_t
create_memories(struct fovea_product *product, const struct operands *operands,
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
product_init(struct fovea_product *product, const struct operands *operands,
        enum fovea_post post)
{
    dnnl_status_t status = create_engine(&product->engine);
    if (status) {
        return status;
    }
    status = dnnl_stream_create(&product->stream, product->engine,
            dnnl_stream_default_flags);
    if (status) {
        return status;
    }
    dnnl_primitive_desc_t description = NULL;
    status = describe_product(operands, post, product->engine, &description);
    if (!status) {
        status = dnnl_primitive_create(&product->primitive, description);
    }
    if (!status) {
        product->weights_layout = operands->weights;
        status = create_memories(product, operands,
                dnnl_primitive_desc_query_md(description,
                        dnnl_query_scratchpad_md, 0));
    }
    dnnl_primitive_desc_destroy(description);
    return status;
}

/* oneDNN takes every buffer as void *; it writes only dst and scratch. */
static void *
writable(const void *pointer)
{
    void *same;
    memcpy(&same, &pointer, sizeof same);
    return same;
}

static dnnl_status_t
point_at(dnnl_memory_t memory, const void *buffer)
{
    return memory ? dnnl_memory_set_data_handle(memory, writable(buffer))
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
    dnnl_status_t status = dnnl_memory_create(&weights_memory,
            &product->weights_layout, product->engine, writable(weights));
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
    return check(status, "run a matrix product", err);
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

static dnnl_status_t
describe_matrix(dnnl_memory_desc_t *matrix_out, size_t rows, size_t columns,
        enum fovea_element element, size_t row_stride, size_t column_stride)
{
    dnnl_dims_t sides = { (dnnl_dim_t)rows, (dnnl_dim_t)columns };
    dnnl_dims_t strides = { (dnnl_dim_t)row_stride, (dnnl_dim_t)column_stride };
    return dnnl_memory_desc_init_by_strides(matrix_out, 2, sides,
            data_type(element), strides);
}

/* Dense rows: a matrix, or pixels whose channels are the columns. */
static dnnl_status_t
describe_rows(dnnl_memory_desc_t *rows_out, enum form form, size_t rows,
        size_t columns, enum fovea_element element)
{
    if (form == FORM_MATMUL) {
        return describe_matrix(rows_out, rows, columns, element, columns, 1);
    }
    dnnl_dims_t sides = { 1, (dnnl_dim_t)columns, 1, (dnnl_dim_t)rows };
    return dnnl_memory_desc_init_by_tag(rows_out, 4, sides, data_type(element),
            dnnl_nhwc);
}

/* The weights in whatever layout the library likes best. */
static dnnl_status_t
describe_any_weights(dnnl_memory_desc_t *weights_out, enum form form, size_t k,
        size_t n, enum fovea_element element)
{
    dnnl_dims_t matrix = { (dnnl_dim_t)k, (dnnl_dim_t)n };
    dnnl_dims_t kernel = { (dnnl_dim_t)n, (dnnl_dim_t)k, 1, 1 };
    return form == FORM_MATMUL
            ? dnnl_memory_desc_init_by_tag(weights_out, 2, matrix,
                      data_type(element), dnnl_format_tag_any)
            : dnnl_memory_desc_init_by_tag(weights_out, 4, kernel,
                      data_type(element), dnnl_format_tag_any);
}

/* As checkpoints store them: [n][k]. */
static dnnl_status_t
describe_plain_weights(dnnl_memory_desc_t *weights_out, enum form form,
        size_t k, size_t n)
{
    if (form == FORM_MATMUL) {
        return describe_matrix(weights_out, k, n, FOVEA_ELEMENT_F32, 1, k);
    }
    dnnl_dims_t kernel = { (dnnl_dim_t)n, (dnnl_dim_t)k, 1, 1 };
    return dnnl_memory_desc_init_by_tag(weights_out, 4, kernel, dnnl_f32,
            dnnl_oihw);
}

/* Whether kernels of this name sum each output over k in one fixed order. */
static bool
is_row_invariant(const char *implementation)
{
    return strncmp(implementation, "brg", 3) == 0 ||
            strncmp(implementation, "jit_1x1", 7) == 0;
}

/* Ask the library what it would do in a form. */
static dnnl_status_t
try_form(struct fovea_packing *packing, enum form form, size_t rows)
{
    struct operands operands = { .form = form };
    dnnl_status_t status = describe_rows(&operands.src, form, rows, packing->k,
            packing->element);
    if (!status) {
        status = describe_any_weights(&operands.weights, form, packing->k,
                packing->n, packing->element);
    }
    if (!status) {
        status = describe_rows(&operands.dst, form, rows, packing->n,
                FOVEA_ELEMENT_F32);
    }
    dnnl_primitive_desc_t description = NULL;
    if (!status) {
        status = describe_product(&operands, FOVEA_POST_NONE, packing->engine,
                &description);
    }
    const char *implementation = "";
    if (!status) {
        packing->form = form;
        packing->layout = *dnnl_primitive_desc_query_md(description,
                dnnl_query_weights_md, 0);
        status = dnnl_primitive_desc_query(description,
                dnnl_query_impl_info_str, 0, &implementation);
    }
    packing->row_invariant = is_row_invariant(implementation);
    dnnl_primitive_desc_destroy(description);
    return status;
}

static dnnl_status_t
choose_layout(struct fovea_packing *packing, size_t rows)
{
    dnnl_status_t status = try_form(packing, FORM_MATMUL, rows);
    if (!status && packing->row_invariant) {
        return status;
    }
    status = try_form(packing, FORM_CONVOLUTION, rows);
    if (!status && packing->row_invariant) {
        return status;
    }
    return try_form(packing, FORM_MATMUL, rows);
}

enum fovea_status
fovea_packing_create(size_t rows, size_t k, size_t n,
        enum fovea_element element, struct fovea_packing **packing_out,
        struct fovea_error *err)
{
    struct fovea_packing *packing = calloc(1, sizeof *packing);
    if (!packing) {
        return fovea_fail_memory(err, sizeof *packing, "a weights layout");
    }
    packing->k = k;
    packing->n = n;
    packing->element = element;
    dnnl_status_t status = create_engine(&packing->engine);
    if (!status) {
        status = choose_layout(packing, rows);
    }
    if (status) {
        fovea_packing_destroy(packing);
        return check(status, "choose a weights layout", err);
    }
    *packing_out = packing;
    return FOVEA_OK;
}

void
fovea_packing_destroy(struct fovea_packing *packing)
{
    if (packing) {
        dnnl_engine_destroy(packing->engine);
        free(packing);
    }
}

size_t
fovea_packing_k(const struct fovea_packing *packing)
{
    return packing->k;
}

size_t
fovea_packing_n(const struct fovea_packing *packing)
{
    return packing->n;
}

size_t
fovea_packing_size(const struct fovea_packing *packing)
{
    return dnnl_memory_desc_get_size(&packing->layout);
}

uint64_t
fovea_packing_fingerprint(const struct fovea_packing *packing)
{
    /* The library clears what it does not use of a description. */
    return fovea_checksum(&packing->layout, sizeof packing->layout);
}

bool
fovea_packing_is_row_invariant(const struct fovea_packing *packing)
{
    return packing->row_invariant;
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

enum fovea_status
fovea_packing_pack(const struct fovea_packing *packing, const float *weights,
        void *packed, struct fovea_error *err)
{
    dnnl_engine_t engine = packing->engine;
    dnnl_memory_desc_t plain;
    dnnl_memory_t from = NULL;
    dnnl_memory_t to = NULL;
    dnnl_status_t status = describe_plain_weights(&plain, packing->form,
            packing->k, packing->n);
    if (!status) {
        status = dnnl_memory_create(&from, &plain, engine, writable(weights));
    }
    if (!status) {
        status = dnnl_memory_create(&to, &packing->layout, engine, packed);
    }
    if (!status) {
        status = reorder(engine, &plain, from, &packing->layout, to);
    }
    dnnl_memory_destroy(from);
    dnnl_memory_destroy(to);
    return check(status, "pack weights", err);
}

static dnnl_status_t
describe_bias(dnnl_memory_desc_t *bias_out, enum form form, size_t n)
{
    dnnl_dims_t sides = { (dnnl_dim_t)n };
    return form == FORM_MATMUL
            ? describe_matrix(bias_out, 1, n, FOVEA_ELEMENT_F32, n, 1)
            : dnnl_memory_desc_init_by_tag(bias_out, 1, sides, dnnl_f32,
                      dnnl_a);
}

static dnnl_status_t
describe_linear(const struct fovea_packing *packing,
        const struct fovea_linear_shape *shape, struct operands *operands_out)
{
    enum form form = packing->form;
    struct operands operands = { .form = form, .weights = packing->layout };
    dnnl_status_t status = describe_rows(&operands.src, form, shape->rows,
            packing->k, packing->element);
    if (!status) {
        status = describe_rows(&operands.dst, form, shape->rows, packing->n,
                shape->dst_element);
    }
    if (!status && shape->has_bias) {
        status = describe_bias(&operands.bias, form, packing->n);
    }
    *operands_out = operands;
    return status;
}

static enum fovea_status
create_product(const struct operands *operands, enum fovea_post post,
        struct fovea_product **product_out, struct fovea_error *err)
{
    struct fovea_product *product = calloc(1, sizeof *product);
    if (!product) {
        return fovea_fail_memory(err, sizeof *product, "a matrix product");
    }
    dnnl_status_t status = product_init(product, operands, post);
    if (status) {
        fovea_product_destroy(product);
        return check(status, "create a matrix product", err);
    }
    *product_out = product;
    return FOVEA_OK;
}

enum fovea_status
fovea_product_create_linear(const struct fovea_packing *packing,
        const struct fovea_linear_shape *shape,
        struct fovea_product **product_out, struct fovea_error *err)
{
    struct operands operands;
    dnnl_status_t status = describe_linear(packing, shape, &operands);
    if (status) {
        return check(status, "describe a linear layer", err);
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
    return dnnl_memory_desc_init_by_strides(out, 3, sides, data_type(element),
            strides);
}

static dnnl_status_t
describe_batched(const struct fovea_batched_shape *shape,
        struct operands *operands_out)
{
    struct operands operands = { 0 };
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
    struct operands operands;
    dnnl_status_t status = describe_batched(shape, &operands);
    if (status) {
        return check(status, "describe a batched product", err);
    }
    return create_product(&operands, FOVEA_POST_NONE, product_out, err);
}
