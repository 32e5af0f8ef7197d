/*
 * See vit.h. Read from fovea_vit_embed() down; each function is one box of the
 * paper's picture.
 *
 * Only the class token's output is projected, so the last layer computes keys
 * and values of all tokens and everything else for one token an image: about a
 * layer's worth of work less.
 *
 * Buffers (one allocation, reused by every layer; a token is a row):
 *   x     [n * tokens][hidden]    float32: the residual stream
 *   y     [n * tokens][hidden]    element: a layer norm's output, then what
 *                                 attention gathered
 *   wide  [n * tokens][...]       element: patches, query | key | value, or the
 *                                 MLP's hidden layer, each as wide as it is
 *   scores [heads at a time][tokens][padded tokens] float32, of one image
 * The class tokens' rows of the last layer reuse them. All rows are dense: the
 * library's fast kernels want it so.
 *
 * Attention runs image by image and a few heads at a time, so that the scores
 * stay in the second-level cache, and reads queries, keys and values where the
 * one matrix product left them.
 */
#include "model/vit.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/size.h"

enum {
    ALIGNMENT = 64,
    /* Scores that are worked on at a time should fit a core's L2 cache. */
    SCORES_BYTES = 384 * 1024,
};

/* The matrix products for one number of images. */
struct plan {
    struct fovea_product *patch;
    struct fovea_product *qkv;
    struct fovea_product *out;
    struct fovea_product *fc1;
    struct fovea_product *fc2;
    /* The last layer. */
    struct fovea_product *key_value; /* all tokens */
    struct fovea_product *query;     /* class tokens from here on */
    struct fovea_product *cls_out;
    struct fovea_product *cls_fc1;
    struct fovea_product *cls_fc2;
    struct fovea_product *project;
};

/* softmax(Q K^T) V for some heads of one image. */
struct attention {
    struct fovea_product *scores;
    struct fovea_product *gather;
    size_t n_queries;
    size_t heads_at_once;
};

struct sizes {
    size_t hidden;
    size_t mlp;
    size_t n_heads;
    size_t head_dim;
    size_t n_patches;
    size_t n_tokens;
    size_t patch_width;
    size_t wide;         /* elements of a row of wide, at most */
    size_t score_stride; /* floats of a row of scores */
};

struct fovea_vit {
    const struct fovea_weights *weights;
    struct sizes sizes;
    enum fovea_element element;
    size_t max_batch;
    float pixel_table[3][256];
    struct attention attention;
    struct attention cls_attention;
    struct plan **plans; /* [max_batch + 1], made when first used */

    void *block; /* the buffers below */
    float *x;
    void *y;
    void *wide;
    float *scores;
    float *cls;    /* [n][hidden]: the residual stream of the class tokens */
    void *scratch; /* of the matrix library */
    size_t scratch_size;
};

static size_t
round_up(size_t value, size_t multiple)
{
    return (value + multiple - 1) / multiple * multiple;
}

static size_t
largest(const size_t *values, size_t n)
{
    size_t most = 0;
    for (size_t i = 0; i < n; i++) {
        most = values[i] > most ? values[i] : most;
    }
    return most;
}

static struct sizes
sizes_of(const struct fovea_vision_config *config)
{
    struct sizes sizes = {
        .hidden = config->hidden_size,
        .mlp = config->mlp_size,
        .n_heads = config->n_heads,
        .head_dim = config->hidden_size / config->n_heads,
        .n_patches = fovea_config_patches(config),
        .n_tokens = fovea_config_tokens(config),
        .patch_width =
                3 * (size_t)config->patch_size_px * config->patch_size_px,
    };
    const size_t widths[] = { 3 * sizes.hidden, sizes.mlp, sizes.patch_width };
    sizes.wide = largest(widths, FOVEA_ARRAY_LEN(widths));
    sizes.score_stride = round_up(sizes.n_tokens, FOVEA_LANES);
    return sizes;
}

/* Heads whose scores fit SCORES_BYTES: a divisor of the number of heads. */
static size_t
heads_at_once(const struct sizes *sizes)
{
    size_t head_bytes = sizes->n_tokens * sizes->score_stride * sizeof(float);
    size_t n = sizes->n_heads;
    while (n > 1 &&
            (sizes->n_heads % n != 0 || n * head_bytes > SCORES_BYTES)) {
        n--;
    }
    return n;
}

/* Buffers. */

struct layout {
    size_t x;
    size_t y;
    size_t wide;
    size_t scores;
    size_t cls;
    size_t total;
};

static size_t
claim(size_t *total, size_t size)
{
    size_t at = *total;
    *total += round_up(size, ALIGNMENT);
    return at;
}

