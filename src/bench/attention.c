/* See attention.h. */
#include "bench/attention.h"

#include "engine/cpu/steps.h"

static struct fovea_rows
rows_of(const struct fovea_plan *plan, void *buffer, size_t width, size_t first)
{
    const struct fovea_rows all =
            fovea_rows_dense(buffer, width, plan->element);
    return fovea_rows_from(&all, first);
}

/* All tokens to each other, in a layer, where an image's rows lie in a pass. */
static enum fovea_status
attend_all(struct fovea_plan *plan, size_t image, struct fovea_error *err)
{
    const struct fovea_sizes *s = &plan->sizes;
    const size_t first = image * s->n_tokens;
    const struct fovea_rows query =
            rows_of(plan, plan->wide, 3 * s->hidden, first);
    const struct fovea_attended attended = { query,
        fovea_rows_columns(&query, s->hidden),
        fovea_rows_columns(&query, 2 * s->hidden),
        rows_of(plan, plan->y, s->hidden, first), s->n_tokens };
    return fovea_step_attend(plan, fovea_plan_attention(plan, s->n_tokens),
            &attended, err);
}

/* One token, or the learned query, to all of them. */
static enum fovea_status
attend_pooled(struct fovea_plan *plan, size_t image, struct fovea_error *err)
{
    const struct fovea_sizes *s = &plan->sizes;
    const size_t first = image * s->n_tokens;
    struct fovea_attended attended = { .n_tokens = s->n_tokens };
    if (plan->weights->tower.pooling == FOVEA_POOLING_ATTENTION) {
        attended.query = rows_of(plan, plan->x, s->hidden, 0);
        attended.key = rows_of(plan, plan->y, s->hidden, first);
        attended.value = attended.key;
        attended.out = rows_of(plan, plan->wide, s->hidden, image * s->n_heads);
    } else {
        attended.query = rows_of(plan, plan->y, s->hidden, image);
        attended.key = rows_of(plan, plan->wide, 2 * s->hidden, first);
        attended.value = fovea_rows_columns(&attended.key, s->hidden);
        attended.out = rows_of(plan, plan->x, s->hidden, image);
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
