/* See steps.h. */
#include "engine/cpu/steps.h"

#include <math.h>

#include "engine/cpu/attend.h"
#include "engine/cpu/kernels.h"

const struct fovea_placed *
fovea_step_piece(const struct fovea_plan *plan, enum fovea_role role,
        size_t layer)
{
    return fovea_weights_at(plan->weights, role, layer, 0);
}

void *
fovea_step_offset(const struct fovea_plan *plan, void *buffer,
        size_t n_elements)
{
    return (uint8_t *)buffer + n_elements * fovea_element_size(plan->element);
}

enum fovea_status
fovea_step_linear(struct fovea_plan *plan, struct fovea_product *product,
        const void *src, const struct fovea_placed *placed, void *dst,
        struct fovea_error *err)
{
    return fovea_product_run(product, src, placed->weight, placed->bias, dst,
            plan->scratch, err);
}

void
fovea_step_norm(const struct fovea_plan *plan, const float *x, size_t n,
        const struct fovea_placed *placed, enum fovea_element element,
        void *out)
{
    struct fovea_norm norm = { placed->weight, placed->bias,
        plan->weights->tower.eps, plan->sizes.hidden };
    fovea_kernel_layer_norm(x, n, &norm, element, out);
}

/* A text's, which may have any number of tokens. */
static void
attend_text(struct fovea_plan *plan, const struct fovea_attention *attention,
        const struct fovea_attended *attended)
{
    const struct fovea_sizes *s = &plan->sizes;
    const size_t n = attended->n_tokens;
    const struct fovea_attend attend = {
        .n_heads = s->n_heads,
        .head_dim = s->head_dim,
        .n_queries = attention->n_queries ? attention->n_queries : n,
        .n_keys = n,
        .is_causal = plan->weights->tower.is_causal,
        .query_stride = attention->query_stride,
        .key_stride = attention->key_stride,
        .out_stride = s->hidden,
        .element = plan->element,
    };
    fovea_kernel_attend(&attend, attended->query, attended->key,
            attended->value, attended->out, plan->scores);
}

enum fovea_status
fovea_step_attend(struct fovea_plan *plan,
        const struct fovea_attention *attention,
        const struct fovea_attended *attended, struct fovea_error *err)
{
    const struct fovea_sizes *s = &plan->sizes;
    if (!attention->scores) {
        attend_text(plan, attention, attended);
        return FOVEA_OK;
    }
    const float scale = 1.0F / sqrtf((float)s->head_dim);
    for (size_t head = 0; head < s->n_heads; head += attention->heads_at_once) {
        size_t column = head * s->head_dim;
        enum fovea_status status = fovea_product_run(attention->scores,
                fovea_step_offset(plan, attended->query, column),
                fovea_step_offset(plan, attended->key, column), NULL,
                plan->scores, plan->scratch, err);
        if (status) {
            return status;
        }
        fovea_kernel_softmax(plan->scores,
                attention->heads_at_once * attention->n_queries,
                attention->n_keys, s->score_stride, scale, plan->element);
        status = fovea_product_run(attention->gather, plan->scores,
                fovea_step_offset(plan, attended->value, column), NULL,
                fovea_step_offset(plan, attended->out, column), plan->scratch,
                err);
        if (status) {
            return status;
        }
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_step_mlp(struct fovea_plan *plan, struct fovea_product *fc1,
        struct fovea_product *fc2, size_t layer, float *x,
        struct fovea_error *err)
{
    const struct fovea_weights *weights = plan->weights;
    enum fovea_status status = FOVEA_OK;
    for (size_t i = 0; i < weights->forms.mlp_parts && !status; i++) {
        status = fovea_step_linear(plan, fc1, plan->y,
                fovea_weights_at(weights, FOVEA_ROLE_FC1, layer, i), plan->wide,
                err);
        if (!status) {
            status = fovea_step_linear(plan, fc2, plan->wide,
                    fovea_weights_at(weights, FOVEA_ROLE_FC2, layer, i), x,
                    err);
        }
    }
    return status;
}
