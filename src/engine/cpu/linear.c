/* See linear.h. */
#include "engine/cpu/linear.h"

#include "base/macros.h"

const enum fovea_matrix fovea_layer_matrices[] = { FOVEA_MATRIX_QKV,
    FOVEA_MATRIX_KEY_VALUE, FOVEA_MATRIX_SQUARE, FOVEA_MATRIX_FC1,
    FOVEA_MATRIX_FC2 };

static enum fovea_post
activation_post(enum fovea_activation activation)
{
    switch (activation) {
    case FOVEA_ACTIVATION_GELU:
        return FOVEA_POST_GELU;
    case FOVEA_ACTIVATION_GELU_TANH:
        return FOVEA_POST_GELU_TANH;
    case FOVEA_ACTIVATION_QUICK_GELU:
    default:
        return FOVEA_POST_QUICK_GELU;
    }
}

/* The table of the network's linear layers: rows, outputs, what is fused. */
struct fovea_linear_use
fovea_linear_use(const struct fovea_tower *tower,
        enum fovea_precision precision, enum fovea_element element,
        enum fovea_use use)
{
    const bool is_text = tower->modality == FOVEA_MODALITY_TEXT;
    const size_t tokens = is_text ? FOVEA_UNIT_ROWS : fovea_tower_tokens(tower);
    const size_t of_one = is_text ? FOVEA_UNIT_ROWS : 1;
    const enum fovea_element e = fovea_precision_element(precision);
    const enum fovea_element wide = FOVEA_ELEMENT_F32;
    const enum fovea_post act = activation_post(tower->activation);
    const bool attends = tower->pooling == FOVEA_POOLING_ATTENTION;
    /* Of pooled tokens, in the last layer or in what pools by attention. */
    const size_t last = fovea_tower_layers(tower) - 1;
    const bool is_last =
            element == fovea_precision_of_layer(precision, tower, last);
    const size_t one = is_last ? of_one : 0;
    const size_t pooled = attends ? 0 : one; /* rows of a last layer */
    const struct fovea_linear_use table[FOVEA_N_USES] = {
        [FOVEA_USE_PATCH] = { FOVEA_MATRIX_PATCH,
                { fovea_tower_patches(tower), wide, FOVEA_POST_NONE, false } },
        [FOVEA_USE_QKV] = { FOVEA_MATRIX_QKV,
                { tokens, e, FOVEA_POST_NONE, true } },
        [FOVEA_USE_OUT] = { FOVEA_MATRIX_SQUARE,
                { tokens, wide, FOVEA_POST_ADD, true } },
        [FOVEA_USE_FC1] = { FOVEA_MATRIX_FC1, { tokens, element, act, true } },
        [FOVEA_USE_FC2] = { FOVEA_MATRIX_FC2,
                { tokens, wide, FOVEA_POST_ADD, true } },
        [FOVEA_USE_KEY_VALUE] = { FOVEA_MATRIX_KEY_VALUE,
                { attends ? 0 : tokens, e, FOVEA_POST_NONE, true } },
        [FOVEA_USE_QUERY] = { FOVEA_MATRIX_SQUARE,
                { pooled, e, FOVEA_POST_NONE, true } },
        [FOVEA_USE_POOLED_OUT] = { FOVEA_MATRIX_SQUARE,
                { one, wide, attends ? FOVEA_POST_NONE : FOVEA_POST_ADD,
                        true } },
        [FOVEA_USE_POOLED_FC1] = { FOVEA_MATRIX_FC1,
                { one, element, act, true } },
        [FOVEA_USE_POOLED_FC2] = { FOVEA_MATRIX_FC2,
                { one, wide, FOVEA_POST_ADD, true } },
        [FOVEA_USE_PROJECT] = { FOVEA_MATRIX_PROJECT,
                { of_one, wide, FOVEA_POST_NONE, tower->has_projection_bias } },
        [FOVEA_USE_HEAD_VALUES] = { FOVEA_MATRIX_SQUARE,
                { attends ? tower->n_heads : 0, e, FOVEA_POST_NONE, true } },
    };
    return table[use];
}

/* Of roles that are matrices. QKV by its number of parts. */
static const enum fovea_matrix matrices[FOVEA_N_ROLES] = {
    [FOVEA_ROLE_PATCH] = FOVEA_MATRIX_PATCH,
    [FOVEA_ROLE_OUT] = FOVEA_MATRIX_SQUARE,
    [FOVEA_ROLE_FC1] = FOVEA_MATRIX_FC1,
    [FOVEA_ROLE_FC2] = FOVEA_MATRIX_FC2,
    [FOVEA_ROLE_PROJECTION] = FOVEA_MATRIX_PROJECT,
};

static const enum fovea_matrix matrices_of_qkv[] = {
    [1] = FOVEA_MATRIX_SQUARE,
    [2] = FOVEA_MATRIX_KEY_VALUE,
    [3] = FOVEA_MATRIX_QKV,
};

enum fovea_matrix
fovea_linear_of(const struct fovea_piece *piece)
{
    FOVEA_ASSERT(piece->k > 0);
    return piece->role == FOVEA_ROLE_QKV ? matrices_of_qkv[piece->n_parts]
                                         : matrices[piece->role];
}

struct fovea_packing_shape
fovea_linear_matrix(const struct fovea_tower *tower,
        enum fovea_precision precision, enum fovea_element element,
        uint32_t mlp_parts, enum fovea_matrix matrix)
{
    struct fovea_piece piece;
    for (size_t i = 0; fovea_tower_piece(tower, mlp_parts, i, &piece); i++) {
        if (piece.k > 0 && fovea_linear_of(&piece) == matrix &&
                fovea_precision_of_layer(precision, tower, piece.layer) ==
                        element) {
            const size_t rows = fovea_tower_tokens(tower);
            return (struct fovea_packing_shape){ rows, piece.k, piece.n,
                element };
        }
    }
    return (struct fovea_packing_shape){ 0 };
}
