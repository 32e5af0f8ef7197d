/*
 * Filling weights from a checkpoint, along the list of its tensors: each piece is
 * read into a staging buffer of the largest one and packed from there to its
 * place.
 */
#include "engine/cpu/fill.h"

#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "base/size.h"
#include "checkpoint/tensors.h"
#include "engine/cpu/fold.h"
#include "engine/cpu/int8_weights.h"
#include "engine/cpu/kernels.h"
#include "spec/families.h"
#include "sys/pages.h"

struct loader {
    struct fovea_weights *weights;
    const struct fovea_checkpoint *checkpoint;
    struct fovea_fold *fold;
    float *staging; /* room for the largest piece */
    size_t staging_values;
};

/* Parts that a piece of a checkpoint is cut into. */
static uint32_t
cuts_of(const struct loader *loader, const struct fovea_piece *piece)
{
    bool is_cut = piece->role == FOVEA_ROLE_FC1 ||
            (piece->role == FOVEA_ROLE_FC2 && !piece->is_bias);
    return is_cut ? loader->weights->forms.mlp_parts : 1;
}

/* Of a matrix [n][k]. */

static void
round_none(float *values, size_t n, size_t k)
{
    (void)values;
    (void)n;
    (void)k;
}

static void
round_bf16(float *values, size_t n, size_t k)
{
    fovea_kernel_round_bf16(values, n * k);
}

static void
round_int8(float *values, size_t n, size_t k)
{
    fovea_int8_round(values, n, k);
}

static const struct {
    void (*layers)(float *values, size_t n, size_t k);
    void (*others)(float *values, size_t n, size_t k);
} rounds[FOVEA_N_PRECISIONS] = {
#define X(name, layers_, others_, layers, others, balances) \
    [FOVEA_PRECISION_##name] = { round_##layers, round_##others },
#include "engine/cpu/precision.def"
#undef X
};

static void
round_matrix(const struct fovea_weights *weights,
        const struct fovea_piece *piece, float *values)
{
    if (fovea_precision_is_inner(&weights->tower, piece)) {
        rounds[weights->precision].layers(values, piece->n, piece->k);
    } else {
        rounds[weights->precision].others(values, piece->n, piece->k);
    }
}

/* What is staged is a matrix [n][k], as precise as it shall be. A part of FC1 is
   some of its rows, one of FC2 some of its columns. */
static enum fovea_status
pack(const struct loader *loader, const struct fovea_piece *piece,
        struct fovea_error *err)
{
    const struct fovea_weights *weights = loader->weights;
    const struct fovea_packing *packing = fovea_weights_packing(weights, piece);
    const uint32_t n_cuts = cuts_of(loader, piece);
    const size_t step = piece->role == FOVEA_ROLE_FC1
            ? piece->n / n_cuts * piece->k
            : piece->k / n_cuts;
    round_matrix(weights, piece, loader->staging);
    enum fovea_status status = FOVEA_OK;
    for (uint32_t i = 0; i < n_cuts && !status; i++) {
        status = fovea_packing_pack(packing, loader->staging + i * step,
                piece->k,
                fovea_weights_at(weights, piece->role, piece->layer,
                        piece->part + i)
                        ->weight,
                err);
    }
    return status;
}

/* What is staged is a vector. */
static void
copy(const struct loader *loader, const struct fovea_piece *piece)
{
    const uint32_t n_cuts = cuts_of(loader, piece);
    const size_t n = piece->n / n_cuts;
    for (uint32_t i = 0; i < n_cuts; i++) {
        const struct fovea_placed *placed = fovea_weights_at(loader->weights,
                piece->role, piece->layer, piece->part + i);
        memcpy(piece->is_bias ? placed->bias : placed->weight,
                loader->staging + i * n, n * sizeof(float));
    }
}

/* What is staged is a piece as it is stored. */
static enum fovea_status
place(const struct loader *loader, const struct fovea_piece *stored,
        struct fovea_error *err)
{
    if (fovea_fold_keep(loader->fold, stored, loader->staging)) {
        return FOVEA_OK;
    }
    struct fovea_piece piece = *stored;
    enum fovea_status status = fovea_fold_into(loader->fold, loader->weights,
            &piece, loader->staging, err);
    if (!status && piece.k > 0) {
        return pack(loader, &piece, err);
    }
    if (!status) {
        copy(loader, &piece);
    }
    return status;
}

/* Of a table only a stretch is staged, if it is staged at all: it may be larger than
   all other pieces. */
static enum fovea_status
load_table(const struct loader *loader, const struct fovea_tensor_spec *tensor,
        struct fovea_error *err)
{
    const struct fovea_weights *weights = loader->weights;
    const enum fovea_element element =
            fovea_precision_table(weights->precision);
    uint8_t *place =
            fovea_weights_at(weights, tensor->piece.role, 0, 0)->weight;
    enum fovea_status status = FOVEA_OK;
    for (size_t at = 0; at < tensor->n_elements && !status;) {
        const size_t left = tensor->n_elements - at;
        const size_t n =
                left < loader->staging_values ? left : loader->staging_values;
        status = fovea_tensor_load_part(loader->checkpoint, tensor, at, n,
                loader->staging, err);
        if (!status) {
            fovea_kernel_narrow(loader->staging, n, element,
                    place + at * fovea_element_size(element));
        }
        at += n;
    }
    return status;
}

/* The parts of a piece come one after the other and are stacked. */
static enum fovea_status
load_all(const struct loader *loader, struct fovea_error *err)
{
    const struct fovea_tower *tower = &loader->weights->tower;
    struct fovea_tensor_walk walk = { 0 };
    struct fovea_tensor_spec tensor;
    enum fovea_status status = FOVEA_OK;
    while (!status && fovea_tensor_next(tower, &walk, &tensor)) {
        if (tensor.piece.role == FOVEA_ROLE_TOKEN) {
            status = load_table(loader, &tensor, err);
            continue;
        }
        status = fovea_tensor_load(loader->checkpoint, &tensor,
                loader->staging + tensor.part * tensor.n_elements, err);
        if (!status && tensor.part + 1 == tensor.piece.n_parts) {
            status = place(loader, &tensor.piece, err);
        }
    }
    float *zeros =
            fovea_weights_at(loader->weights, FOVEA_ROLE_ZEROS, 0, 0)->weight;
    if (zeros) {
        memset(zeros, 0, tower->width * sizeof(float));
    }
    return status;
}

static bool
whole_piece(const struct fovea_tower *tower, size_t index,
        struct fovea_piece *piece_out)
{
    return fovea_tower_piece(tower, 1, index, piece_out);
}

/* For the largest piece, both as it is stored and as it is packed; of a table a row
   will do. */
static size_t
staging_values(const struct fovea_tower *tower)
{
    size_t most = 0;
    struct fovea_piece piece;
    bool (*const lists[])(const struct fovea_tower *tower, size_t index,
            struct fovea_piece *piece_out) = { whole_piece,
        fovea_tower_stored };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(lists); i++) {
        for (size_t j = 0; lists[i](tower, j, &piece); j++) {
            size_t n = piece.k > 0 ? piece.k * piece.n : piece.n;
            n = piece.role == FOVEA_ROLE_TOKEN ? piece.n / tower->vocabulary
                                               : n;
            most = n > most ? n : most;
        }
    }
    return most;
}

