/*
 * See forward.h. Read from fovea_forward_run() down; each function is one box of the
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
#include "engine/cpu/forward.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "engine/cpu/kernels.h"

/* A whole piece of a layer, or of the tower with layer 0. */
static const struct fovea_placed *
at(const struct fovea_plan *plan, enum fovea_role role, size_t layer)
{
    return fovea_weights_at(plan->weights, role, layer, 0);
}

static enum fovea_status
linear(struct fovea_plan *plan, struct fovea_product *product, const void *src,
        const struct fovea_placed *placed, void *dst, struct fovea_error *err)
{
    return fovea_product_run(product, src, placed->weight, placed->bias, dst,
            plan->scratch, err);
}

/* out = layer norm of the first n rows of x. */
static void
norm(const struct fovea_plan *plan, const float *x, size_t n,
        const struct fovea_placed *placed, enum fovea_element element,
        void *out)
{
    struct fovea_norm norm = { placed->weight, placed->bias,
        plan->weights->tower.eps, plan->sizes.hidden };
    fovea_kernel_layer_norm(x, n, &norm, element, out);
}

static void *
offset(const struct fovea_plan *plan, void *buffer, size_t n_elements)
{
    return (uint8_t *)buffer + n_elements * fovea_element_size(plan->element);
}

/* Attention of some queries of one image to all its tokens. Pointers are to the
   first head; each head's columns follow those of the one before. */
static enum fovea_status
attend(struct fovea_plan *plan, const struct fovea_attention *attention,
        void *query, void *key, void *value, void *out, struct fovea_error *err)
{
    const struct fovea_sizes *s = &plan->sizes;
    const float scale = 1.0F / sqrtf((float)s->head_dim);
    for (size_t head = 0; head < s->n_heads; head += attention->heads_at_once) {
        size_t column = head * s->head_dim;
        enum fovea_status status = fovea_product_run(attention->scores,
                offset(plan, query, column), offset(plan, key, column), NULL,
                plan->scores, plan->scratch, err);
        if (status) {
            return status;
        }
        fovea_kernel_softmax(plan->scores,
                attention->heads_at_once * attention->n_queries, s->n_tokens,
                s->score_stride, scale, plan->element);
        status = fovea_product_run(attention->gather, plan->scores,
                offset(plan, value, column), NULL, offset(plan, out, column),
                plan->scratch, err);
        if (status) {
            return status;
        }
    }
    return FOVEA_OK;
}

/* x += Attention(LayerNorm(x)) */
static enum fovea_status
attention_block(struct fovea_plan *plan, struct fovea_product_set *set,
        size_t n, size_t layer, struct fovea_error *err)
{
    const struct fovea_sizes *s = &plan->sizes;
    norm(plan, plan->x, n * s->n_tokens, at(plan, FOVEA_ROLE_NORM1, layer),
            plan->element, plan->y);
    enum fovea_status status = linear(plan, set->products[FOVEA_USE_QKV],
            plan->y, at(plan, FOVEA_ROLE_QKV, layer), plan->wide, err);
    for (size_t i = 0; !status && i < n; i++) {
        void *query = offset(plan, plan->wide, i * s->n_tokens * 3 * s->hidden);
        status = attend(plan, &plan->attention, query,
                offset(plan, query, s->hidden),
                offset(plan, query, 2 * s->hidden),
                offset(plan, plan->y, i * s->n_tokens * s->hidden), err);
    }
    if (!status) {
        status = linear(plan, set->products[FOVEA_USE_OUT], plan->y,
                at(plan, FOVEA_ROLE_OUT, layer), plan->x, err);
    }
    return status;
}

/* x += MLP(y), one part of the hidden layer after the other. */
static enum fovea_status
mlp(struct fovea_plan *plan, struct fovea_product *fc1,
        struct fovea_product *fc2, size_t layer, float *x,
        struct fovea_error *err)
{
    const struct fovea_weights *weights = plan->weights;
    enum fovea_status status = FOVEA_OK;
    for (size_t i = 0; i < weights->forms.mlp_parts && !status; i++) {
        status = linear(plan, fc1, plan->y,
                fovea_weights_at(weights, FOVEA_ROLE_FC1, layer, i), plan->wide,
                err);
        if (!status) {
            status = linear(plan, fc2, plan->wide,
                    fovea_weights_at(weights, FOVEA_ROLE_FC2, layer, i), x,
                    err);
        }
    }
    return status;
}

/* x += MLP(LayerNorm(x)) */
static enum fovea_status
mlp_block(struct fovea_plan *plan, struct fovea_product_set *set, size_t n,
        size_t layer, struct fovea_error *err)
{
    norm(plan, plan->x, n * plan->sizes.n_tokens,
            at(plan, FOVEA_ROLE_NORM2, layer), plan->element, plan->y);
    return mlp(plan, set->products[FOVEA_USE_FC1], set->products[FOVEA_USE_FC2],
            layer, plan->x, err);
}

