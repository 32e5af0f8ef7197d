/* See steps.h. */
#include "engine/cpu/steps.h"

#include <math.h>

#include "engine/cpu/attend.h"
#include "engine/cpu/int8_kernels.h"
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

/* A few rows at a time, as norms are computed: the largest value of a row is known when
   all of it is there. */
static void
norm_to_int8(const struct fovea_plan *plan, const float *x, size_t n,
        const struct fovea_norm *norm, const struct fovea_rows *out)
{
    const struct fovea_rows normed =
            fovea_rows_dense(plan->scratch, norm->width, FOVEA_ELEMENT_F32);
    for (size_t i = 0; i < n; i += FOVEA_NORM_ROWS) {
        const size_t left = n - i;
        const size_t n_rows = left < FOVEA_NORM_ROWS ? left : FOVEA_NORM_ROWS;
        const struct fovea_rows rows = fovea_rows_from(out, i);
        fovea_kernel_layer_norm(x + i * norm->width, n_rows, norm, &normed);
        fovea_int8_quantise_rows(&normed, n_rows, norm->width, &rows);
    }
}

void
fovea_step_norm(const struct fovea_plan *plan, const float *x, size_t n,
        const struct fovea_placed *placed, const struct fovea_rows *out)
{
    struct fovea_norm norm = { placed->weight, placed->bias,
        plan->weights->tower.eps, plan->sizes.hidden };
    if (out->element != FOVEA_ELEMENT_U8) {
        fovea_kernel_layer_norm(x, n, &norm, out);
    } else {
        norm_to_int8(plan, x, n, &norm, out);
    }
    fovea_part_end(plan->clock, FOVEA_PART_NORMS);
}

void
fovea_step_attend(struct fovea_plan *plan,
        const struct fovea_attended *attended)
{
    const struct fovea_attend attend = {
        .query = attended->query,
        .key = attended->key,
        .value = attended->value,
        .out = attended->out,
        .n_queries = attended->n_queries,
        .n_keys = attended->n_tokens,
        .n_heads = attended->n_heads,
        .head_dim = attended->width,
        .scale = 1.0F / sqrtf((float)plan->sizes.head_dim),
        .is_causal = plan->weights->tower.is_causal,
    };
    fovea_attend_run(plan->attend_form, &attend, plan->attend_room);
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