static struct layout
layout_of(const struct sizes *sizes, size_t n, enum fovea_element element)
{
    size_t rows = n * sizes->n_tokens;
    size_t element_size = fovea_element_size(element);
    const size_t score_rows[] = { heads_at_once(sizes) * sizes->n_tokens,
        sizes->n_heads };
    struct layout layout = { 0 };
    layout.x = claim(&layout.total, rows * sizes->hidden * sizeof(float));
    layout.y = claim(&layout.total, rows * sizes->hidden * element_size);
    layout.wide = claim(&layout.total, rows * sizes->wide * element_size);
    layout.scores = claim(&layout.total,
            largest(score_rows, 2) * sizes->score_stride * sizeof(float));
    layout.cls = claim(&layout.total, n * sizes->hidden * sizeof(float));
    return layout;
}

size_t
fovea_vit_scratch_size(const struct fovea_vision_config *config,
        size_t max_batch, enum fovea_precision precision)
{
    struct sizes sizes = sizes_of(config);
    enum fovea_element element = precision == FOVEA_PRECISION_BF16
            ? FOVEA_ELEMENT_BF16
            : FOVEA_ELEMENT_F32;
    return layout_of(&sizes, max_batch, element).total;
}

static enum fovea_status
allocate_buffers(struct fovea_vit *vit, struct fovea_error *err)
{
    struct layout layout = layout_of(&vit->sizes, vit->max_batch, vit->element);
    uint8_t *block = aligned_alloc(ALIGNMENT, layout.total);
    if (!block) {
        return fovea_fail_memory(err, layout.total, "the forward pass");
    }
    vit->block = block;
    vit->x = (float *)(void *)(block + layout.x);
    vit->y = block + layout.y;
    vit->wide = block + layout.wide;
    vit->scores = (float *)(void *)(block + layout.scores);
    vit->cls = (float *)(void *)(block + layout.cls);
    return FOVEA_OK;
}

/* The matrix library's scratch grows to what the neediest product wants. */
static enum fovea_status
reserve_scratch(struct fovea_vit *vit, const struct fovea_product *product,
        struct fovea_error *err)
{
    size_t size = round_up(fovea_product_scratch_size(product), ALIGNMENT);
    if (size <= vit->scratch_size) {
        return FOVEA_OK;
    }
    void *scratch = aligned_alloc(ALIGNMENT, size);
    if (!scratch) {
        return fovea_fail_memory(err, size, "matrix products");
    }
    free(vit->scratch);
    vit->scratch = scratch;
    vit->scratch_size = size;
    return FOVEA_OK;
}

/* Plans. */

static void
plan_destroy(struct plan *plan)
{
    if (!plan) {
        return;
    }
    fovea_product_destroy(plan->patch);
    fovea_product_destroy(plan->qkv);
    fovea_product_destroy(plan->out);
    fovea_product_destroy(plan->fc1);
    fovea_product_destroy(plan->fc2);
    fovea_product_destroy(plan->key_value);
    fovea_product_destroy(plan->query);
    fovea_product_destroy(plan->cls_out);
    fovea_product_destroy(plan->cls_fc1);
    fovea_product_destroy(plan->cls_fc2);
    fovea_product_destroy(plan->project);
    free(plan);
}

static enum fovea_post
activation_post(enum fovea_activation activation)
{
    switch (activation) {
    case FOVEA_ACTIVATION_GELU:
        return FOVEA_POST_GELU;
    case FOVEA_ACTIVATION_GELU_TANH:
        return FOVEA_POST_GELU_TANH;
    case FOVEA_ACTIVATION_QUICK_GELU:
    default:
        return FOVEA_POST_QUICK_GELU;
    }
}

struct plan_row {
    struct fovea_product **product;
    const struct fovea_packing *packing;
    struct fovea_linear_shape shape;
};

static enum fovea_status
create_products(struct fovea_vit *vit, const struct plan_row *rows,
        size_t n_rows, struct fovea_error *err)
{
    for (size_t i = 0; i < n_rows; i++) {
        enum fovea_status status = fovea_product_create_linear(rows[i].packing,
                &rows[i].shape, rows[i].product, err);
        if (status) {
            return status;
        }
        status = reserve_scratch(vit, *rows[i].product, err);
        if (status) {
            return status;
        }
    }
    return FOVEA_OK;
}

/* The table of the network's linear layers: rows, outputs, what is fused. */
static enum fovea_status
plan_init(struct fovea_vit *vit, size_t n, struct plan *plan,
        struct fovea_error *err)
{
    const struct fovea_packings *packings = &vit->weights->packings;
    const struct sizes *s = &vit->sizes;
    const enum fovea_element e = vit->element;
    const enum fovea_post act =
            activation_post(vit->weights->config.activation);
    const size_t rows = n * s->n_tokens;

