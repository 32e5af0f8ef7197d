/* See head_attention.h. */
#include "engine/cpu/head_attention.h"

#include <string.h>

#include "engine/cpu/kernels.h"
#include "engine/cpu/steps.h"

/* wide = what each head gathers of all tokens, [n_sequences][n_heads][hidden] */
static enum fovea_status
gather_tokens(const struct fovea_pass *pass, size_t layer,
        struct fovea_error *err)
{
    struct fovea_plan *plan = pass->plan;
    const struct fovea_sizes *s = &plan->sizes;
    fovea_step_norm(plan, plan->x, pass->n_rows,
            fovea_step_piece(plan, FOVEA_ROLE_POST_NORM, 0), plan->element,
            plan->y);
    /* x is free now and takes the probe. */
    fovea_kernel_narrow(fovea_step_piece(plan, FOVEA_ROLE_PROBE, layer)->weight,
            s->n_heads * s->hidden, plan->element, plan->x);
    enum fovea_status status = FOVEA_OK;
    for (size_t i = 0; !status && i < pass->n_sequences; i++) {
        const struct fovea_sequence *sequence = &pass->sequences[i];
        void *tokens =
                fovea_step_offset(plan, plan->y, sequence->row * s->hidden);
        const struct fovea_attended attended = { plan->x, tokens, tokens,
            fovea_step_offset(plan, plan->wide, i * s->n_heads * s->hidden),
            sequence->n_tokens };
        status = fovea_step_attend(plan,
                fovea_plan_pooled_attention(plan, sequence->n_tokens),
                &attended, err);
    }
    return status;
}

/* Of a head's row of values only the columns of that head are its own. */
static void
take_own_columns(const struct fovea_pass *pass, const void *values, void *out)
{
    const struct fovea_plan *plan = pass->plan;
    const struct fovea_sizes *s = &plan->sizes;
    const size_t size = s->head_dim * fovea_element_size(plan->element);
    for (size_t i = 0; i < pass->n_sequences * s->n_heads; i++) {
        const size_t head = i % s->n_heads;
        memcpy((uint8_t *)out + i * size,
                (const uint8_t *)values + (i * s->n_heads + head) * size, size);
    }
}

enum fovea_status
fovea_head_attention_run(const struct fovea_pass *pass, float *embeds,
        struct fovea_error *err)
{
    struct fovea_plan *plan = pass->plan;
    const size_t layer = plan->weights->tower.n_layers;
    enum fovea_status status = gather_tokens(pass, layer, err);
    if (!status) {
        status = fovea_step_linear(plan,
                pass->of_sequences->products[FOVEA_USE_HEAD_VALUES], plan->wide,
                fovea_weights_at(plan->weights, FOVEA_ROLE_QKV, layer, 2),
                plan->y, err);
    }
    if (status) {
        return status;
    }
    take_own_columns(pass, plan->y, plan->wide);
    status = fovea_step_linear(plan,
            pass->of_sequences->products[FOVEA_USE_POOLED_OUT], plan->wide,
            fovea_step_piece(plan, FOVEA_ROLE_OUT, layer), plan->pooled, err);
    if (!status) {
        status = fovea_layer_pooled_mlp(pass, layer, err);
    }
    if (!status) {
        memcpy(embeds, plan->pooled,
                pass->n_sequences * plan->sizes.hidden * sizeof *embeds);
    }
    return status;
}
