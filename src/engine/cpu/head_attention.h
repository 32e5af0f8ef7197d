/*
 * The head of towers that pool by attention: one learned query attends to all
 * tokens, and an MLP follows.
 *
 * The query is the same for every image, and so is what each head of it asks of a
 * token: query and keys are multiplied while packing (fold.h), and what the keys'
 * bias adds is the same for all tokens, so that softmax cancels it. Values are made
 * of what was gathered, a row a head, not of every token.
 */
#ifndef FOVEA_ENGINE_CPU_HEAD_ATTENTION_H
#define FOVEA_ENGINE_CPU_HEAD_ATTENTION_H

#include "engine/cpu/layers.h"

/** embeds = pooled + MLP(LayerNorm(pooled)), where pooled is the attention of the
 *  probe to LayerNorm(x); [n_sequences][width]. */
FOVEA_NODISCARD enum fovea_status fovea_head_attention_run(
        const struct fovea_pass *pass, float *embeds, struct fovea_error *err);

#endif