    const struct plan_row table[] = {
        { &plan->patch, packings->patch,
                { n * s->n_patches, FOVEA_ELEMENT_F32, FOVEA_POST_NONE,
                        false } },
        { &plan->qkv, packings->qkv, { rows, e, FOVEA_POST_NONE, true } },
        { &plan->out, packings->square,
                { rows, FOVEA_ELEMENT_F32, FOVEA_POST_ADD, true } },
        { &plan->fc1, packings->fc1, { rows, e, act, true } },
        { &plan->fc2, packings->fc2,
                { rows, FOVEA_ELEMENT_F32, FOVEA_POST_ADD, true } },
        { &plan->key_value, packings->key_value,
                { rows, e, FOVEA_POST_NONE, true } },
        { &plan->query, packings->square, { n, e, FOVEA_POST_NONE, true } },
        { &plan->cls_out, packings->square,
                { n, FOVEA_ELEMENT_F32, FOVEA_POST_ADD, true } },
        { &plan->cls_fc1, packings->fc1, { n, e, act, true } },
        { &plan->cls_fc2, packings->fc2,
                { n, FOVEA_ELEMENT_F32, FOVEA_POST_ADD, true } },
        { &plan->project, packings->project,
                { n, FOVEA_ELEMENT_F32, FOVEA_POST_NONE, false } },
    };
    return create_products(vit, table, FOVEA_ARRAY_LEN(table), err);
}

static enum fovea_status
plan_for(struct fovea_vit *vit, size_t n, struct plan **plan_out,
        struct fovea_error *err)
{
    if (!vit->plans[n]) {
        struct plan *plan = calloc(1, sizeof *plan);
        if (!plan) {
            return fovea_fail_memory(err, sizeof *plan, "the forward pass");
        }
        enum fovea_status status = plan_init(vit, n, plan, err);
        if (status) {
            plan_destroy(plan);
            return status;
        }
        vit->plans[n] = plan;
    }
    *plan_out = vit->plans[n];
    return FOVEA_OK;
}

/* How queries lie, and keys and values: elements from a token to the next. */
struct attention_form {
    size_t n_queries;
    size_t n_heads; /* at once */
    size_t query_stride;
    size_t key_stride;
};

static enum fovea_status
attention_init(struct fovea_vit *vit, const struct attention_form *form,
        struct attention *attention, struct fovea_error *err)
{
    const struct sizes *s = &vit->sizes;
    const size_t halves = vit->element == FOVEA_ELEMENT_BF16 ? 2 : 1;
    const struct fovea_view scores = { form->n_queries * s->score_stride,
        s->score_stride, 1 };
    const struct fovea_batched_shape score_shape = {
        .batch = form->n_heads,
        .m = form->n_queries,
        .k = s->head_dim,
        .n = s->n_tokens,
        .a = { s->head_dim, form->query_stride, 1 },
        .b = { s->head_dim, 1, form->key_stride },
        .c = scores,
        .source_element = vit->element,
        .c_element = FOVEA_ELEMENT_F32,
    };
    const struct fovea_batched_shape gather_shape = {
        .batch = form->n_heads,
        .m = form->n_queries,
        .k = s->n_tokens,
        .n = s->head_dim,
        /* softmax leaves narrow elements at the start of each float row */
        .a = { scores.batch_stride * halves, scores.row_stride * halves, 1 },
        .b = { s->head_dim, form->key_stride, 1 },
        .c = { s->head_dim, s->hidden, 1 },
        .source_element = vit->element,
        .c_element = vit->element,
    };
    attention->n_queries = form->n_queries;
    attention->heads_at_once = form->n_heads;
    enum fovea_status status =
            fovea_product_create_batched(&score_shape, &attention->scores, err);
    if (!status) {
        status = reserve_scratch(vit, attention->scores, err);
    }
    if (!status) {
        status = fovea_product_create_batched(&gather_shape, &attention->gather,
                err);
    }
    if (!status) {
        status = reserve_scratch(vit, attention->gather, err);
    }
    return status;
}

static enum fovea_status
attentions_init(struct fovea_vit *vit, struct fovea_error *err)
{
    const struct sizes *s = &vit->sizes;
    const struct attention_form all = { s->n_tokens, heads_at_once(s),
        3 * s->hidden, 3 * s->hidden };
    const struct attention_form cls = { 1, s->n_heads, s->hidden,
        2 * s->hidden };
    enum fovea_status status = attention_init(vit, &all, &vit->attention, err);
    if (!status) {
        status = attention_init(vit, &cls, &vit->cls_attention, err);
    }
    return status;
}

