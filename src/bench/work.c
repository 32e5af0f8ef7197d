/* See work.h. */
#include "bench/work.h"

#include <string.h>

#include "base/macros.h"
#include "engine/cpu/linear.h"

/* Rows of a pass. */
struct rows {
    double n_sequences;
    double n_tokens; /* of a sequence */
};

/* No default, so that an element without its operand is a warning. */
static enum fovea_peak_operand
operand_of(enum fovea_element element)
{
    switch (element) {
    case FOVEA_ELEMENT_BF16:
        return FOVEA_PEAK_BF16;
    case FOVEA_ELEMENT_U8:
        return FOVEA_PEAK_INT8;
    case FOVEA_ELEMENT_F32:
    case FOVEA_N_ELEMENTS:
        break;
    }
    return FOVEA_PEAK_F32;
}

/* Of roles that are matrices. */
static const enum fovea_part parts_of[FOVEA_N_ROLES] = {
    [FOVEA_ROLE_PATCH] = FOVEA_PART_EMBED,
    [FOVEA_ROLE_QKV] = FOVEA_PART_QKV,
    [FOVEA_ROLE_OUT] = FOVEA_PART_OUT,
    [FOVEA_ROLE_FC1] = FOVEA_PART_MLP,
    [FOVEA_ROLE_FC2] = FOVEA_PART_MLP,
    [FOVEA_ROLE_PROJECTION] = FOVEA_PART_HEAD,
};

/* Where one token is pooled, the last layer needs the others for keys and values
   alone. */
static double
rows_of(const struct fovea_tower *tower, const struct rows *rows,
        const struct fovea_piece *piece)
{
    const double all = rows->n_sequences * rows->n_tokens;
    const bool is_behind = piece->layer >= tower->n_layers;
    const bool pools = tower->pooling != FOVEA_POOLING_ATTENTION &&
            piece->layer + 1 == tower->n_layers;
    const bool is_key_value =
            piece->role == FOVEA_ROLE_QKV && piece->n_parts == 2;
    if (piece->role == FOVEA_ROLE_PATCH) {
        return rows->n_sequences * (double)fovea_tower_patches(tower);
    }
    return piece->role == FOVEA_ROLE_PROJECTION || is_behind ||
                    (pools && !is_key_value)
            ? rows->n_sequences
            : all;
}

static void
count_matrices(const struct fovea_weights *weights, const struct rows *rows,
        struct fovea_part_work *work)
{
    const struct fovea_tower *tower = &weights->tower;
    struct fovea_piece piece;
    for (size_t i = 0;
            fovea_tower_piece(tower, weights->forms.mlp_parts, i, &piece);
            i++) {
        if (piece.k == 0) {
            continue;
        }
        const enum fovea_element element =
                fovea_packing_element(fovea_weights_packing(weights, &piece));
        const double n_values = (double)piece.k * (double)piece.n;
        struct fovea_part_work *part =
                &work[piece.layer >= tower->n_layers ? FOVEA_PART_HEAD
                                                     : parts_of[piece.role]];
        part->operations[operand_of(element)] +=
                2.0 * n_values * rows_of(tower, rows, &piece);
        part->bytes += n_values * (double)fovea_element_size(element);
    }
}

/* Scores and what is gathered, two multiply-adds a pair of tokens and column. */
static void
count_attention(const struct fovea_weights *weights, const struct rows *rows,
        struct fovea_part_work *work)
{
    const struct fovea_tower *tower = &weights->tower;
    const enum fovea_peak_operand operand =
            operand_of(fovea_precision_element(weights->precision));
    const bool attends = tower->pooling == FOVEA_POOLING_ATTENTION;
    const double n_whole = (double)fovea_tower_layers(tower) - 1.0;
    const double n = rows->n_tokens;
    const double n_pairs = tower->is_causal ? n * (n + 1.0) / 2.0 : n * n;
    const double a_pair = 4.0 * rows->n_sequences * (double)tower->width;
    work[FOVEA_PART_ATTENTION].operations[operand] +=
            a_pair * n_pairs * n_whole;
    work[attends ? FOVEA_PART_HEAD : FOVEA_PART_ATTENTION]
            .operations[operand] += a_pair * n;
}

void
fovea_work_count(const struct fovea_weights *weights, size_t n_sequences,
        size_t n_tokens, struct fovea_part_work work_out[FOVEA_N_PARTS])
{
    const struct rows rows = { (double)n_sequences, (double)n_tokens };
    memset(work_out, 0, FOVEA_N_PARTS * sizeof *work_out);
    count_matrices(weights, &rows, work_out);
    count_attention(weights, &rows, work_out);
}

struct fovea_part_bound
fovea_work_bound(const struct fovea_part_work *work,
        const struct fovea_peaks *peaks, enum fovea_peak_level level)
{
    struct fovea_part_bound bound = { 0.0,
        1e3 * work->bytes / peaks->bytes[level] };
    for (enum fovea_peak_operand i = 0; i < FOVEA_N_PEAK_OPERANDS; i++) {
        if (work->operations[i] > 0.0) {
            bound.arithmetic_ms +=
                    1e3 * work->operations[i] / fovea_peaks_of(peaks, i);
        }
    }
    return bound;
}
