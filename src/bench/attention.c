/* See attention.h. */
#include "bench/attention.h"

#include "engine/cpu/steps.h"

/* All tokens to each other, in a layer, where an image's rows lie in a pass. */
static enum fovea_status
attend_all(struct fovea_plan *plan, size_t image, struct fovea_error *err)
{
    const struct fovea_sizes *s = &plan->sizes;
    const size_t first = image * s->n_tokens * s->hidden;
    void *query = fovea_step_offset(plan, plan->wide, 3 * first);
    const struct fovea_attended attended = { query,
        fovea_step_offset(plan, query, s->hidden),
        fovea_step_offset(plan, query, 2 * s->hidden),
        fovea_step_offset(plan, plan->y, first), s->n_tokens };
    return fovea_step_attend(plan, fovea_plan_attention(plan, s->n_tokens),
            &attended, err);
}

/* One token, or the learned query, to all of them. */
static enum fovea_status
attend_pooled(struct fovea_plan *plan, size_t image, struct fovea_error *err)
{
    const struct fovea_sizes *s = &plan->sizes;
    const size_t first = image * s->n_tokens * s->hidden;
    struct fovea_attended attended;
    if (plan->weights->tower.pooling == FOVEA_POOLING_ATTENTION) {
        void *tokens = fovea_step_offset(plan, plan->y, first);
        attended = (struct fovea_attended){ plan->x, tokens, tokens,
            fovea_step_offset(plan, plan->wide, image * s->n_heads * s->hidden),
            s->n_tokens };
    } else {
        void *key = fovea_step_offset(plan, plan->wide, 2 * first);
        attended = (struct fovea_attended){ plan->x, key,
            fovea_step_offset(plan, key, s->hidden),
            fovea_step_offset(plan, plan->y, image * s->hidden), s->n_tokens };
    }
    return fovea_step_attend(plan,
            fovea_plan_pooled_attention(plan, s->n_tokens), &attended, err);
}

enum fovea_status
fovea_bench_attend(struct fovea_plan *plan, size_t n, struct fovea_error *err)
{
    const size_t n_whole = fovea_tower_layers(&plan->weights->tower) - 1;
    enum fovea_status status = FOVEA_OK;
    size_t step = 0;
    for (size_t done = 0; done < n; done += step) {
        step = fovea_plan_step(plan, n - done);
        for (size_t i = 0; !status && i < n_whole * step; i++) {
            status = attend_all(plan, i % step, err);
        }
        for (size_t i = 0; !status && i < step; i++) {
            status = attend_pooled(plan, i, err);
        }
    }
    return status;
}
