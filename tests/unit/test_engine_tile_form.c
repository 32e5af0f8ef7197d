/*
 * Linear layers on the CPU's tile unit through the doors that the forward pass uses:
 * what is packed, in which form, and what comes of rows in blocks, against the library's
 * product of the same operands: near to it in bfloat16, and of 8-bit operands the same
 * bits, since sums are exact in any order.
 */
#include <math.h>

#include "base/macros.h"
#include "base/size.h"
#include "engine/cpu/bf16.h"
#include "engine/cpu/int8_kernels.h"
#include "engine/cpu/machine.h"
#include "engine/cpu/packing.h"
#include "engine/cpu/product.h"
#include "engine/cpu/tile_check.h"
#include "support/test.h"
#include "support/tile_machine.h"

/* A linear layer, and where it writes. */
struct layer {
    struct fovea_packing_shape matrix;
    struct fovea_linear_shape shape;
    bool is_blocked; /* what the tiles read and write */
};

struct operands {
    float *weights; /* [n][k] */
    float *bias;
    float *values; /* [rows][k]: sources */
    float *residual;
};

static uint32_t noise = 1;

static float *
draw(size_t n)
{
    float *values = malloc(n * sizeof *values);
    assert_non_null(values);
    for (size_t i = 0; i < n; i++) {
        noise = noise * 1664525U + 1013904223U;
        values[i] = (float)(noise >> 8) * 0x1p-23F - 1.0F;
    }
    return values;
}

static void *
aligned(size_t size)
{
    const size_t whole = fovea_round_up(size, FOVEA_OPERAND_ALIGNMENT);
    void *memory = aligned_alloc(FOVEA_OPERAND_ALIGNMENT, whole);
    assert_non_null(memory);
    memset(memory, 0, whole);
    return memory;
}

static struct fovea_rows
rows_of(size_t n_rows, size_t width, enum fovea_element element,
        bool is_blocked)
{
    void *base = aligned(n_rows * fovea_round_up(width * 4, 64));
    struct fovea_rows rows = is_blocked
            ? fovea_rows_blocked(base, n_rows, element)
            : fovea_rows_dense(base, width, element);
    if (element == FOVEA_ELEMENT_U8) {
        rows.scales = aligned(n_rows * sizeof(float));
    }
    return rows;
}

static void
rows_free(struct fovea_rows *rows)
{
    free(rows->base);
    free(rows->scales);
}

static void
fill_sources(const struct layer *layer, const float *values,
        const struct fovea_rows *src)
{
    const size_t k = layer->matrix.k;
    if (src->element == FOVEA_ELEMENT_U8) {
        float *copy = aligned(layer->shape.rows * k * sizeof *copy);
        memcpy(copy, values, layer->shape.rows * k * sizeof *copy);
        const struct fovea_rows from =
                fovea_rows_dense(copy, k, FOVEA_ELEMENT_F32);
        fovea_int8_quantise_rows(&from, layer->shape.rows, k, src);
        free(copy);
        return;
    }
    for (size_t i = 0; i < layer->shape.rows * k; i++) {
        const uint16_t half = fovea_to_bf16(values[i]);
        memcpy(fovea_rows_at(src, i / k, i % k), &half, sizeof half);
    }
}

/* dst = the layer in a form; dense rows are given to the library. */
static void
run(const struct layer *layer, const struct operands *operands,
        enum fovea_form form, struct fovea_rows *dst_out)
{
    struct fovea_error error;
    struct fovea_packing *packing = NULL;
    struct fovea_product *product = NULL;
    const size_t n_rows = layer->shape.rows;
    const size_t n = layer->matrix.n;
    const bool is_blocked = layer->is_blocked && form == FOVEA_FORM_TILES;
    assert_ok(fovea_packing_create(&layer->matrix, form, &packing, &error),
            &error);
    void *packed = aligned(fovea_packing_size(packing));
    assert_ok(fovea_packing_pack(packing, operands->weights, layer->matrix.k,
                      packed, &error),
            &error);
    assert_ok(fovea_product_create_linear(packing, &layer->shape, &product,
                      &error),
            &error);
    struct fovea_rows src =
            rows_of(n_rows, layer->matrix.k, layer->matrix.element, is_blocked);
    struct fovea_rows dst =
            rows_of(n_rows, n, layer->shape.dst_element, is_blocked);
    for (size_t i = 0; dst.element == FOVEA_ELEMENT_F32 && i < n_rows * n;
            i++) {
        memcpy(fovea_rows_at(&dst, i / n, i % n), &operands->residual[i], 4);
    }
    fill_sources(layer, operands->values, &src);
    void *scratch = aligned(fovea_product_scratch_size(product) + 64);
    const struct fovea_operands all = { &src, packed,
        layer->shape.has_bias ? operands->bias : NULL, &dst, scratch };
    assert_ok(fovea_product_run(product, &all, &error), &error);
    free(scratch);
    free(packed);
    rows_free(&src);
    fovea_product_destroy(product);
    fovea_packing_destroy(packing);
    *dst_out = dst;
}

