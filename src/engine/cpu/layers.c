/* See layers.h. Each function is one box of the paper's picture. Attention reads
   queries, keys and values where the one matrix product left them. */
#include "engine/cpu/layers.h"

#include <string.h>

#include "engine/cpu/steps.h"

/* x += Attention(LayerNorm(x)) */
static enum fovea_status
attention_block(const struct fovea_pass *pass, size_t layer,
        struct fovea_error *err)
{
    struct fovea_plan *plan = pass->plan;
    const size_t hidden = plan->sizes.hidden;
    fovea_step_norm(plan, plan->x, pass->n_rows,
            fovea_step_piece(plan, FOVEA_ROLE_NORM1, layer), plan->element,
            plan->y);
    enum fovea_status status = fovea_step_linear(plan,
            pass->of_rows->products[FOVEA_USE_QKV], plan->y,
            fovea_step_piece(plan, FOVEA_ROLE_QKV, layer), plan->wide, err);
    for (size_t i = 0; !status && i < pass->n_sequences; i++) {
        const struct fovea_sequence *sequence = &pass->sequences[i];
        void *query =
                fovea_step_offset(plan, plan->wide, sequence->row * 3 * hidden);
        const struct fovea_attended attended = { query,
            fovea_step_offset(plan, query, hidden),
            fovea_step_offset(plan, query, 2 * hidden),
            fovea_step_offset(plan, plan->y, sequence->row * hidden),
            sequence->n_tokens };
        status = fovea_step_attend(plan,
                fovea_plan_attention(plan, sequence->n_tokens), &attended, err);
    }
    if (!status) {
        status = fovea_step_linear(plan, pass->of_rows->products[FOVEA_USE_OUT],
                plan->y, fovea_step_piece(plan, FOVEA_ROLE_OUT, layer), plan->x,
                err);
    }
    return status;
}

/* x += MLP(LayerNorm(x)) */
static enum fovea_status
mlp_block(const struct fovea_pass *pass, size_t layer, struct fovea_error *err)
{
    struct fovea_plan *plan = pass->plan;
    fovea_step_norm(plan, plan->x, pass->n_rows,
            fovea_step_piece(plan, FOVEA_ROLE_NORM2, layer), plan->element,
            plan->y);
    return fovea_step_mlp(plan, pass->of_rows->products[FOVEA_USE_FC1],
            pass->of_rows->products[FOVEA_USE_FC2], layer, plan->x, err);
}

enum fovea_status
fovea_layer_run(const struct fovea_pass *pass, size_t layer,
        struct fovea_error *err)
{
    enum fovea_status status = attention_block(pass, layer, err);
    return status ? status : mlp_block(pass, layer, err);
}

/* The pooled rows come together, in pooled and at the start of y. */
static void
gather_pooled_rows(const struct fovea_pass *pass)
{
    struct fovea_plan *plan = pass->plan;
    const size_t hidden = plan->sizes.hidden;
    for (size_t i = 0; i < pass->n_sequences; i++) {
        const size_t from = pass->sequences[i].pooled_row * hidden;
        memcpy(plan->pooled + i * hidden, plan->x + from,
                hidden * sizeof(float));
        memmove(fovea_step_offset(plan, plan->y, i * hidden),
                fovea_step_offset(plan, plan->y, from),
                hidden * fovea_element_size(plan->element));
    }
}

/* pooled += Attention(LayerNorm(x)), for the pooled rows alone. */
static enum fovea_status
last_attention_block(const struct fovea_pass *pass, size_t layer,
        struct fovea_error *err)
{
    struct fovea_plan *plan = pass->plan;
    const size_t hidden = plan->sizes.hidden;
    fovea_step_norm(plan, plan->x, pass->n_rows,
            fovea_step_piece(plan, FOVEA_ROLE_NORM1, layer), plan->element,
            plan->y);
    enum fovea_status status = fovea_step_linear(plan,
            pass->of_rows->products[FOVEA_USE_KEY_VALUE], plan->y,
            fovea_weights_at(plan->weights, FOVEA_ROLE_QKV, layer, 1),
            plan->wide, err);
    if (status) {
        return status;
    }
    gather_pooled_rows(pass);
    /* x is free now and takes the queries. */
    status = fovea_step_linear(plan,
            pass->of_sequences->products[FOVEA_USE_QUERY], plan->y,
            fovea_step_piece(plan, FOVEA_ROLE_QKV, layer), plan->x, err);
    for (size_t i = 0; !status && i < pass->n_sequences; i++) {
        const struct fovea_sequence *sequence = &pass->sequences[i];
        void *key =
                fovea_step_offset(plan, plan->wide, sequence->row * 2 * hidden);
        const struct fovea_attended attended = { fovea_step_offset(plan,
                                                         plan->x, i * hidden),
            key, fovea_step_offset(plan, key, hidden),
            fovea_step_offset(plan, plan->y, i * hidden), sequence->n_tokens };
        status = fovea_step_attend(plan,
                fovea_plan_pooled_attention(plan, sequence->n_tokens),
                &attended, err);
    }
    if (!status) {
        status = fovea_step_linear(plan,
                pass->of_sequences->products[FOVEA_USE_POOLED_OUT], plan->y,
                fovea_step_piece(plan, FOVEA_ROLE_OUT, layer), plan->pooled,
                err);
    }
    return status;
}

enum fovea_status
fovea_layer_pooled_mlp(const struct fovea_pass *pass, size_t layer,
        struct fovea_error *err)
{
    struct fovea_plan *plan = pass->plan;
    fovea_step_norm(plan, plan->pooled, pass->n_sequences,
            fovea_step_piece(plan, FOVEA_ROLE_NORM2, layer), plan->element,
            plan->y);
    return fovea_step_mlp(plan,
            pass->of_sequences->products[FOVEA_USE_POOLED_FC1],
            pass->of_sequences->products[FOVEA_USE_POOLED_FC2], layer,
            plan->pooled, err);
}

enum fovea_status
fovea_layer_run_last(const struct fovea_pass *pass, size_t layer,
        struct fovea_error *err)
{
    enum fovea_status status = last_attention_block(pass, layer, err);
    return status ? status : fovea_layer_pooled_mlp(pass, layer, err);
}