enum fovea_status
fovea_vit_create(const struct fovea_weights *weights,
        const struct fovea_preprocess *settings, size_t max_batch,
        struct fovea_vit **vit_out, struct fovea_error *err)
{
    struct fovea_vit *vit = calloc(1, sizeof *vit);
    if (!vit) {
        return fovea_fail_memory(err, sizeof *vit, "the forward pass");
    }
    vit->weights = weights;
    vit->sizes = sizes_of(&weights->config);
    vit->element = weights->element;
    vit->max_batch = max_batch;
    fovea_kernel_pixel_table(settings, vit->pixel_table);
    enum fovea_status status = FOVEA_OK;
    vit->plans = calloc(max_batch + 1, sizeof *vit->plans);
    if (!vit->plans) {
        status = fovea_fail_memory(err, (max_batch + 1) * sizeof *vit->plans,
                "the forward pass");
    }
    if (!status) {
        status = allocate_buffers(vit, err);
    }
    if (!status) {
        status = attentions_init(vit, err);
    }
    if (status) {
        fovea_vit_destroy(vit);
        return status;
    }
    *vit_out = vit;
    return FOVEA_OK;
}

void
fovea_vit_destroy(struct fovea_vit *vit)
{
    if (!vit) {
        return;
    }
    for (size_t i = 0; vit->plans && i <= vit->max_batch; i++) {
        plan_destroy(vit->plans[i]);
    }
    fovea_product_destroy(vit->attention.scores);
    fovea_product_destroy(vit->attention.gather);
    fovea_product_destroy(vit->cls_attention.scores);
    fovea_product_destroy(vit->cls_attention.gather);
    free(vit->plans);
    free(vit->block);
    free(vit->scratch);
    free(vit);
}

/* The forward pass. */

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
    size_t hidden = vit->sizes.hidden;
    struct fovea_rows rows = { x, n, hidden, hidden };
    struct fovea_norm norm = { weights->weight, weights->bias,
        vit->weights->config.layer_norm_eps };
    fovea_kernel_layer_norm(&rows, &norm, element, out, hidden);
}

static void *
offset(const struct fovea_vit *vit, void *buffer, size_t n_elements)
{
    return (uint8_t *)buffer + n_elements * fovea_element_size(vit->element);
}

/* Attention of some queries of one image to all its tokens. Pointers are to the
   first head; each head's columns follow those of the one before. */
