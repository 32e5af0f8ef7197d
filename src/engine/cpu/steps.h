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

/** Where the n-th element of a buffer of elements lies. */
void *fovea_step_offset(const struct fovea_plan *plan, void *buffer,
        size_t n_elements);

/** dst = src by a matrix, as its product was made. */
FOVEA_NODISCARD enum fovea_status fovea_step_linear(struct fovea_plan *plan,
        struct fovea_product *product, const void *src,
        const struct fovea_placed *placed, void *dst, struct fovea_error *err);

/** out = layer norm of the first n rows of x. */
void fovea_step_norm(const struct fovea_plan *plan, const float *x, size_t n,
        const struct fovea_placed *placed, enum fovea_element element,
        void *out);

/* Where the first head of a sequence's queries, keys and values lies, and that of
   what is gathered; each head's columns follow those of the one before. */
struct fovea_attended {
    void *query;
    void *key;
    void *value;
    void *out;
    size_t n_tokens; /* of the sequence */
};

/** out = softmax(Q K^T) V, a few heads at a time, so that their scores stay in the
 *  second-level cache; of texts by kernels of our own (attend.h). */
FOVEA_NODISCARD enum fovea_status fovea_step_attend(struct fovea_plan *plan,
        const struct fovea_attention *attention,
        const struct fovea_attended *attended, struct fovea_error *err);

/** x += MLP(y), one part of the hidden layer after the other. */
FOVEA_NODISCARD enum fovea_status fovea_step_mlp(struct fovea_plan *plan,
        struct fovea_product *fc1, struct fovea_product *fc2, size_t layer,
        float *x, struct fovea_error *err);

#endif
