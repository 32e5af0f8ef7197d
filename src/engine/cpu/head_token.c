/* See head_token.h. */
#include "engine/cpu/head_token.h"

#include "engine/cpu/steps.h"

enum fovea_status
fovea_head_token_run(const struct fovea_pass *pass, float *embeds,
        struct fovea_error *err)
{
    struct fovea_plan *plan = pass->plan;
    const bool projects = plan->weights->tower.has_projection;
    const struct fovea_rows embedding = fovea_rows_dense(embeds,
            plan->weights->tower.dimension, FOVEA_ELEMENT_F32);
    const struct fovea_rows normed =
            fovea_rows_dense(plan->y, plan->sizes.hidden, plan->element);
    fovea_step_norm(plan, plan->pooled, pass->n_sequences,
            fovea_step_piece(plan, FOVEA_ROLE_POST_NORM, 0),
            projects ? &normed : &embedding);
    return projects
            ? fovea_step_linear(plan,
                      pass->of_sequences
                              ->products[plan->element][FOVEA_USE_PROJECT],
                      &normed, fovea_step_piece(plan, FOVEA_ROLE_PROJECTION, 0),
                      &embedding, err)
            : FOVEA_OK;
}
