/*
 * Linear layers of 8-bit operands, where the CPU has dot products of bytes (AVX-512
 * VNNI, AVX-VNNI): the library makes int32 sums of a block of rows, and our epilogue
 * makes of them what is wanted while they are in the cache. Such sums are exact in any
 * order, so that a row's bits do not depend on the rows beside it, nor on the CPU.
 *
 * Older CPUs' instructions for bytes saturate pairs of products: not for this.
 *
 * A packed matrix is the weights in the library's layout, then a scale and an offset of
 * every output channel (int8_kernels.h).
 */
#include "base/error.h"
#include "base/size.h"
#include "engine/cpu/form.h"
#include "engine/cpu/int8_kernels.h"
#include "engine/cpu/int8_weights.h"
#include "engine/cpu/kernels.h"
#include "engine/cpu/machine.h"
#include "engine/cpu/onednn_layout.h"
#include "engine/cpu/onednn_primitive.h"

enum {
    /* Of a block's sums: half of a second-level cache. */
    SUMS_BYTES = 512 * 1024,
};

/* What a packing owns. */
struct layout {
    struct fovea_onednn_layout library;
    size_t scales; /* where they begin in a packed matrix, in bytes */
    size_t offsets;
};

/* What a product owns. */
struct vnni {
    struct fovea_primitive *block; /* of block_rows */
    struct fovea_primitive *rest;  /* of what is left; NULL: nothing */
    size_t n_rows;
    size_t block_rows;
    size_t n;
    enum fovea_post post;
    size_t scales;
    size_t offsets;
    size_t sums; /* where they begin in scratch, in bytes */
    size_t line;
    float *zeros; /* [n], in the place of a bias; NULL: it has one */
};

/* Sources, weights and sums, of so many rows. */
static dnnl_status_t
describe_operands(const struct fovea_packing *packing, size_t rows,
        const dnnl_memory_desc_t *weights,
        struct fovea_onednn_operands *operands_out)
{
    const dnnl_dims_t src = { (dnnl_dim_t)rows, (dnnl_dim_t)packing->k };
    const dnnl_dims_t dst = { (dnnl_dim_t)rows, (dnnl_dim_t)packing->n };
    const dnnl_dims_t sides = { (dnnl_dim_t)packing->n,
        (dnnl_dim_t)packing->k };
    struct fovea_onednn_operands operands = { .bias = { .ndims = 0 } };
    dnnl_status_t status = dnnl_memory_desc_init_by_tag(&operands.src, 2, src,
            dnnl_u8, dnnl_ab);
    if (!status) {
        status = dnnl_memory_desc_init_by_tag(&operands.dst, 2, dst, dnnl_s32,
                dnnl_ab);
    }
    if (weights) {
        operands.weights = *weights;
    } else if (!status) {
        status = dnnl_memory_desc_init_by_tag(&operands.weights, 2, sides,
                dnnl_s8, dnnl_format_tag_any);
    }
    *operands_out = operands;
    return status;
}

static enum fovea_status
lay_out(struct fovea_packing *packing, size_t rows, struct fovea_error *err)
{
    if (packing->element != FOVEA_ELEMENT_U8 || !fovea_machine_has_vnni()) {
        return fovea_fail(err, FOVEA_ERR_INTERNAL,
                "no dot products of bytes for a linear layer");
    }
    struct layout *layout = calloc(1, sizeof *layout);
    if (!layout) {
        return fovea_fail_memory(err, sizeof *layout, "a weights layout");
    }
    packing->own = layout;
    struct fovea_onednn_operands operands;
    dnnl_status_t status = describe_operands(packing, rows, NULL, &operands);
    if (!status) {
        status = fovea_onednn_layout_choose(&operands,
                fovea_onednn_inner_product, packing, &layout->library);
    }
    if (status) {
        return fovea_onednn_check(status, "choose a weights layout", err);
    }
    size_t size = 0;
    (void)fovea_operand_claim(&size, packing->size);
    layout->scales = fovea_operand_claim(&size, packing->n * sizeof(float));
    layout->offsets = fovea_operand_claim(&size, packing->n * sizeof(int32_t));
    packing->size = size;
    return FOVEA_OK;
}

