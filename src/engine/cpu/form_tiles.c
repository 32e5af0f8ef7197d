/*
 * Linear layers of bfloat16 or of 8-bit operands on the CPU's tile unit (AMX), by
 * kernels of our own: tile_kernels.c has the arithmetic and the picture.
 *
 * A packed matrix is its panels; of 8 bits then a scale and an offset of every output
 * channel (int8_weights.h). Sources are whole lines.
 */
#include <stdio.h>

#include "base/checksum.h"
#include "base/error.h"
#include "base/size.h"
#include "engine/cpu/bf16.h"
#include "engine/cpu/form.h"
#include "engine/cpu/int8_kernels.h"
#include "engine/cpu/int8_weights.h"
#include "engine/cpu/machine.h"
#include "engine/cpu/tile_kernels.h"
#include "engine/cpu/tile_packing.h"

enum {
    /* Sources that all panels are gone through with: half of a second-level cache. */
    SOURCE_BYTES = 1024 * 1024,
    /* The same of rows that wait for their scales, in float32. */
    WAITING_BYTES = 384 * 1024,
    LAYOUT_VERSION = 1, /* goes up when panels change */
};

/* Where what a packed matrix has begins, in bytes. */
struct layout {
    size_t scales;
    size_t offsets;
};

/* What a product owns. */
struct tiles {
    fovea_tile_kernel kernel;
    struct layout layout;
    size_t n_rows;
    size_t rows_at_once;
};

static size_t
lay_panels_out(const struct fovea_packing *packing, struct layout *layout_out)
{
    const bool has_scales = packing->element == FOVEA_ELEMENT_U8;
    size_t size = 0;
    (void)fovea_operand_claim(&size,
            fovea_tile_panels_size(packing->element, packing->k, packing->n));
    layout_out->scales = fovea_operand_claim(&size,
            has_scales ? packing->n * sizeof(float) : 0);
    layout_out->offsets = fovea_operand_claim(&size,
            has_scales ? packing->n * sizeof(int32_t) : 0);
    return size;
}

static enum fovea_status
lay_out(struct fovea_packing *packing, size_t rows, struct fovea_error *err)
{
    (void)rows;
    const bool is_known = packing->element == FOVEA_ELEMENT_BF16 ||
            packing->element == FOVEA_ELEMENT_U8;
    const size_t size = packing->k * fovea_element_size(packing->element);
    if (!is_known || size % FOVEA_LINE_BYTES != 0 ||
            !fovea_machine_has_tiles()) {
        return fovea_fail(err, FOVEA_ERR_INTERNAL,
                "no tiles for a linear layer of %zu by %zu", packing->k,
                packing->n);
    }
    struct layout layout;
    const uint64_t facts[] = { LAYOUT_VERSION, (uint64_t)packing->element,
        packing->k, packing->n };
    packing->size = lay_panels_out(packing, &layout);
    packing->fingerprint = fovea_checksum(facts, sizeof facts);
    (void)snprintf(packing->implementation, sizeof packing->implementation,
            "tiles:%s",
            packing->element == FOVEA_ELEMENT_BF16 ? "bf16" : "int8");
    return FOVEA_OK;
}

/* Columns from some weights on, up to the end of the last panel. */
static void
put_columns(const struct fovea_packing *packing, const void *weights,
        size_t first, size_t n, uint8_t *panels)
{
    const size_t size = packing->k * fovea_element_size(packing->element);
    for (size_t i = 0; i < n; i++) {
        fovea_tile_put_column(packing->element, packing->k, first + i,
                (const uint8_t *)weights + i * size, panels);
    }
}

static void
pack_bf16(const struct fovea_packing *packing, const float *weights,
        size_t row_stride, uint16_t *column, uint8_t *panels)
{
    for (size_t i = 0; i < packing->n; i++) {
        for (size_t k = 0; k < packing->k; k++) {
            column[k] = fovea_to_bf16(weights[i * row_stride + k]);
        }
        put_columns(packing, column, i, 1, panels);
    }
}

static void
pack_bytes(const struct fovea_packing *packing, const float *weights,
        size_t row_stride, int8_t *plain, uint8_t *packed)
{
    struct layout layout;
    (void)lay_panels_out(packing, &layout);
    const struct fovea_int8_matrix matrix = { plain,
        (float *)(void *)(packed + layout.scales),
        (int32_t *)(void *)(packed + layout.offsets), packing->n, packing->k };
    fovea_int8_convert(weights, row_stride, &matrix);
    put_columns(packing, plain, 0, packing->n, packed);
}

