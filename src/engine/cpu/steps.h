/*
 * The steps that a forward pass is made of: a linear layer, a layer norm,
 * attention, an MLP. Each works in a plan's buffers and knows nothing of which
 * network it stands in.
 */
#ifndef FOVEA_ENGINE_CPU_STEPS_H
#define FOVEA_ENGINE_CPU_STEPS_H

#include "engine/cpu/plan.h"

/** A whole piece of a layer, or of the tower with layer 0. */
const struct fovea_placed *fovea_step_piece(const struct fovea_plan *plan,
        enum fovea_role role, size_t layer);

/** dst = src by a matrix, as its product was made. */
FOVEA_NODISCARD enum fovea_status fovea_step_linear(struct fovea_plan *plan,
        struct fovea_product *product, const struct fovea_rows *src,
        const struct fovea_placed *placed, const struct fovea_rows *dst,
        struct fovea_error *err);

/** out = layer norm of the first n rows of x. */
void fovea_step_norm(const struct fovea_plan *plan, const float *x, size_t n,
        const struct fovea_placed *placed, const struct fovea_rows *out);

/* What is attended to, and by what (attend.h). */
struct fovea_attended {
    struct fovea_rows query; /* [n_queries] */
    struct fovea_rows key;   /* [n_tokens] */
    struct fovea_rows value;
    struct fovea_rows out; /* [n_queries] */
    size_t n_queries;
    size_t n_tokens; /* of the sequence */
    size_t n_heads;
    size_t width; /* of a head's queries, keys and values */
};

/** out = softmax(Q K^T) V, scores scaled for the tower's heads. */
void fovea_step_attend(struct fovea_plan *plan,
        const struct fovea_attended *attended);

/* An MLP of a layer, and what it works on. */
struct fovea_mlp {
    size_t layer;
    struct fovea_product *fc1;
    struct fovea_product *fc2;
    struct fovea_rows src;
    struct fovea_rows hidden; /* room for a part of the hidden layer */
    struct fovea_rows x;      /* float32 */
};

/** x += MLP(src), one part of the hidden layer after the other. */
FOVEA_NODISCARD enum fovea_status fovea_step_mlp(struct fovea_plan *plan,
        const struct fovea_mlp *mlp, struct fovea_error *err);

#endif
