/* See fold.h. */
#include "engine/cpu/fold.h"

#include <string.h>

#include "base/error.h"
#include "engine/cpu/balance.h"
#include "engine/cpu/grid.h"

enum fovea_status
fovea_fold_init(struct fovea_fold *fold, const struct fovea_tower *tower,
        struct fovea_error *err)
{
    const size_t width = tower->width;
    const size_t n = 5 * width + tower->n_registers * width;
    float *kept = calloc(n, sizeof *kept);
    if (!kept) {
        return fovea_fail_memory(err, n * sizeof *kept, "loading weights");
    }
    *fold = (struct fovea_fold){ tower, kept, kept + width, kept + 2 * width,
        kept + 3 * width, kept + 5 * width, kept + 4 * width };
    return FOVEA_OK;
}

void
fovea_fold_finish(struct fovea_fold *fold)
{
    free(fold->patch_bias);
    fold->patch_bias = NULL;
}

bool
fovea_fold_keep(struct fovea_fold *fold, const struct fovea_piece *piece,
        const float *values)
{
    float *place = NULL;
    switch ((int)piece->role) {
    case FOVEA_ROLE_PATCH:
        place = piece->is_bias ? fold->patch_bias : NULL;
        break;
    case FOVEA_ROLE_REGISTERS:
        place = fold->registers;
        break;
    case FOVEA_ROLE_SCALE1:
    case FOVEA_ROLE_SCALE2:
        place = fold->scale;
        break;
    case FOVEA_ROLE_PROBE:
        place = fold->probe;
        break;
    default:
        break;
    }
    if (place) {
        memcpy(place, values, piece->n * sizeof *values);
    }
    return place != NULL;
}

/* Behind the class token's position come registers, as they are; patches are moved
   and get their bias. */
static enum fovea_status
fold_positions(const struct fovea_fold *fold, struct fovea_piece *piece,
        float *values, struct fovea_error *err)
{
    const struct fovea_tower *tower = fold->tower;
    const size_t width = tower->width;
    const size_t n_registers = tower->n_registers * width;
    const size_t n_patches = fovea_tower_patches(tower) * width;
    float *others = values + (tower->has_class_token ? width : 0);
    float *patches = others + n_registers;
    const struct fovea_grids grids = { fovea_tower_position_grid(tower),
        fovea_tower_grid(tower), width, tower->antialiases_positions };
    if (grids.from == grids.to) {
        memmove(patches, others, n_patches * sizeof *values);
    } else {
        enum fovea_status status =
                fovea_grid_resize(&grids, others, patches, err);
        if (status) {
            return status;
        }
    }
    memcpy(others, fold->registers, n_registers * sizeof *values);
    for (size_t i = 0; tower->has_patch_bias && i < n_patches; i++) {
        patches[i] += fold->patch_bias[i % width];
    }
    piece->n = fovea_tower_tokens(tower) * width;
    return FOVEA_OK;
}

/* Outputs are rows of a matrix. */
static void
fold_scale(const struct fovea_fold *fold, const struct fovea_piece *piece,
        float *values)
{
    const size_t row = piece->k > 0 ? piece->k : 1;
    for (size_t i = 0; i < piece->n * row; i++) {
        values[i] *= fold->scale[i / row];
    }
}

static double
dot(const float *a, const float *b, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)a[i] * (double)b[i];
    }
    return sum;
}

/* What a head asks of a token: its part of the query times its part of the keys'
   matrix. */
static void
write_probe(const struct fovea_fold *fold, size_t head, const float *query,
        const float *key, float *row)
{
    const size_t width = fold->tower->width;
    const size_t head_dim = width / fold->tower->n_heads;
    for (size_t j = 0; j < head_dim; j++) {
        const size_t at = head * head_dim + j;
        const float q = (float)(dot(query + at * width, fold->probe, width) +
                (double)fold->query_bias[at]);
        for (size_t i = 0; i < width; i++) {
            row[i] += q * key[at * width + i];
        }
    }
}

/* Queries, keys and values, [3 * width][width], and before them their bias: what is
   packed is the values'. */
static void
fold_probe(struct fovea_fold *fold, const struct fovea_weights *weights,
        struct fovea_piece *piece, float *values)
{
    const size_t width = fold->tower->width;
    const size_t part = width * (piece->k > 0 ? piece->k : 1);
    if (piece->is_bias) {
        memcpy(fold->query_bias, values, width * sizeof *values);
    } else {
        float *probe =
                fovea_weights_at(weights, FOVEA_ROLE_PROBE, piece->layer, 0)
                        ->weight;
        memset(probe, 0, fold->tower->n_heads * width * sizeof *probe);
        for (size_t i = 0; i < fold->tower->n_heads; i++) {
            write_probe(fold, i, values, values + part, probe + i * width);
        }
    }
    memmove(values, values + 2 * part, part * sizeof *values);
    piece->part = 2;
    piece->n_parts = 1;
    piece->n = width;
}

/* Queries, keys and values of the last layer come apart, behind one norm: by the first
   of them both are balanced. */
static void
fold_balance(const struct fovea_fold *fold, const struct fovea_weights *weights,
        const struct fovea_piece *piece, float *values)
{
    const struct fovea_placed *norm = fovea_weights_at(weights,
            piece->role == FOVEA_ROLE_FC1 ? FOVEA_ROLE_NORM2 : FOVEA_ROLE_NORM1,
            piece->layer, 0);
    if (piece->part == 0) {
        fovea_balance_factors(norm->weight, norm->bias, values, piece->n,
                piece->k, fold->factors);
        fovea_balance_norm(norm->weight, norm->bias, piece->k, fold->factors);
    }
    fovea_balance_matrix(values, piece->n, piece->k, fold->factors);
}

enum fovea_status
fovea_fold_into(struct fovea_fold *fold, const struct fovea_weights *weights,
        struct fovea_piece *piece, float *values, struct fovea_error *err)
{
    const struct fovea_tower *tower = fold->tower;
    const bool is_head = piece->layer == tower->n_layers;
    switch ((int)piece->role) {
    case FOVEA_ROLE_POSITION:
        if (tower->modality == FOVEA_MODALITY_IMAGE) {
            return fold_positions(fold, piece, values, err);
        }
        break;
    case FOVEA_ROLE_OUT:
    case FOVEA_ROLE_FC2:
        if (tower->has_layer_scale && !is_head) {
            fold_scale(fold, piece, values);
        }
        break;
    case FOVEA_ROLE_QKV:
        if (is_head) {
            fold_probe(fold, weights, piece, values);
        }
        break;
    default:
        break;
    }
    if ((piece->role == FOVEA_ROLE_QKV || piece->role == FOVEA_ROLE_FC1) &&
            piece->k > 0 &&
            fovea_precision_balances(weights->precision, tower, piece->layer)) {
        fold_balance(fold, weights, piece, values);
    }
    return FOVEA_OK;
}
