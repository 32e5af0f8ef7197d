/*
 * Buffers and matrix products of a forward pass: see vit_state.h. The products
 * of a plan are for one number of images; the library shares the code that it
 * generates between plans. Not every number has one (fovea_tower_has_plan());
 * a batch in between takes several passes.
 */
#include "base/error.h"
#include "base/size.h"
#include "engine/cpu/vit_state.h"
#include "sys/pages.h"

enum {
    /* Scores that are worked on at a time should fit a core's L2 cache. */
    SCORES_BYTES = 384 * 1024,
};

static size_t
largest(const size_t *values, size_t n)
{
    size_t most = 0;
    for (size_t i = 0; i < n; i++) {
        most = values[i] > most ? values[i] : most;
    }
    return most;
}

static struct fovea_vit_sizes
sizes_of(const struct fovea_tower *tower)
{
    struct fovea_vit_sizes sizes = {
        .hidden = tower->width,
        .mlp = tower->mlp,
        .n_heads = tower->n_heads,
        .head_dim = tower->width / tower->n_heads,
        .n_patches = fovea_tower_patches(tower),
        .n_tokens = fovea_tower_tokens(tower),
        .patch_width = fovea_tower_patch_width(tower),
    };
    const size_t widths[] = { 3 * sizes.hidden, sizes.mlp, sizes.patch_width };
    sizes.wide = largest(widths, FOVEA_ARRAY_LEN(widths));
    sizes.score_stride = fovea_round_up(sizes.n_tokens, FOVEA_LANES);
    return sizes;
}

/* Heads whose scores fit SCORES_BYTES: a divisor of the number of heads. */
static size_t
heads_at_once(const struct fovea_vit_sizes *sizes)
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
    *total += fovea_round_up(size, FOVEA_MATMUL_ALIGNMENT);
    return at;
}

static struct layout
layout_of(const struct fovea_vit_sizes *sizes, size_t n,
        enum fovea_element element)
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
fovea_vit_scratch_size(const struct fovea_tower *tower, size_t max_batch,
        enum fovea_precision precision)
{
    struct fovea_vit_sizes sizes = sizes_of(tower);
    enum fovea_element element = precision == FOVEA_PRECISION_BF16
            ? FOVEA_ELEMENT_BF16
            : FOVEA_ELEMENT_F32;
    return layout_of(&sizes, max_batch, element).total;
}

static enum fovea_status
allocate_buffers(struct fovea_vit *vit, struct fovea_error *err)
{
    struct layout layout = layout_of(&vit->sizes, vit->max_batch, vit->element);
    uint8_t *block = fovea_pages_map(layout.total);
    if (!block) {
        return fovea_fail_memory(err, layout.total, "the forward pass");
    }
    vit->block = block;
    vit->block_size = layout.total;
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
    size_t size = fovea_round_up(fovea_product_scratch_size(product),
            FOVEA_MATMUL_ALIGNMENT);
    if (size <= vit->scratch_size) {
        return FOVEA_OK;
    }
    void *scratch = aligned_alloc(FOVEA_MATMUL_ALIGNMENT, size);
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
plan_destroy(struct fovea_vit_plan *plan)
{
    if (!plan) {
        return;
    }
    for (size_t i = 0; i < FOVEA_N_USES; i++) {
        fovea_product_destroy(plan->products[i]);
    }
    free(plan);
}

static enum fovea_status
plan_init(struct fovea_vit *vit, size_t n, struct fovea_vit_plan *plan,
        struct fovea_error *err)
{
    const struct fovea_weights *weights = vit->weights;
    enum fovea_status status = FOVEA_OK;
    for (enum fovea_use i = 0; i < FOVEA_N_USES && !status; i++) {
        struct fovea_tower_use use =
                fovea_tower_use(&weights->tower, vit->element, i);
        use.shape.rows *= n;
        status = fovea_product_create_linear(weights->packings[use.matrix],
                &use.shape, &plan->products[i], err);
        if (!status) {
            status = reserve_scratch(vit, plan->products[i], err);
        }
    }
    return status;
}

size_t
fovea_vit_step(const struct fovea_vit *vit, size_t n)
{
    size_t step = n;
    while (!vit->plans[step]) {
        step--;
    }
    return step;
}

/* Where an image's bits depend on how many there are, every image goes alone, so
   that it gets the same bits in every batch. */
static bool
has_plan(const struct fovea_vit *vit, size_t n)
{
    return n <= vit->weights->forms.most_images && fovea_tower_has_plan(n);
}

static enum fovea_status
plans_init(struct fovea_vit *vit, struct fovea_error *err)
{
    vit->plans = calloc(vit->max_batch + 1, sizeof *vit->plans);
    if (!vit->plans) {
        return fovea_fail_memory(err, (vit->max_batch + 1) * sizeof *vit->plans,
                "the forward pass");
    }
    for (size_t n = 1; n <= vit->max_batch; n++) {
        if (!has_plan(vit, n)) {
            continue;
        }
        vit->plans[n] = calloc(1, sizeof *vit->plans[n]);
        if (!vit->plans[n]) {
            return fovea_fail_memory(err, sizeof *vit->plans[n],
                    "the forward pass");
        }
        enum fovea_status status = plan_init(vit, n, vit->plans[n], err);
        if (status) {
            return status;
        }
    }
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
        struct fovea_vit_attention *attention, struct fovea_error *err)
{
    const struct fovea_vit_sizes *s = &vit->sizes;
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
    const struct fovea_vit_sizes *s = &vit->sizes;
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
    vit->sizes = sizes_of(&weights->tower);
    vit->element = weights->element;
    vit->max_batch = max_batch;
    fovea_kernel_pixel_table(settings, vit->pixel_table);
    enum fovea_status status = allocate_buffers(vit, err);
    if (!status) {
        status = attentions_init(vit, err);
    }
    if (!status) {
        status = plans_init(vit, err);
    }
    if (!status) {
        status = fovea_vit_warm_up(vit, err);
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
    fovea_pages_unmap(vit->block, vit->block_size);
    free(vit->scratch);
    free(vit);
}
