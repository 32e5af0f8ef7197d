/*
 * See vit.h. Read from fovea_vit_embed() down; each function is one box of the
 * paper's picture.
 *
 * Only the class token's output is projected, so the last layer computes keys
 * and values of all tokens and everything else for one token an image: about a
 * layer's worth of work less.
 *
 * Attention runs image by image and a few heads at a time, so that the scores
 * stay in the second-level cache, and reads queries, keys and values where the
 * one matrix product left them.
 */
#include "engine/cpu/vit.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "engine/cpu/vit_state.h"

static enum fovea_status
linear(struct fovea_vit *vit, struct fovea_product *product, const void *src,
        const struct fovea_linear_weights *weights, void *dst,
        struct fovea_error *err)
{
    return fovea_product_run(product, src, weights->packed, weights->bias, dst,
            vit->scratch, err);
}

/* out = layer norm of the first n rows of x. */
static void
norm(const struct fovea_vit *vit, const float *x, size_t n,
        const struct fovea_norm_weights *weights, enum fovea_element element,
        void *out)
{
    struct fovea_norm norm = { weights->weight, weights->bias,
        vit->weights->tower.eps, vit->sizes.hidden };
    fovea_kernel_layer_norm(x, n, &norm, element, out);
}

static void *
offset(const struct fovea_vit *vit, void *buffer, size_t n_elements)
{
    return (uint8_t *)buffer + n_elements * fovea_element_size(vit->element);
}

/* Attention of some queries of one image to all its tokens. Pointers are to the
   first head; each head's columns follow those of the one before. */
static enum fovea_status
attend(struct fovea_vit *vit, const struct fovea_vit_attention *attention,
        void *query, void *key, void *value, void *out, struct fovea_error *err)
{
    const struct fovea_vit_sizes *s = &vit->sizes;
    const float scale = 1.0F / sqrtf((float)s->head_dim);
    for (size_t head = 0; head < s->n_heads; head += attention->heads_at_once) {
        size_t column = head * s->head_dim;
        enum fovea_status status = fovea_product_run(attention->scores,
                offset(vit, query, column), offset(vit, key, column), NULL,
                vit->scores, vit->scratch, err);
        if (status) {
            return status;
        }
        fovea_kernel_softmax(vit->scores,
                attention->heads_at_once * attention->n_queries, s->n_tokens,
                s->score_stride, scale, vit->element);
        status = fovea_product_run(attention->gather, vit->scores,
                offset(vit, value, column), NULL, offset(vit, out, column),
                vit->scratch, err);
        if (status) {
            return status;
        }
    }
    return FOVEA_OK;
}

/* x += Attention(LayerNorm(x)) */
static enum fovea_status
attention_block(struct fovea_vit *vit, struct fovea_vit_plan *plan, size_t n,
        const struct fovea_layer_weights *layer, struct fovea_error *err)
{
    const struct fovea_vit_sizes *s = &vit->sizes;
    norm(vit, vit->x, n * s->n_tokens, &layer->norm1, vit->element, vit->y);
    enum fovea_status status = linear(vit, plan->products[FOVEA_USE_QKV],
            vit->y, &layer->qkv, vit->wide, err);
    for (size_t i = 0; !status && i < n; i++) {
        void *query = offset(vit, vit->wide, i * s->n_tokens * 3 * s->hidden);
        status = attend(vit, &vit->attention, query,
                offset(vit, query, s->hidden),
                offset(vit, query, 2 * s->hidden),
                offset(vit, vit->y, i * s->n_tokens * s->hidden), err);
    }
    if (!status) {
        status = linear(vit, plan->products[FOVEA_USE_OUT], vit->y, &layer->out,
                vit->x, err);
    }
    return status;
}

/* x += MLP(y), one part of the hidden layer after the other. */
static enum fovea_status
mlp(struct fovea_vit *vit, struct fovea_product *fc1, struct fovea_product *fc2,
        const struct fovea_layer_weights *layer, float *x,
        struct fovea_error *err)
{
    enum fovea_status status = FOVEA_OK;
    for (size_t i = 0; i < vit->weights->forms.mlp_parts && !status; i++) {
        const struct fovea_mlp_weights *part = &layer->mlp[i];
        status = linear(vit, fc1, vit->y, &part->fc1, vit->wide, err);
        if (!status) {
            status = linear(vit, fc2, vit->wide, &part->fc2, x, err);
        }
    }
    return status;
}

/* x += MLP(LayerNorm(x)) */
static enum fovea_status
mlp_block(struct fovea_vit *vit, struct fovea_vit_plan *plan, size_t n,
        const struct fovea_layer_weights *layer, struct fovea_error *err)
{
    norm(vit, vit->x, n * vit->sizes.n_tokens, &layer->norm2, vit->element,
            vit->y);
    return mlp(vit, plan->products[FOVEA_USE_FC1],
            plan->products[FOVEA_USE_FC2], layer, vit->x, err);
}

