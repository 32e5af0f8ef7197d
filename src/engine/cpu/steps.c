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

enum fovea_status
fovea_step_linear(struct fovea_plan *plan, struct fovea_product *product,
        const struct fovea_rows *src, const struct fovea_placed *placed,
        const struct fovea_rows *dst, struct fovea_error *err)
{
    const struct fovea_operands operands = { src, placed->weight, placed->bias,
        dst, plan->scratch };
    return fovea_product_run(product, &operands, err);
}

void
fovea_step_norm(const struct fovea_plan *plan, const float *x, size_t n,
        const struct fovea_placed *placed, const struct fovea_rows *out)
{
    struct fovea_norm norm = { placed->weight, placed->bias,
        plan->weights->tower.eps, plan->sizes.hidden };
    fovea_kernel_layer_norm(x, n, &norm, out);
    fovea_part_end(plan->clock, FOVEA_PART_NORMS);
}

/* Elements from a row to the next. */
static size_t
stride_of(const struct fovea_rows *rows)
{
    return rows->row_stride / fovea_element_size(rows->element);
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
        .query_stride = stride_of(&attended->query),
        .key_stride = stride_of(&attended->key),
        .out_stride = stride_of(&attended->out),
        .element = plan->element,
    };
    fovea_kernel_attend(&attend, attended->query.base, attended->key.base,
            attended->value.base, attended->out.base, plan->scores);
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
        enum fovea_status status = fovea_batched_run(attention->scores,
                fovea_rows_at(&attended->query, 0, column),
                fovea_rows_at(&attended->key, 0, column), plan->scores,
                plan->scratch, err);
        if (status) {
            return status;
        }
        fovea_kernel_softmax(plan->scores,
                attention->heads_at_once * attention->n_queries,
                attention->n_keys, s->score_stride, scale, plan->element);
        status = fovea_batched_run(attention->gather, plan->scores,
                fovea_rows_at(&attended->value, 0, column),
                fovea_rows_at(&attended->out, 0, column), plan->scratch, err);
        if (status) {
            return status;
        }
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_step_mlp(struct fovea_plan *plan, const struct fovea_mlp *mlp,
        struct fovea_error *err)
{
    const struct fovea_weights *weights = plan->weights;
    enum fovea_status status = FOVEA_OK;
    for (size_t i = 0; i < weights->forms.mlp_parts && !status; i++) {
        status = fovea_step_linear(plan, mlp->fc1, &mlp->src,
                fovea_weights_at(weights, FOVEA_ROLE_FC1, mlp->layer, i),
                &mlp->hidden, err);
        if (!status) {
            status = fovea_step_linear(plan, mlp->fc2, &mlp->hidden,
                    fovea_weights_at(weights, FOVEA_ROLE_FC2, mlp->layer, i),
                    &mlp->x, err);
        }
    }
    fovea_part_end(plan->clock, FOVEA_PART_MLP);
    return status;
}
