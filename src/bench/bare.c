/* See bare.h. The products of a layer are found by its pieces. */
#include "bench/bare.h"

#include <string.h>

#include "base/error.h"
#include "base/size.h"
#include "engine/cpu/linear.h"
#include "engine/cpu/product.h"

struct fovea_bare {
    const struct fovea_plan *plan;
    const struct fovea_weights *weights;
    size_t n_rows;
    /* Of the layers' matrices; others are NULL. */
    struct fovea_product *products[FOVEA_N_ELEMENTS][FOVEA_N_MATRICES];
    void *last_qkv; /* packed: the last layer's are packed apart */
    void *src;
    void *dst;
    /* Of rows of 8 bits: of those that are read, all 1, and then of those that are
       written. Were they the same, products of them would be denormal, which many
       CPUs take long for. */
    float *scales;
    void *scratch;
};

void
fovea_bare_destroy(struct fovea_bare *bare)
{
    if (!bare) {
        return;
    }
    for (size_t i = 0; i < FOVEA_N_ELEMENTS; i++) {
        for (size_t k = 0; k < FOVEA_N_MATRICES; k++) {
            fovea_product_destroy(bare->products[i][k]);
        }
    }
    free(bare->last_qkv);
    free(bare->src);
    free(bare->dst);
    free(bare->scales);
    free(bare->scratch);
    free(bare);
}

static void *
zeroed(size_t size)
{
    void *memory = aligned_alloc(FOVEA_OPERAND_ALIGNMENT,
            fovea_round_up(size, FOVEA_OPERAND_ALIGNMENT));
    if (memory) {
        memset(memory, 0, size);
    }
    return memory;
}

static enum fovea_status
create_buffers(struct fovea_bare *bare, size_t rows, struct fovea_error *err)
{
    const struct fovea_weights *weights = bare->weights;
    size_t hidden = weights->tower.width;
    size_t mlp = weights->tower.mlp;
    size_t widest = 3 * hidden > mlp ? 3 * hidden : mlp;
    size_t size = rows * widest * sizeof(float);
    size_t scratch_size = FOVEA_OPERAND_ALIGNMENT;
    for (size_t i = 0; i < (size_t)FOVEA_N_ELEMENTS * FOVEA_N_MATRICES; i++) {
        const struct fovea_product *product =
                bare->products[i / FOVEA_N_MATRICES][i % FOVEA_N_MATRICES];
        size_t needed = product ? fovea_product_scratch_size(product) : 0;
        scratch_size = needed > scratch_size ? needed : scratch_size;
    }
    bare->src = zeroed(size);
    bare->dst = zeroed(size);
    bare->scales = zeroed(2 * rows * sizeof(float));
    bare->scratch = zeroed(scratch_size);
    /* A tower of one layer has only that one. */
    const enum fovea_element last =
            fovea_weights_element(weights, weights->tower.n_layers - 1);
    const struct fovea_packing *qkv = weights->packings[last][FOVEA_MATRIX_QKV];
    bare->last_qkv =
            zeroed(qkv ? fovea_packing_size(qkv) : FOVEA_OPERAND_ALIGNMENT);
    if (!bare->src || !bare->dst || !bare->scales || !bare->scratch ||
            !bare->last_qkv) {
        return fovea_fail_memory(err, 2 * size, "the bench");
    }
    for (size_t i = 0; i < rows; i++) {
        bare->scales[i] = 1.0F;
    }
    return FOVEA_OK;
}

/* What a product of a layer leaves behind: of the residual it is float32. */
static enum fovea_element
output_of(const struct fovea_weights *weights, enum fovea_element element,
        enum fovea_matrix matrix)
{
    switch (matrix) {
    case FOVEA_MATRIX_QKV:
        return fovea_precision_element(weights->precision);
    case FOVEA_MATRIX_FC1:
        return element;
    case FOVEA_MATRIX_PATCH:
    case FOVEA_MATRIX_KEY_VALUE:
    case FOVEA_MATRIX_SQUARE:
    case FOVEA_MATRIX_FC2:
    case FOVEA_MATRIX_PROJECT:
    case FOVEA_N_MATRICES:
        break;
    }
    return FOVEA_ELEMENT_F32;
}

