/*
 * What checkpoints store apart and packed weights have in one: positions are
 * interpolated to the patches that there are, the bias of patches and registers are
 * part of them, layer scale of the matrix before it, and
 * a learned query is multiplied with the keys' matrix. For 8-bit arithmetic norms are
 * balanced with the matrices behind them. All of it in float32, before
 * anything is rounded.
 */
#ifndef FOVEA_ENGINE_CPU_FOLD_H
#define FOVEA_ENGINE_CPU_FOLD_H

#include "engine/cpu/weights.h"

/* What was read and waits for the piece that it is folded into. */
struct fovea_fold {
    const struct fovea_tower *tower;
    float *patch_bias; /* owned, and what is behind it */
    float *scale;
    float *probe;
    float *query_bias;
    float *registers;
    float *factors; /* of the norm that was balanced last (balance.h) */
};

FOVEA_NODISCARD enum fovea_status fovea_fold_init(struct fovea_fold *fold,
        const struct fovea_tower *tower, struct fovea_error *err);
void fovea_fold_finish(struct fovea_fold *fold);

/** Keep the values of a stored piece that is folded into a later one. false: it is
 *  none. */
bool fovea_fold_keep(struct fovea_fold *fold, const struct fovea_piece *piece,
        const float *values);

/**
 * Fold what was kept into a stored piece.
 *
 * @param weights  A probe is written to its place there, and a norm balanced.
 * @param piece    As stored; afterwards as packed.
 * @param values   Of the piece, in place; room for it both as stored and as packed.
 * @return FOVEA_OK; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_fold_into(struct fovea_fold *fold,
        const struct fovea_weights *weights, struct fovea_piece *piece,
        float *values, struct fovea_error *err);

#endif
