/* The head of towers that pool one token of a sequence: the class token or the
   last one. */
#ifndef FOVEA_ENGINE_CPU_HEAD_TOKEN_H
#define FOVEA_ENGINE_CPU_HEAD_TOKEN_H

#include "engine/cpu/layers.h"

/** embeds = projection(LayerNorm(pooled)), or what is projected where there is no
 *  projection; [n_sequences][dimension]. */
FOVEA_NODISCARD enum fovea_status fovea_head_token_run(
        const struct fovea_pass *pass, float *embeds, struct fovea_error *err);

#endif