/* cls += Attention(LayerNorm(x)), for the class tokens alone. */
static enum fovea_status
last_attention_block(struct fovea_plan *plan, struct fovea_product_set *set,
        size_t n, size_t layer, struct fovea_error *err)
{
    const struct fovea_sizes *s = &plan->sizes;
    const size_t image = s->n_tokens * s->hidden;
    norm(plan, plan->x, n * s->n_tokens, at(plan, FOVEA_ROLE_NORM1, layer),
            plan->element, plan->y);
    enum fovea_status status = linear(plan, set->products[FOVEA_USE_KEY_VALUE],
            plan->y, fovea_weights_at(plan->weights, FOVEA_ROLE_QKV, layer, 1),
            plan->wide, err);
    if (status) {
        return status;
    }
    /* The class tokens come together, in cls and at the start of y; x is free
       then and takes the queries. */
    for (size_t i = 0; i < n; i++) {
        memcpy(plan->cls + i * s->hidden, plan->x + i * image,
                s->hidden * sizeof(float));
        memmove(offset(plan, plan->y, i * s->hidden),
                offset(plan, plan->y, i * image),
                s->hidden * fovea_element_size(plan->element));
    }
    status = linear(plan, set->products[FOVEA_USE_QUERY], plan->y,
            at(plan, FOVEA_ROLE_QKV, layer), plan->x, err);
    for (size_t i = 0; !status && i < n; i++) {
        void *key = offset(plan, plan->wide, i * s->n_tokens * 2 * s->hidden);
        status = attend(plan, &plan->cls_attention,
                offset(plan, plan->x, i * s->hidden), key,
                offset(plan, key, s->hidden),
                offset(plan, plan->y, i * s->hidden), err);
    }
    if (!status) {
        status = linear(plan, set->products[FOVEA_USE_CLS_OUT], plan->y,
                at(plan, FOVEA_ROLE_OUT, layer), plan->cls, err);
    }
    return status;
}

/* cls += MLP(LayerNorm(cls)) */
static enum fovea_status
last_mlp_block(struct fovea_plan *plan, struct fovea_product_set *set, size_t n,
        size_t layer, struct fovea_error *err)
{
    norm(plan, plan->cls, n, at(plan, FOVEA_ROLE_NORM2, layer), plan->element,
            plan->y);
    return mlp(plan, set->products[FOVEA_USE_CLS_FC1],
            set->products[FOVEA_USE_CLS_FC2], layer, plan->cls, err);
}

/* What a forward pass takes in. */
struct images {
    const struct fovea_pixel_table *table;
    const uint8_t *pixels;
};

/* x = LayerNorm(class token and patch embeddings + positions) */
static enum fovea_status
embed_patches(struct fovea_plan *plan, struct fovea_product_set *set,
        const struct images *images, size_t n, struct fovea_error *err)
{
    const struct fovea_weights *weights = plan->weights;
    const struct fovea_sizes *s = &plan->sizes;
    const size_t side = weights->tower.side_px;
    const size_t patch = weights->tower.patch_px;
    for (size_t i = 0; i < n; i++) {
        fovea_pixels_cut(images->table, images->pixels + i * 3 * side * side,
                side, patch, plan->element,
                offset(plan, plan->wide, i * s->n_patches * s->patch_width));
    }
    enum fovea_status status = linear(plan, set->products[FOVEA_USE_PATCH],
            plan->wide, at(plan, FOVEA_ROLE_PATCH, 0), plan->x, err);
    if (status) {
        return status;
    }
    fovea_kernel_tokens(plan->x, n, s->n_patches, s->hidden,
            at(plan, FOVEA_ROLE_CLASS, 0)->weight,
            at(plan, FOVEA_ROLE_POSITION, 0)->weight);
    norm(plan, plan->x, n * s->n_tokens, at(plan, FOVEA_ROLE_PRE_NORM, 0),
            FOVEA_ELEMENT_F32, plan->x);
    return FOVEA_OK;
}

/* All layers from this one on. */
static enum fovea_status
forward(struct fovea_plan *plan, const struct images *images, size_t n,
        size_t first, float *embeds, struct fovea_error *err)
{
    const struct fovea_weights *weights = plan->weights;
    const size_t last = weights->tower.n_layers - 1;
    struct fovea_product_set *set = plan->sets[n];
    enum fovea_status status = embed_patches(plan, set, images, n, err);
    for (size_t i = first; !status && i < last; i++) {
        status = attention_block(plan, set, n, i, err);
        if (!status) {
            status = mlp_block(plan, set, n, i, err);
        }
    }
    if (!status) {
        status = last_attention_block(plan, set, n, last, err);
    }
    if (!status) {
        status = last_mlp_block(plan, set, n, last, err);
    }
    if (!status) {
        norm(plan, plan->cls, n, at(plan, FOVEA_ROLE_POST_NORM, 0),
                plan->element, plan->y);
        status = linear(plan, set->products[FOVEA_USE_PROJECT], plan->y,
                at(plan, FOVEA_ROLE_PROJECTION, 0), embeds, err);
    }
    return status;
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
        const struct images images = { table, pixels + i * 3 * side * side };
        enum fovea_status status = forward(plan, &images, step, 0,
                embeds + i * tower->dimension, err);
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
    const size_t n_layers = tower->n_layers;
    FOVEA_AUTO_FREE uint8_t *pixels = calloc(side * side, 3);
    FOVEA_AUTO_FREE float *embeds = calloc(tower->dimension, sizeof *embeds);
    if (!pixels || !embeds) {
        return fovea_fail_memory(err, 3 * side * side, "the forward pass");
    }
    const struct images images = { table, pixels };
    return forward(plan, &images, 1, n_layers > 1 ? n_layers - 2 : 0, embeds,
            err);
}
