/*
 * The layers of a transformer, over the rows of several sequences of tokens that
 * lie one after the other. Linear layers, norms and MLPs see rows alone; attention
 * runs sequence by sequence.
 */
#ifndef FOVEA_ENGINE_CPU_LAYERS_H
#define FOVEA_ENGINE_CPU_LAYERS_H

#include "engine/cpu/plan.h"

/* What goes through the layers together. */
struct fovea_pass {
    struct fovea_plan *plan;
    /* Products with a row for every token, and with one for every sequence. */
    const struct fovea_product_set *of_rows;
    const struct fovea_product_set *of_sequences;
    size_t n_rows;
    const struct fovea_sequence *sequences;
    size_t n_sequences;
};

/** Rows of float32 of the residual stream: x, or pooled. */
struct fovea_rows fovea_pass_residual(const struct fovea_pass *pass, float *x);

/** x = layer(x) of all rows. */
FOVEA_NODISCARD enum fovea_status fovea_layer_run(const struct fovea_pass *pass,
        size_t layer, struct fovea_error *err);

/** pooled = layer(x) of each sequence's pooled row: keys and values of all rows,
 *  everything else for those alone. */
FOVEA_NODISCARD enum fovea_status fovea_layer_run_last(
        const struct fovea_pass *pass, size_t layer, struct fovea_error *err);

/** pooled += MLP(LayerNorm(pooled)), by a layer's pieces. */
FOVEA_NODISCARD enum fovea_status fovea_layer_pooled_mlp(
        const struct fovea_pass *pass, size_t layer, struct fovea_error *err);

#endif