static enum fovea_status
attend(struct fovea_vit *vit, const struct attention *attention, void *query,
        void *key, void *value, void *out, struct fovea_error *err)
{
    const struct sizes *s = &vit->sizes;
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
attention_block(struct fovea_vit *vit, struct plan *plan, size_t n,
        const struct fovea_layer_weights *layer, struct fovea_error *err)
{
    const struct sizes *s = &vit->sizes;
    norm(vit, vit->x, n * s->n_tokens, &layer->norm1, vit->element, vit->y);
    enum fovea_status status =
            linear(vit, plan->qkv, vit->y, &layer->qkv, vit->wide, err);
    for (size_t i = 0; !status && i < n; i++) {
        void *query = offset(vit, vit->wide, i * s->n_tokens * 3 * s->hidden);
        status = attend(vit, &vit->attention, query,
                offset(vit, query, s->hidden),
                offset(vit, query, 2 * s->hidden),
                offset(vit, vit->y, i * s->n_tokens * s->hidden), err);
    }
    if (!status) {
        status = linear(vit, plan->out, vit->y, &layer->out, vit->x, err);
    }
    return status;
}

/* x += MLP(LayerNorm(x)) */
static enum fovea_status
mlp_block(struct fovea_vit *vit, struct plan *plan, size_t n,
        const struct fovea_layer_weights *layer, struct fovea_error *err)
{
    norm(vit, vit->x, n * vit->sizes.n_tokens, &layer->norm2, vit->element,
            vit->y);
    enum fovea_status status =
            linear(vit, plan->fc1, vit->y, &layer->fc1, vit->wide, err);
    if (!status) {
        status = linear(vit, plan->fc2, vit->wide, &layer->fc2, vit->x, err);
    }
    return status;
}

/* cls += Attention(LayerNorm(x)), for the class tokens alone. */
static enum fovea_status
last_attention_block(struct fovea_vit *vit, struct plan *plan, size_t n,
        const struct fovea_layer_weights *layer, struct fovea_error *err)
{
    const struct sizes *s = &vit->sizes;
    const size_t image = s->n_tokens * s->hidden;
    norm(vit, vit->x, n * s->n_tokens, &layer->norm1, vit->element, vit->y);
    enum fovea_status status = linear(vit, plan->key_value, vit->y,
            &layer->key_value, vit->wide, err);
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
    status = linear(vit, plan->query, vit->y, &layer->query, vit->x, err);
    for (size_t i = 0; !status && i < n; i++) {
        void *key = offset(vit, vit->wide, i * s->n_tokens * 2 * s->hidden);
        status = attend(vit, &vit->cls_attention,
                offset(vit, vit->x, i * s->hidden), key,
                offset(vit, key, s->hidden), offset(vit, vit->y, i * s->hidden),
                err);
    }
    if (!status) {
        status = linear(vit, plan->cls_out, vit->y, &layer->out, vit->cls, err);
    }
    return status;
}

/* cls += MLP(LayerNorm(cls)) */
static enum fovea_status
last_mlp_block(struct fovea_vit *vit, struct plan *plan, size_t n,
        const struct fovea_layer_weights *layer, struct fovea_error *err)
{
    norm(vit, vit->cls, n, &layer->norm2, vit->element, vit->y);
    enum fovea_status status =
            linear(vit, plan->cls_fc1, vit->y, &layer->fc1, vit->wide, err);
    if (!status) {
        status = linear(vit, plan->cls_fc2, vit->wide, &layer->fc2, vit->cls,
                err);
    }
    return status;
}

/* x = LayerNorm(class token and patch embeddings + positions) */
static enum fovea_status
embed_patches(struct fovea_vit *vit, struct plan *plan, const uint8_t *pixels,
        size_t n, struct fovea_error *err)
{
    const struct fovea_weights *weights = vit->weights;
    const struct sizes *s = &vit->sizes;
    const size_t side = weights->config.image_size_px;
    const size_t patch = weights->config.patch_size_px;
    for (size_t i = 0; i < n; i++) {
        fovea_kernel_patches(pixels + i * 3 * side * side, side / patch, patch,
                vit->pixel_table, vit->element,
                offset(vit, vit->wide, i * s->n_patches * s->patch_width));
    }
    enum fovea_status status =
            linear(vit, plan->patch, vit->wide, &weights->patch, vit->x, err);
    if (status) {
        return status;
    }
    fovea_kernel_tokens(vit->x, n, s->n_patches, s->hidden,
            weights->class_embedding, weights->position_embedding);
    norm(vit, vit->x, n * s->n_tokens, &weights->pre_norm, FOVEA_ELEMENT_F32,
            vit->x);
    return FOVEA_OK;
}

static enum fovea_status
forward(struct fovea_vit *vit, const uint8_t *pixels, size_t n, float *embeds,
        struct fovea_error *err)
{
    const struct fovea_weights *weights = vit->weights;
    const size_t last = weights->config.n_layers - 1;
    struct plan *plan = NULL;
    enum fovea_status status = plan_for(vit, n, &plan, err);
    if (!status) {
        status = embed_patches(vit, plan, pixels, n, err);
    }
    for (size_t i = 0; !status && i < last; i++) {
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
        status = linear(vit, plan->project, vit->y, &weights->project, embeds,
                err);
    }
    return status;
}

/* All packings of one process come from one implementation, so one answers for
   the rest; but each is asked, because that is a property of the library. */
static bool
is_row_invariant(const struct fovea_packings *packings)
{
    return fovea_packing_is_row_invariant(packings->patch) &&
            fovea_packing_is_row_invariant(packings->qkv) &&
            fovea_packing_is_row_invariant(packings->key_value) &&
            fovea_packing_is_row_invariant(packings->square) &&
            fovea_packing_is_row_invariant(packings->fc1) &&
            fovea_packing_is_row_invariant(packings->fc2) &&
            fovea_packing_is_row_invariant(packings->project);
}

enum fovea_status
fovea_vit_embed(struct fovea_vit *vit, const uint8_t *pixels, size_t n,
        float *embeds, struct fovea_error *err)
{
    const struct fovea_vision_config *config = &vit->weights->config;
    const size_t side = config->image_size_px;
    FOVEA_ASSERT(n >= 1 && n <= vit->max_batch);
    /* Where a row's bits depend on how many rows there are, every image goes
       alone, so that it gets the same bits in every batch. */
    size_t step = is_row_invariant(&vit->weights->packings) ? n : 1;
    for (size_t i = 0; i < n; i += step) {
        enum fovea_status status = forward(vit, pixels + i * 3 * side * side,
                step, embeds + i * config->projection_dim, err);
        if (status) {
            return status;
        }
    }
    return FOVEA_OK;
}
