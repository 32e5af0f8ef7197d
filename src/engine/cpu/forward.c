/*
 * See forward.h. What is embedded becomes rows (embed_image.c, embed_text.c), the rows go
 * through the layers (layers.c), and a head makes embeddings of them
 * (head_token.c, head_attention.c).
 *
 * Where one token of a sequence is pooled, the last layer computes keys and values
 * of all tokens and everything else for that one alone: about a layer's worth of
 * work less.
 */
#include "engine/cpu/forward.h"

#include <string.h>

#include "base/error.h"
#include "engine/cpu/embed_image.h"
#include "engine/cpu/embed_text.h"
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
    const bool attends = tower->pooling == FOVEA_POOLING_ATTENTION;
    if (!attends) {
        status = fovea_layer_run_last(pass, n_whole, err);
    }
    fovea_part_enter_head(pass->plan->clock);
    if (!status) {
        status = attends ? fovea_head_attention_run(pass, embeds, err)
                         : fovea_head_token_run(pass, embeds, err);
    }
    fovea_part_end(pass->plan->clock, FOVEA_PART_HEAD);
    return status;
}

/* As many of n images or texts as a pass takes, as rows. */
static enum fovea_status
begin_pass(struct fovea_plan *plan, const struct fovea_pixel_table *table,
        const void *rows, size_t n, struct fovea_pass *pass_out,
        struct fovea_error *err)
{
    if (plan->sizes.is_text) {
        return fovea_embed_texts(plan, rows, n, pass_out, err);
    }
    const size_t step = fovea_plan_step(plan, n);
    *pass_out = (struct fovea_pass){
        .plan = plan,
        .of_rows = plan->sets[step],
        .of_sequences = plan->sets[step],
        .n_rows = step * plan->sizes.n_tokens,
        .sequences = plan->sequences,
        .n_sequences = step,
    };
    return fovea_embed_images(pass_out, table, rows, err);
}

/* A pass of texts makes more embeddings than there are texts. */
static enum fovea_status
finish_pass(const struct fovea_pass *pass, size_t first_layer, float *embeds,
        struct fovea_error *err)
{
    const struct fovea_plan *plan = pass->plan;
    enum fovea_status status = run_layers(pass, first_layer,
            plan->embeds ? plan->embeds : embeds, err);
    if (!status && plan->embeds) {
        memcpy(embeds, plan->embeds,
                pass->n_sequences * plan->sizes.dimension * sizeof *embeds);
    }
    return status;
}

enum fovea_status
fovea_forward_run(struct fovea_plan *plan,
        const struct fovea_pixel_table *table, const void *rows, size_t n,
        float *embeds, struct fovea_error *err)
{
    const struct fovea_tower *tower = &plan->weights->tower;
    const size_t size = fovea_tower_row_bytes(tower);
    FOVEA_ASSERT(n >= 1 && n <= plan->max_batch);
    struct fovea_pass pass = { .n_sequences = 0 };
    for (size_t i = 0; i < n; i += pass.n_sequences) {
        fovea_part_begin(plan->clock);
        enum fovea_status status = begin_pass(plan, table,
                (const uint8_t *)rows + i * size, n - i, &pass, err);
        fovea_part_end(plan->clock, FOVEA_PART_EMBED);
        if (!status) {
            status = finish_pass(&pass, 0, embeds + i * tower->dimension, err);
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
    const size_t size = fovea_tower_row_bytes(tower);
    const size_t n_whole = count_whole(tower);
    FOVEA_AUTO_FREE void *row = calloc(1, size);
    FOVEA_AUTO_FREE float *embeds = calloc(tower->dimension, sizeof *embeds);
    if (!row || !embeds) {
        return fovea_fail_memory(err, size, "the forward pass");
    }
    if (tower->modality == FOVEA_MODALITY_TEXT) {
        ((struct fovea_text_row *)row)->n = tower->context;
    }
    struct fovea_pass pass;
    enum fovea_status status = begin_pass(plan, table, row, 1, &pass, err);
    /* The first layer may be of another kind than the others. */
    if (!status && n_whole > 1) {
        status = fovea_layer_run(&pass, 0, err);
    }
    return status
            ? status
            : finish_pass(&pass, n_whole > 0 ? n_whole - 1 : 0, embeds, err);
}