static enum fovea_status
pack(const struct fovea_packing *packing, const float *weights,
        size_t row_stride, void *packed, struct fovea_error *err)
{
    const bool is_bf16 = packing->element == FOVEA_ELEMENT_BF16;
    const size_t size =
            is_bf16 ? packing->k * sizeof(uint16_t) : packing->k * packing->n;
    FOVEA_AUTO_FREE void *plain = malloc(size);
    if (!plain) {
        return fovea_fail_memory(err, size, "packing weights");
    }
    if (is_bf16) {
        pack_bf16(packing, weights, row_stride, plain, packed);
    } else {
        pack_bytes(packing, weights, row_stride, plain, packed);
    }
    const size_t n_all = fovea_round_up(packing->n, FOVEA_PANEL_COLUMNS);
    for (size_t i = packing->n; i < n_all; i++) {
        fovea_tile_put_column(packing->element, packing->k, i, NULL, packed);
    }
    return FOVEA_OK;
}

/* Blocks of rows that take no more than so many bytes; at least one. */
static size_t
rows_within(size_t bytes, size_t row_bytes)
{
    const size_t n_blocks = bytes / (row_bytes * FOVEA_TILE_BLOCK);
    return (n_blocks > 0 ? n_blocks : 1) * FOVEA_TILE_BLOCK;
}

static enum fovea_status
prepare(const struct fovea_packing *packing,
        const struct fovea_linear_shape *shape, struct fovea_product *product,
        struct fovea_error *err)
{
    /* Rows become 8 bits when all of a row is there. */
    const bool waits = shape->dst_element == FOVEA_ELEMENT_U8;
    struct tiles *tiles = calloc(1, sizeof *tiles);
    if (!tiles) {
        return fovea_fail_memory(err, sizeof *tiles, "a matrix product");
    }
    product->own = tiles;
    (void)lay_panels_out(packing, &tiles->layout);
    tiles->kernel = fovea_tile_kernel_for(packing->element,
            waits ? FOVEA_ELEMENT_F32 : shape->dst_element, shape->post);
    if (!tiles->kernel) {
        return fovea_fail(err, FOVEA_ERR_INTERNAL,
                "no tiles for what becomes of a linear layer");
    }
    tiles->n_rows = shape->rows;
    tiles->rows_at_once = rows_within(SOURCE_BYTES,
            packing->k * fovea_element_size(packing->element));
    if (waits) {
        const size_t row_bytes = packing->n * sizeof(float);
        const size_t most = rows_within(WAITING_BYTES, row_bytes);
        tiles->rows_at_once =
                most < tiles->rows_at_once ? most : tiles->rows_at_once;
        if (shape->rows < tiles->rows_at_once) {
            tiles->rows_at_once = shape->rows;
        }
        product->scratch_size = tiles->rows_at_once * row_bytes;
    }
    return FOVEA_OK;
}

/* Some rows by all panels. */
static void
run_rows(const struct fovea_product *product,
        const struct fovea_operands *operands, size_t first, size_t n_rows)
{
    const struct tiles *tiles = product->own;
    const uint8_t *packed = operands->weights;
    const struct fovea_rows src = fovea_rows_from(operands->src, first);
    const struct fovea_rows dst = fovea_rows_from(operands->dst, first);
    const struct fovea_rows waiting =
            fovea_rows_dense(operands->scratch, product->n, FOVEA_ELEMENT_F32);
    const bool waits = product->dst_element == FOVEA_ELEMENT_U8;
    const bool has_scales = product->element == FOVEA_ELEMENT_U8;
    const void *scales = packed + tiles->layout.scales;
    const void *offsets = packed + tiles->layout.offsets;
    const struct fovea_tile_work work = {
        .src = &src,
        .dst = waits ? &waiting : &dst,
        .n_rows = n_rows,
        .n_lines = fovea_tile_lines(product->element, product->k),
        .n_columns = product->n,
        .fills_lines = !waits && !fovea_rows_are_dense(&dst, product->n),
        .panels = packed,
        .bias = operands->bias,
        .scales = has_scales ? scales : NULL,
        .sums = has_scales ? offsets : NULL,
    };
    tiles->kernel(&work);
    if (waits) {
        fovea_int8_quantise_rows(&waiting, n_rows, product->n, &dst);
    }
}

static enum fovea_status
run(struct fovea_product *product, const struct fovea_operands *operands,
        struct fovea_error *err)
{
    const struct tiles *tiles = product->own;
    (void)err;
    for (size_t i = 0; i < tiles->n_rows; i += tiles->rows_at_once) {
        const size_t left = tiles->n_rows - i;
        run_rows(product, operands, i,
                left < tiles->rows_at_once ? left : tiles->rows_at_once);
    }
    return FOVEA_OK;
}

/* There is nothing of a layout's. */
static void
drop_layout(void *own)
{
    (void)own;
}

const struct fovea_form_ops fovea_form_tiles = {
    .keeps_bits = true,
    .takes_blocked = true,
    .kind = NULL,
    .lay_out = lay_out,
    .drop_layout = drop_layout,
    .pack = pack,
    .prepare = prepare,
    .run = run,
    .drop = free,
};