enum fovea_status
fovea_weights_fill(struct fovea_weights *weights,
        const struct fovea_checkpoint *checkpoint, struct fovea_error *err)
{
    size_t staging_size =
            fovea_round_up(staging_values(&weights->tower) * sizeof(float),
                    FOVEA_OPERAND_ALIGNMENT);
    FOVEA_AUTO_FREE float *staging =
            aligned_alloc(FOVEA_OPERAND_ALIGNMENT, staging_size);
    if (!staging) {
        return fovea_fail_memory(err, staging_size, "loading weights");
    }
    struct fovea_fold fold;
    enum fovea_status status = fovea_fold_init(&fold, &weights->tower, err);
    if (status) {
        return status;
    }
    const struct loader loader = { weights, checkpoint, &fold, staging,
        staging_size / sizeof(float) };
    status = load_all(&loader, err);
    fovea_fold_finish(&fold);
    return status;
}

enum fovea_status
fovea_weights_load(const struct fovea_tower *tower,
        const struct fovea_checkpoint *checkpoint,
        enum fovea_precision precision, struct fovea_weights **weights_out,
        struct fovea_error *err)
{
    struct fovea_weights *weights = NULL;
    struct fovea_forms forms;
    enum fovea_status status = fovea_forms_find(tower, precision, &forms, err);
    if (!status) {
        status = fovea_weights_create(tower, precision, &forms, &weights, err);
    }
    if (status) {
        return status;
    }
    weights->mapping_size = weights->block_size;
    weights->mapping = fovea_pages_map(weights->mapping_size);
    if (weights->mapping) {
        fovea_weights_place(weights, weights->mapping);
        status = fovea_weights_fill(weights, checkpoint, err);
    } else {
        status =
                fovea_fail_memory(err, weights->mapping_size, "packed weights");
    }
    if (status) {
        fovea_weights_destroy(weights);
        return status;
    }
    *weights_out = weights;
    return FOVEA_OK;
}