static enum fovea_status
create_products(struct fovea_bare *bare, size_t rows, struct fovea_error *err)
{
    static const enum fovea_matrix matrices[] = { FOVEA_MATRIX_QKV,
        FOVEA_MATRIX_SQUARE, FOVEA_MATRIX_FC1, FOVEA_MATRIX_FC2 };
    const struct fovea_weights *weights = bare->weights;
    const size_t n = FOVEA_ARRAY_LEN(matrices);
    for (size_t i = 0; i < FOVEA_N_ELEMENTS * n; i++) {
        const enum fovea_element element = (enum fovea_element)(i / n);
        const enum fovea_matrix matrix = matrices[i % n];
        const struct fovea_linear_shape shape = { rows,
            output_of(weights, element, matrix), FOVEA_POST_NONE, false };
        const struct fovea_packing *packing =
                weights->packings[element][matrix];
        enum fovea_status status = !packing
                ? FOVEA_OK
                : fovea_product_create_linear(packing, &shape,
                          &bare->products[element][matrix], err);
        if (status) {
            return status;
        }
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_bare_create(const struct fovea_plan *plan, size_t rows,
        struct fovea_bare **bare_out, struct fovea_error *err)
{
    struct fovea_bare *bare = calloc(1, sizeof *bare);
    if (!bare) {
        return fovea_fail_memory(err, sizeof *bare, "the bench");
    }
    bare->plan = plan;
    bare->weights = plan->weights;
    bare->n_rows = rows;
    enum fovea_status status = create_products(bare, rows, err);
    if (!status) {
        status = create_buffers(bare, rows, err);
    }
    if (status) {
        fovea_bare_destroy(bare);
        return status;
    }
    *bare_out = bare;
    return FOVEA_OK;
}

/* What is added to the residual. */
static bool
is_residual(enum fovea_matrix matrix)
{
    return matrix == FOVEA_MATRIX_SQUARE || matrix == FOVEA_MATRIX_FC2;
}

/* As they lie in a forward pass. */
static struct fovea_rows
rows_of(const struct fovea_bare *bare, void *buffer, size_t width,
        enum fovea_element element, bool is_blocked)
{
    struct fovea_rows rows = is_blocked
            ? fovea_rows_blocked(buffer, bare->n_rows, element)
            : fovea_rows_dense(buffer, width, element);
    rows.scales = bare->scales + (buffer == bare->dst ? bare->n_rows : 0);
    return rows;
}

/* Where a piece of the last layer is packed apart, its whole is stood in for. */
static enum fovea_status
run_piece(struct fovea_bare *bare, const struct fovea_piece *piece,
        struct fovea_error *err)
{
    bool is_apart = piece->role == FOVEA_ROLE_QKV && piece->n_parts < 3;
    enum fovea_matrix matrix =
            is_apart ? FOVEA_MATRIX_QKV : fovea_linear_of(piece);
    const struct fovea_weights *weights = bare->weights;
    const enum fovea_element element =
            fovea_weights_element(weights, piece->layer);
    struct fovea_product *product = bare->products[element][matrix];
    if (!product || (is_apart && piece->part > 0)) {
        return FOVEA_OK;
    }
    const struct fovea_packing *packing = weights->packings[element][matrix];
    const bool is_blocked = bare->plan->is_blocked[element];
    struct fovea_rows src = rows_of(bare, bare->src, fovea_packing_k(packing),
            element, is_blocked);
    struct fovea_rows dst = rows_of(bare, bare->dst, fovea_packing_n(packing),
            output_of(weights, element, matrix),
            is_blocked && !is_residual(matrix));
    const struct fovea_operands operands = {
        .src = &src,
        .weights = is_apart ? bare->last_qkv
                            : fovea_weights_at(weights, piece->role,
                                      piece->layer, piece->part)
                                      ->weight,
        .dst = &dst,
        .scratch = bare->scratch,
    };
    return fovea_product_run(product, &operands, err);
}

enum fovea_status
fovea_bare_run(struct fovea_bare *bare, struct fovea_error *err)
{
    const struct fovea_weights *weights = bare->weights;
    struct fovea_piece piece;
    enum fovea_status status = FOVEA_OK;
    for (size_t i = 0; !status &&
            fovea_tower_piece(&weights->tower, weights->forms.mlp_parts, i,
                    &piece);
            i++) {
        /* What pools by attention is a row an image. */
        if (piece.k > 0 && piece.layer < weights->tower.n_layers) {
            status = run_piece(bare, &piece, err);
        }
    }
    return status;
}

size_t
fovea_bare_rows(const struct fovea_bare *bare)
{
    return bare->n_rows;
}