static void
drop_layout(void *own)
{
    struct layout *layout = own;
    if (layout) {
        fovea_onednn_layout_finish(&layout->library);
        free(layout);
    }
}

static dnnl_status_t
reorder(const struct fovea_packing *packing, const int8_t *plain, void *packed)
{
    const struct layout *layout = packing->own;
    const dnnl_dims_t sides = { (dnnl_dim_t)packing->n,
        (dnnl_dim_t)packing->k };
    dnnl_memory_desc_t from;
    dnnl_status_t status =
            dnnl_memory_desc_init_by_tag(&from, 2, sides, dnnl_s8, dnnl_ab);
    return status ? status
                  : fovea_onednn_reorder(layout->library.engine, &from, plain,
                            &layout->library.weights, packed);
}

static enum fovea_status
pack(const struct fovea_packing *packing, const float *weights,
        size_t row_stride, void *packed, struct fovea_error *err)
{
    const struct layout *layout = packing->own;
    const size_t size = packing->n * packing->k;
    FOVEA_AUTO_FREE int8_t *plain = malloc(size);
    if (!plain) {
        return fovea_fail_memory(err, size, "packing weights");
    }
    uint8_t *base = packed;
    const struct fovea_int8_matrix matrix = { plain,
        (float *)(void *)(base + layout->scales),
        (int32_t *)(void *)(base + layout->offsets), packing->n, packing->k };
    fovea_int8_convert(weights, row_stride, &matrix);
    return fovea_onednn_check(reorder(packing, plain, packed), "pack weights",
            err);
}

static enum fovea_status
create_primitive(const struct fovea_packing *packing, size_t rows,
        struct fovea_primitive **primitive_out, struct fovea_error *err)
{
    const struct layout *layout = packing->own;
    struct fovea_onednn_operands operands;
    dnnl_status_t status = describe_operands(packing, rows,
            &layout->library.weights, &operands);
    return status
            ? fovea_onednn_check(status, "describe a linear layer", err)
            : fovea_primitive_create(&operands, fovea_onednn_inner_product,
                      FOVEA_POST_NONE, primitive_out, err);
}

/* Rows in blocks whose sums stay in the cache, as even as can be. */
static size_t
block_rows_of(size_t n_rows, size_t n)
{
    size_t most = SUMS_BYTES / (n * sizeof(int32_t));
    most = most > 0 ? most : 1;
    const size_t n_blocks = (n_rows + most - 1) / most;
    return (n_rows + n_blocks - 1) / n_blocks;
}

static size_t
primitive_scratch(const struct fovea_primitive *primitive)
{
    return primitive ? fovea_primitive_scratch_size(primitive) : 0;
}

static enum fovea_status
prepare(const struct fovea_packing *packing,
        const struct fovea_linear_shape *shape, struct fovea_product *product,
        struct fovea_error *err)
{
    const struct layout *layout = packing->own;
    struct vnni *vnni = calloc(1, sizeof *vnni);
    if (!vnni) {
        return fovea_fail_memory(err, sizeof *vnni, "a matrix product");
    }
    product->own = vnni;
    *vnni = (struct vnni){
        .n_rows = shape->rows,
        .block_rows = block_rows_of(shape->rows, packing->n),
        .n = packing->n,
        .post = shape->post,
        .scales = layout->scales,
        .offsets = layout->offsets,
    };
    if (!shape->has_bias) {
        vnni->zeros = calloc(packing->n, sizeof *vnni->zeros);
        if (!vnni->zeros) {
            return fovea_fail_memory(err, packing->n * sizeof *vnni->zeros,
                    "a matrix product");
        }
    }
    enum fovea_status status =
            create_primitive(packing, vnni->block_rows, &vnni->block, err);
    const size_t rest = shape->rows % vnni->block_rows;
    if (!status && rest > 0) {
        status = create_primitive(packing, rest, &vnni->rest, err);
    }
    if (status) {
        return status;
    }
    const size_t of_block = primitive_scratch(vnni->block);
    const size_t of_rest = primitive_scratch(vnni->rest);
    size_t size = 0;
    (void)fovea_operand_claim(&size, of_block > of_rest ? of_block : of_rest);
    vnni->sums = fovea_operand_claim(&size,
            vnni->block_rows * vnni->n * sizeof(int32_t));
    vnni->line = fovea_operand_claim(&size, vnni->n * sizeof(float));
    product->scratch_size = size;
    product->is_reference = fovea_primitive_is_reference(vnni->block);
    return FOVEA_OK;
}

