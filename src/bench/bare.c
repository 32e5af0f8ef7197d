/* See bare.h. The products of a layer are found by its pieces. */
#include "bench/bare.h"

#include <string.h>

#include "base/error.h"
#include "base/size.h"
#include "engine/cpu/linear.h"
#include "engine/cpu/product.h"

struct fovea_bare {
    const struct fovea_weights *weights;
    /* Of the layers' matrices; others are NULL. */
    struct fovea_product *products[FOVEA_N_MATRICES];
    void *last_qkv; /* packed: the last layer's are packed apart */
    void *src;
    void *dst;
    void *scratch;
};

void
fovea_bare_destroy(struct fovea_bare *bare)
{
    if (!bare) {
        return;
    }
    for (size_t i = 0; i < FOVEA_N_MATRICES; i++) {
        fovea_product_destroy(bare->products[i]);
    }
    free(bare->last_qkv);
    free(bare->src);
    free(bare->dst);
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
    for (size_t i = 0; i < FOVEA_N_MATRICES; i++) {
        size_t needed = bare->products[i]
                ? fovea_product_scratch_size(bare->products[i])
                : 0;
        scratch_size = needed > scratch_size ? needed : scratch_size;
    }
    bare->src = zeroed(size);
    bare->dst = zeroed(size);
    bare->scratch = zeroed(scratch_size);
    /* A tower of one layer has only that one. */
    const struct fovea_packing *qkv = weights->packings[FOVEA_MATRIX_QKV];
    bare->last_qkv =
            zeroed(qkv ? fovea_packing_size(qkv) : FOVEA_OPERAND_ALIGNMENT);
    if (!bare->src || !bare->dst || !bare->scratch || !bare->last_qkv) {
        return fovea_fail_memory(err, 2 * size, "the bench");
    }
    return FOVEA_OK;
}

static enum fovea_status
create_products(struct fovea_bare *bare, size_t rows, struct fovea_error *err)
{
    const struct fovea_weights *weights = bare->weights;
    const struct {
        enum fovea_matrix matrix;
        enum fovea_element dst;
    } table[] = {
        { FOVEA_MATRIX_QKV, weights->element },
        { FOVEA_MATRIX_SQUARE, FOVEA_ELEMENT_F32 },
        { FOVEA_MATRIX_FC1, weights->element },
        { FOVEA_MATRIX_FC2, FOVEA_ELEMENT_F32 },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(table); i++) {
        const struct fovea_linear_shape shape = { rows, table[i].dst,
            FOVEA_POST_NONE, false };
        const struct fovea_packing *packing =
                weights->packings[table[i].matrix];
        enum fovea_status status = !packing
                ? FOVEA_OK
                : fovea_product_create_linear(packing, &shape,
                          &bare->products[table[i].matrix], err);
        if (status) {
            return status;
        }
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_bare_create(const struct fovea_weights *weights, size_t rows,
        struct fovea_bare **bare_out, struct fovea_error *err)
{
    struct fovea_bare *bare = calloc(1, sizeof *bare);
    if (!bare) {
        return fovea_fail_memory(err, sizeof *bare, "the bench");
    }
    bare->weights = weights;
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

/* Where a piece of the last layer is packed apart, its whole is stood in for. */
static enum fovea_status
run_piece(struct fovea_bare *bare, const struct fovea_piece *piece,
        struct fovea_error *err)
{
    bool is_apart = piece->role == FOVEA_ROLE_QKV && piece->n_parts < 3;
    enum fovea_matrix matrix =
            is_apart ? FOVEA_MATRIX_QKV : fovea_linear_of(piece);
    if (!bare->products[matrix] || (is_apart && piece->part > 0)) {
        return FOVEA_OK;
    }
    const void *packed = is_apart ? bare->last_qkv
                                  : fovea_weights_at(bare->weights, piece->role,
                                            piece->layer, piece->part)
                                            ->weight;
    return fovea_product_run(bare->products[matrix], bare->src, packed, NULL,
            bare->dst, bare->scratch, err);
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
