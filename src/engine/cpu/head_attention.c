/* See head_attention.h. */
#include "engine/cpu/head_attention.h"

#include <string.h>

#include "engine/cpu/kernels.h"
#include "engine/cpu/steps.h"

static struct fovea_rows
rows_of(const struct fovea_plan *plan, void *buffer)
{
    return fovea_rows_dense(buffer, plan->sizes.hidden, plan->element);
}

/* wide = what each head gathers of all tokens, [n_sequences][n_heads][hidden] */
static void
gather_tokens(const struct fovea_pass *pass, size_t layer,
        const struct fovea_rows *wide)
{
    struct fovea_plan *plan = pass->plan;
    const struct fovea_sizes *s = &plan->sizes;
    const struct fovea_rows normed = rows_of(plan, plan->y);
    /* x is free now and takes the probe. */
    const struct fovea_rows probe = rows_of(plan, plan->x);
    fovea_step_norm(plan, plan->x, pass->n_rows,
            fovea_step_piece(plan, FOVEA_ROLE_POST_NORM, 0), &normed);
    fovea_kernel_narrow(fovea_step_piece(plan, FOVEA_ROLE_PROBE, layer)->weight,
            s->n_heads * s->hidden, plan->element, probe.base);
    /* Heads are rows of one matrix, and tokens both keys and values. */
    for (size_t i = 0; i < pass->n_sequences; i++) {
        const struct fovea_sequence *sequence = &pass->sequences[i];
        const struct fovea_rows tokens =
                fovea_rows_from(&normed, sequence->row);
        const struct fovea_attended attended = { probe, tokens, tokens,
            fovea_rows_from(wide, i * s->n_heads), s->n_heads,
            sequence->n_tokens, 1, s->hidden };
        fovea_step_attend(plan, &attended);
    }
}

/* Of a head's row of values only the columns of that head are its own. */
static void
take_own_columns(const struct fovea_pass *pass, const struct fovea_rows *heads,
        const struct fovea_rows *out)
{
    const struct fovea_sizes *s = &pass->plan->sizes;
    const size_t size = s->head_dim * fovea_element_size(out->element);
    for (size_t i = 0; i < pass->n_sequences * s->n_heads; i++) {
        const size_t column = i % s->n_heads * s->head_dim;
        memcpy(fovea_rows_at(out, i / s->n_heads, column),
                fovea_rows_at(heads, i, column), size);
    }
}

enum fovea_status
fovea_head_attention_run(const struct fovea_pass *pass, float *embeds,
        struct fovea_error *err)
{
    struct fovea_plan *plan = pass->plan;
    const size_t layer = plan->weights->tower.n_layers;
    struct fovea_product *const *products =
            pass->of_sequences->products[plan->element];
    const struct fovea_rows wide = rows_of(plan, plan->wide);
    const struct fovea_rows heads = rows_of(plan, plan->y);
    const struct fovea_rows pooled = fovea_pass_residual(pass, plan->pooled);
    gather_tokens(pass, layer, &wide);
    enum fovea_status status =
            fovea_step_linear(plan, products[FOVEA_USE_HEAD_VALUES], &wide,
                    fovea_weights_at(plan->weights, FOVEA_ROLE_QKV, layer, 2),
                    &heads, err);
    if (status) {
        return status;
    }
    take_own_columns(pass, &heads, &wide);
    status = fovea_step_linear(plan, products[FOVEA_USE_POOLED_OUT], &wide,
            fovea_step_piece(plan, FOVEA_ROLE_OUT, layer), &pooled, err);
    if (!status) {
        status = fovea_layer_pooled_mlp(pass, layer, err);
    }
    if (!status) {
        memcpy(embeds, plan->pooled,
                pass->n_sequences * plan->sizes.hidden * sizeof *embeds);
    }
    return status;
}
