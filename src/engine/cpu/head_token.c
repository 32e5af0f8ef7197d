/* See head_token.h. */
#include "engine/cpu/head_token.h"

#include "engine/cpu/steps.h"

enum fovea_status
fovea_head_token_run(const struct fovea_pass *pass, float *embeds,
        struct fovea_error *err)
{
    struct fovea_plan *plan = pass->plan;
    const bool projects = plan->weights->tower.has_projection;
    fovea_step_norm(plan, plan->pooled, pass->n_sequences,
            fovea_step_piece(plan, FOVEA_ROLE_POST_NORM, 0),
            projects ? plan->element : FOVEA_ELEMENT_F32,
            projects ? plan->y : embeds);
    return projects
            ? fovea_step_linear(plan,
                      pass->of_sequences->products[FOVEA_USE_PROJECT], plan->y,
                      fovea_step_piece(plan, FOVEA_ROLE_PROJECTION, 0), embeds,
                      err)
            : FOVEA_OK;
}
