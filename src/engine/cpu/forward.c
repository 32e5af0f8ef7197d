/*
 * See forward.h. What is embedded becomes rows (embed_image.c), the rows go
 * through the layers (layers.c), and a head makes embeddings of them
 * (head_token.c, head_attention.c).
 *
 * Where one token of a sequence is pooled, the last layer computes keys and values
 * of all tokens and everything else for that one alone: about a layer's worth of
 * work less.
 */
#include "engine/cpu/forward.h"

#include "base/error.h"
#include "engine/cpu/embed_image.h"
#include "engine/cpu/head_attention.h"
#include "engine/cpu/head_token.h"
#include "engine/cpu/layers.h"

/* The layers of which all tokens are needed. */
static size_t
count_whole(const struct fovea_tower *tower)
{
    return fovea_tower_layers(tower) - 1;
}

/* All layers from this one on, and the head. */
static enum fovea_status
run_layers(const struct fovea_pass *pass, size_t first, float *embeds,
        struct fovea_error *err)
{
    const struct fovea_tower *tower = &pass->plan->weights->tower;
    const size_t n_whole = count_whole(tower);
    enum fovea_status status = FOVEA_OK;
    for (size_t i = first; !status && i < n_whole; i++) {
        status = fovea_layer_run(pass, i, err);
    }
    if (status) {
        return status;
    }
    if (tower->pooling == FOVEA_POOLING_ATTENTION) {
        return fovea_head_attention_run(pass, embeds, err);
    }
    status = fovea_layer_run_last(pass, n_whole, err);
    return status ? status : fovea_head_token_run(pass, embeds, err);
}

/* n images in one pass. */
static struct fovea_pass
pass_of(struct fovea_plan *plan, size_t n)
{
    return (struct fovea_pass){
        .plan = plan,
        .of_rows = plan->sets[n],
        .of_sequences = plan->sets[n],
        .n_rows = n * plan->sizes.n_tokens,
        .sequences = plan->sequences,
        .n_sequences = n,
    };
}

enum fovea_status
fovea_forward_run(struct fovea_plan *plan,
        const struct fovea_pixel_table *table, const uint8_t *pixels, size_t n,
        float *embeds, struct fovea_error *err)
{
    const struct fovea_tower *tower = &plan->weights->tower;
    const size_t side = tower->side_px;
    FOVEA_ASSERT(n >= 1 && n <= plan->max_batch);
    size_t step = 0;
    for (size_t i = 0; i < n; i += step) {
        step = fovea_plan_step(plan, n - i);
        const struct fovea_pass pass = pass_of(plan, step);
        enum fovea_status status = fovea_embed_images(&pass, table,
                pixels + i * 3 * side * side, err);
        if (!status) {
            status = run_layers(&pass, 0, embeds + i * tower->dimension, err);
        }
        if (status) {
            return status;
        }
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_forward_warm_up(struct fovea_plan *plan,
        const struct fovea_pixel_table *table, struct fovea_error *err)
{
    const struct fovea_tower *tower = &plan->weights->tower;
    const size_t side = tower->side_px;
    const size_t n_whole = count_whole(tower);
    FOVEA_AUTO_FREE uint8_t *pixels = calloc(side * side, 3);
    FOVEA_AUTO_FREE float *embeds = calloc(tower->dimension, sizeof *embeds);
    if (!pixels || !embeds) {
        return fovea_fail_memory(err, 3 * side * side, "the forward pass");
    }
    const struct fovea_pass pass = pass_of(plan, 1);
    enum fovea_status status = fovea_embed_images(&pass, table, pixels, err);
    return status
            ? status
            : run_layers(&pass, n_whole > 0 ? n_whole - 1 : 0, embeds, err);
}