/* cls += Attention(LayerNorm(x)), for the class tokens alone. */
static enum fovea_status
last_attention_block(struct fovea_vit *vit, struct fovea_vit_plan *plan,
        size_t n, const struct fovea_layer_weights *layer,
        struct fovea_error *err)
{
    const struct fovea_vit_sizes *s = &vit->sizes;
    const size_t image = s->n_tokens * s->hidden;
    norm(vit, vit->x, n * s->n_tokens, &layer->norm1, vit->element, vit->y);
    enum fovea_status status = linear(vit, plan->products[FOVEA_USE_KEY_VALUE],
            vit->y, &layer->key_value, vit->wide, err);
    if (status) {
        return status;
    }
    /* The class tokens come together, in cls and at the start of y; x is free
       then and takes the queries. */
    for (size_t i = 0; i < n; i++) {
        memcpy(vit->cls + i * s->hidden, vit->x + i * image,
                s->hidden * sizeof(float));
        memmove(offset(vit, vit->y, i * s->hidden),
                offset(vit, vit->y, i * image),
                s->hidden * fovea_element_size(vit->element));
    }
    status = linear(vit, plan->products[FOVEA_USE_QUERY], vit->y, &layer->query,
            vit->x, err);
    for (size_t i = 0; !status && i < n; i++) {
        void *key = offset(vit, vit->wide, i * s->n_tokens * 2 * s->hidden);
        status = attend(vit, &vit->cls_attention,
                offset(vit, vit->x, i * s->hidden), key,
                offset(vit, key, s->hidden), offset(vit, vit->y, i * s->hidden),
                err);
    }
    if (!status) {
        status = linear(vit, plan->products[FOVEA_USE_CLS_OUT], vit->y,
                &layer->out, vit->cls, err);
    }
    return status;
}

/* cls += MLP(LayerNorm(cls)) */
static enum fovea_status
last_mlp_block(struct fovea_vit *vit, struct fovea_vit_plan *plan, size_t n,
        const struct fovea_layer_weights *layer, struct fovea_error *err)
{
    norm(vit, vit->cls, n, &layer->norm2, vit->element, vit->y);
    return mlp(vit, plan->products[FOVEA_USE_CLS_FC1],
            plan->products[FOVEA_USE_CLS_FC2], layer, vit->cls, err);
}

/* x = LayerNorm(class token and patch embeddings + positions) */
static enum fovea_status
embed_patches(struct fovea_vit *vit, struct fovea_vit_plan *plan,
        const uint8_t *pixels, size_t n, struct fovea_error *err)
{
    const struct fovea_weights *weights = vit->weights;
    const struct fovea_vit_sizes *s = &vit->sizes;
    const size_t side = weights->tower.side_px;
    const size_t patch = weights->tower.patch_px;
    for (size_t i = 0; i < n; i++) {
        fovea_kernel_patches(pixels + i * 3 * side * side, side / patch, patch,
                vit->pixel_table, vit->element,
                offset(vit, vit->wide, i * s->n_patches * s->patch_width));
    }
    enum fovea_status status = linear(vit, plan->products[FOVEA_USE_PATCH],
            vit->wide, &weights->patch, vit->x, err);
    if (status) {
        return status;
    }
    fovea_kernel_tokens(vit->x, n, s->n_patches, s->hidden,
            weights->class_embedding, weights->position_embedding);
    norm(vit, vit->x, n * s->n_tokens, &weights->pre_norm, FOVEA_ELEMENT_F32,
            vit->x);
    return FOVEA_OK;
}

/* All layers from this one on. */
static enum fovea_status
forward(struct fovea_vit *vit, const uint8_t *pixels, size_t n, size_t first,
        float *embeds, struct fovea_error *err)
{
    const struct fovea_weights *weights = vit->weights;
    const size_t last = weights->tower.n_layers - 1;
    struct fovea_vit_plan *plan = vit->plans[n];
    enum fovea_status status = embed_patches(vit, plan, pixels, n, err);
    for (size_t i = first; !status && i < last; i++) {
        status = attention_block(vit, plan, n, &weights->layers[i], err);
        if (!status) {
            status = mlp_block(vit, plan, n, &weights->layers[i], err);
        }
    }
    if (!status) {
        status =
                last_attention_block(vit, plan, n, &weights->layers[last], err);
    }
    if (!status) {
        status = last_mlp_block(vit, plan, n, &weights->layers[last], err);
    }
    if (!status) {
        norm(vit, vit->cls, n, &weights->post_norm, vit->element, vit->y);
        status = linear(vit, plan->products[FOVEA_USE_PROJECT], vit->y,
                &weights->project, embeds, err);
    }
    return status;
}

enum fovea_status
fovea_vit_embed(struct fovea_vit *vit, const uint8_t *pixels, size_t n,
        float *embeds, struct fovea_error *err)
{
    const struct fovea_tower *tower = &vit->weights->tower;
    const size_t side = tower->side_px;
    FOVEA_ASSERT(n >= 1 && n <= vit->max_batch);
    size_t step = 0;
    for (size_t i = 0; i < n; i += step) {
        step = fovea_vit_step(vit, n - i);
        enum fovea_status status = forward(vit, pixels + i * 3 * side * side,
                step, 0, embeds + i * tower->dimension, err);
        if (status) {
            return status;
        }
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_vit_warm_up(struct fovea_vit *vit, struct fovea_error *err)
{
    const struct fovea_tower *tower = &vit->weights->tower;
    const size_t side = tower->side_px;
    const size_t n_layers = tower->n_layers;
    FOVEA_AUTO_FREE uint8_t *pixels = calloc(side * side, 3);
    FOVEA_AUTO_FREE float *embeds = calloc(tower->dimension, sizeof *embeds);
    if (!pixels || !embeds) {
        return fovea_fail_memory(err, 3 * side * side, "the forward pass");
    }
    return forward(vit, pixels, 1, n_layers > 1 ? n_layers - 2 : 0, embeds,
            err);
}