static void
drop(void *own)
{
    struct vnni *vnni = own;
    if (vnni) {
        fovea_primitive_destroy(vnni->block);
        fovea_primitive_destroy(vnni->rest);
        free(vnni->zeros);
        free(vnni);
    }
}

/* What a row of sums becomes. */
static void
finish_row(const struct vnni *vnni, const struct fovea_int8_columns *columns,
        const int32_t *sums, float row_scale, const struct fovea_rows *dst,
        float *line)
{
    float *out = dst->element == FOVEA_ELEMENT_F32 ? dst->base : line;
    fovea_int8_epilogue(sums, vnni->n, row_scale, columns, vnni->post, out);
    if (dst->element == FOVEA_ELEMENT_U8) {
        *dst->scales = fovea_int8_quantise(line, FOVEA_ELEMENT_F32, vnni->n,
                dst->base);
    } else if (dst->element == FOVEA_ELEMENT_BF16) {
        fovea_kernel_narrow(line, vnni->n, FOVEA_ELEMENT_BF16, dst->base);
    }
}

static void
finish_rows(const struct vnni *vnni, const struct fovea_operands *operands,
        size_t first, size_t n_rows)
{
    const uint8_t *packed = operands->weights;
    const struct fovea_int8_columns columns = {
        (const float *)(const void *)(packed + vnni->scales),
        (const int32_t *)(const void *)(packed + vnni->offsets),
        vnni->zeros ? vnni->zeros : operands->bias
    };
    uint8_t *scratch = operands->scratch;
    const int32_t *sums = (const int32_t *)(const void *)(scratch + vnni->sums);
    float *line = (float *)(void *)(scratch + vnni->line);
    for (size_t i = 0; i < n_rows; i++) {
        const struct fovea_rows dst = fovea_rows_from(operands->dst, first + i);
        finish_row(vnni, &columns, sums + i * vnni->n,
                operands->src->scales[first + i], &dst, line);
    }
}

static enum fovea_status
run(struct fovea_product *product, const struct fovea_operands *operands,
        struct fovea_error *err)
{
    const struct vnni *vnni = product->own;
    FOVEA_ASSERT(fovea_rows_are_dense(operands->src, product->k) &&
            fovea_rows_are_dense(operands->dst, product->n));
    uint8_t *scratch = operands->scratch;
    enum fovea_status status = FOVEA_OK;
    for (size_t i = 0; i < vnni->n_rows && !status; i += vnni->block_rows) {
        const bool is_whole = vnni->n_rows - i >= vnni->block_rows;
        const struct fovea_primitive_buffers buffers = {
            fovea_rows_line(operands->src, i, 0), operands->weights, NULL,
            scratch + vnni->sums, scratch
        };
        status = fovea_primitive_run(is_whole ? vnni->block : vnni->rest,
                &buffers, err);
        if (!status) {
            finish_rows(vnni, operands, i,
                    is_whole ? vnni->block_rows : vnni->n_rows - i);
        }
    }
    return status;
}

const struct fovea_form_ops fovea_form_vnni = {
    .keeps_bits = true,
    .kind = NULL,
    .lay_out = lay_out,
    .drop_layout = drop_layout,
    .pack = pack,
    .prepare = prepare,
    .run = run,
    .drop = drop,
};