static float
value_at(const struct fovea_rows *rows, size_t row, size_t column)
{
    const void *at = fovea_rows_at(rows, row, column);
    if (rows->element == FOVEA_ELEMENT_F32) {
        float value;
        memcpy(&value, at, sizeof value);
        return value;
    }
    if (rows->element == FOVEA_ELEMENT_U8) {
        return (float)(*(const uint8_t *)at - FOVEA_INT8_ZERO) *
                rows->scales[row];
    }
    uint16_t half;
    memcpy(&half, at, sizeof half);
    const uint32_t bits = (uint32_t)half << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void
check(const struct layer *layer, enum fovea_form other, double most)
{
    const size_t n_rows = layer->shape.rows;
    const size_t n = layer->matrix.n;
    struct operands operands = { draw(n * layer->matrix.k), draw(n),
        draw(n_rows * layer->matrix.k), draw(n_rows * n) };
    struct fovea_rows got;
    struct fovea_rows wanted;
    run(layer, &operands, FOVEA_FORM_TILES, &got);
    run(layer, &operands, other, &wanted);
    for (size_t i = 0; i < n_rows * n; i++) {
        const float a = value_at(&got, i / n, i % n);
        const float b = value_at(&wanted, i / n, i % n);
        if (!(fabs((double)a - (double)b) <= most * (1.0 + fabs((double)b)))) {
            fail_msg("%zu rows, %zu x %zu: row %zu, column %zu is %g, not %g",
                    n_rows, layer->matrix.k, n, i / n, i % n, (double)a,
                    (double)b);
        }
    }
    rows_free(&got);
    rows_free(&wanted);
    free(operands.weights);
    free(operands.bias);
    free(operands.values);
    free(operands.residual);
}

static bool
lacks_tiles(void)
{
    if (!fovea_machine_has_tiles()) {
        print_message("# skipped: this CPU has no AVX-512 with bfloat16\n");
        return true;
    }
    return false;
}

/* Rows, source width, columns: more rows than go through all panels at once (1 MiB of
   sources, 384 KiB of what waits for scales), and few. */
static const struct {
    size_t rows;
    size_t k;
    size_t n;
} sizes[] = { { 1, 64, 96 }, { 50, 256, 128 }, { 75, 8192, 64 },
    { 70, 64, 3072 } };

static const struct {
    enum fovea_element dst_element;
    enum fovea_post post;
    bool has_bias;
} kinds[] = {
    { FOVEA_ELEMENT_BF16, FOVEA_POST_NONE, true },
    { FOVEA_ELEMENT_BF16, FOVEA_POST_QUICK_GELU, true },
    { FOVEA_ELEMENT_F32, FOVEA_POST_NONE, false },
    { FOVEA_ELEMENT_F32, FOVEA_POST_ADD, true },
    /* of 8 bits to 8 bits alone */
    { FOVEA_ELEMENT_U8, FOVEA_POST_GELU, true },
    { FOVEA_ELEMENT_U8, FOVEA_POST_GELU_TANH, true },
};

static struct layer
layer_of(enum fovea_element element, size_t size, size_t kind, bool is_blocked)
{
    return (struct layer){
        { sizes[size].rows, sizes[size].k, sizes[size].n, element },
        { sizes[size].rows, kinds[kind].dst_element, kinds[kind].post,
                kinds[kind].has_bias },
        is_blocked,
    };
}

static void
bfloat16_is_near_to_the_library(void **state)
{
    (void)state;
    if (lacks_tiles()) {
        return;
    }
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(sizes); i++) {
        for (size_t k = 0; k < 4; k++) {
            const struct layer layer =
                    layer_of(FOVEA_ELEMENT_BF16, i, k, k % 2 == 1);
            check(&layer, FOVEA_FORM_MATMUL, 0.01);
        }
    }
}

static void
bytes_have_the_bits_of_vnni(void **state)
{
    (void)state;
    if (lacks_tiles()) {
        return;
    }
    if (!fovea_machine_has_vnni()) {
        return;
    }
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(sizes); i++) {
        for (size_t k = 0; k < FOVEA_ARRAY_LEN(kinds); k++) {
            const struct layer layer =
                    layer_of(FOVEA_ELEMENT_U8, i, k, (i + k) % 2 == 1);
            check(&layer, FOVEA_FORM_VNNI, 0.0);
        }
    }
}

/* Sources that are no whole lines, and float32. */
static void
others_are_refused(void **state)
{
    (void)state;
    const struct fovea_packing_shape shapes[] = {
        { 10, 588, 256, FOVEA_ELEMENT_BF16 },
        { 10, 96, 256, FOVEA_ELEMENT_U8 },
        { 10, 64, 64, FOVEA_ELEMENT_F32 },
    };
    struct fovea_error error;
    struct fovea_packing *packing = NULL;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(shapes); i++) {
        assert_fails(fovea_packing_create(&shapes[i], FOVEA_FORM_TILES,
                             &packing, &error),
                &error, FOVEA_ERR_INTERNAL, "no tiles for a linear layer");
    }
}

static void
a_unit_that_is_wrong_is_found_so(void **state)
{
    (void)state;
    if (lacks_tiles()) {
        return;
    }
    assert_true(fovea_tile_check());
    if (tile_machine_is_real()) {
        return;
    }
    tile_machine_set_wrong(true);
    assert_false(fovea_tile_check());
    tile_machine_set_wrong(false);
    assert_true(fovea_tile_check());
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_unit_that_is_wrong_is_found_so),
        cmocka_unit_test(others_are_refused),
        cmocka_unit_test(bfloat16_is_near_to_the_library),
        cmocka_unit_test(bytes_have_the_bits_of_vnni),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
