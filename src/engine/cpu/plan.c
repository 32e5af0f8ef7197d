/*
 * See plan.h. The library shares the code that it generates between the products
 * of several numbers of images.
 */
#include "engine/cpu/plan.h"

#include "base/error.h"
#include "base/size.h"
#include "engine/cpu/units.h"
#include "sys/pages.h"

static enum fovea_status
allocate_buffers(struct fovea_plan *plan, struct fovea_error *err)
{
    struct fovea_layout layout = fovea_layout_of(&plan->sizes, plan->max_batch,
            plan->weights->precision);
    uint8_t *block = fovea_pages_map(layout.total);
    if (!block) {
        return fovea_fail_memory(err, layout.total, "the forward pass");
    }
    plan->block = block;
    plan->block_size = layout.total;
    plan->x = (float *)(void *)(block + layout.x);
    plan->y = block + layout.y;
    plan->wide = block + layout.wide;
    plan->attend_room = block + layout.attend_room;
    plan->pooled = (float *)(void *)(block + layout.pooled);
    plan->scales = (float *)(void *)(block + layout.scales);
    plan->other_scales = (float *)(void *)(block + layout.other_scales);
    if (plan->sizes.is_text) {
        plan->embeds = (float *)(void *)(block + layout.embeds);
    }
    return FOVEA_OK;
}

/* The matrix library's scratch grows to what the neediest product wants. */
static enum fovea_status
reserve_scratch(struct fovea_plan *plan, size_t needed, struct fovea_error *err)
{
    size_t size = fovea_round_up(needed, FOVEA_OPERAND_ALIGNMENT);
    if (size <= plan->scratch_size) {
        return FOVEA_OK;
    }
    void *scratch = aligned_alloc(FOVEA_OPERAND_ALIGNMENT, size);
    if (!scratch) {
        return fovea_fail_memory(err, size, "matrix products");
    }
    free(plan->scratch);
    plan->scratch = scratch;
    plan->scratch_size = size;
    return FOVEA_OK;
}

/* Plans. */

/* Where all that reads and writes them takes them so. */
static bool
is_blocked(const struct fovea_plan *plan, enum fovea_element element)
{
    const struct fovea_weights *weights = plan->weights;
    const struct fovea_sizes *s = &plan->sizes;
    size_t n = 0;
    for (size_t i = 0; i < FOVEA_N_LAYER_MATRICES; i++) {
        const struct fovea_packing *packing =
                weights->packings[element][fovea_layer_matrices[i]];
        if (packing && !fovea_packing_takes_blocked(packing)) {
            return false;
        }
        n += packing != NULL;
    }
    return n > 0 && fovea_rows_fill_lines(s->hidden, element) &&
            fovea_rows_fill_lines(s->hidden, plan->element) &&
            fovea_rows_fill_lines(s->mlp / weights->forms.mlp_parts, element);
}

static void
set_destroy(struct fovea_product_set *set)
{
    if (!set) {
        return;
    }
    for (size_t i = 0; i < FOVEA_N_ELEMENTS; i++) {
        for (size_t k = 0; k < FOVEA_N_USES; k++) {
            fovea_product_destroy(set->products[i][k]);
        }
    }
    free(set);
}

static enum fovea_status
products_init(struct fovea_plan *plan, size_t n, enum fovea_element element,
        struct fovea_product **products, struct fovea_error *err)
{
    const struct fovea_weights *weights = plan->weights;
    enum fovea_status status = FOVEA_OK;
    for (enum fovea_use i = 0; i < FOVEA_N_USES && !status; i++) {
        struct fovea_linear_use use = fovea_linear_use(&weights->tower,
                weights->precision, element, i);
        const struct fovea_packing *packing =
                weights->packings[element][use.matrix];
        if (!packing || use.shape.rows == 0) {
            continue;
        }
        use.shape.rows *= n;
        status = fovea_product_create_linear(packing, &use.shape, &products[i],
                err);
        if (!status) {
            status = reserve_scratch(plan,
                    fovea_product_scratch_size(products[i]), err);
        }
    }
    return status;
}

static enum fovea_status
set_init(struct fovea_plan *plan, size_t n, struct fovea_product_set *set,
        struct fovea_error *err)
{
    enum fovea_status status = FOVEA_OK;
    set->n_rows = n *
            (plan->sizes.is_text ? (size_t)FOVEA_UNIT_ROWS
                                 : plan->sizes.n_tokens);
    for (enum fovea_element i = 0; i < FOVEA_N_ELEMENTS && !status; i++) {
        status = products_init(plan, n, i, set->products[i], err);
    }
    return status;
}

size_t
fovea_plan_step(const struct fovea_plan *plan, size_t n)
{
    size_t step = n;
    while (!plan->sets[step]) {
        step--;
    }
    return step;
}

/* Where an image's bits depend on how many there are, every image goes alone, so
   that it gets the same bits in every batch. A text that goes alone may have any
   number of rows. */
static bool
has_plan(const struct fovea_plan *plan, size_t n)
{
    const struct fovea_weights *weights = plan->weights;
    return (plan->sizes.is_text || n <= weights->forms.most_images) &&
            fovea_units_are_prepared(weights->tower.modality, n);
}

static enum fovea_status
sets_init(struct fovea_plan *plan, struct fovea_error *err)
{
    plan->sets = calloc(plan->max_units + 1, sizeof *plan->sets);
    if (!plan->sets) {
        return fovea_fail_memory(err,
                (plan->max_units + 1) * sizeof *plan->sets, "the forward pass");
    }
    for (size_t n = 1; n <= plan->max_units; n++) {
        if (!has_plan(plan, n)) {
            continue;
        }
        plan->sets[n] = calloc(1, sizeof *plan->sets[n]);
        if (!plan->sets[n]) {
            return fovea_fail_memory(err, sizeof *plan->sets[n],
                    "the forward pass");
        }
        enum fovea_status status = set_init(plan, n, plan->sets[n], err);
        if (status) {
            return status;
        }
    }
    return FOVEA_OK;
}

/* Images have as many tokens each; texts are laid out by whoever embeds them. */
static enum fovea_status
sequences_init(struct fovea_plan *plan, struct fovea_error *err)
{
    const size_t n_tokens = plan->sizes.n_tokens;
    plan->sequences = calloc(plan->max_batch, sizeof *plan->sequences);
    if (!plan->sequences) {
        return fovea_fail_memory(err, plan->max_batch * sizeof *plan->sequences,
                "the forward pass");
    }
    for (size_t i = 0; i < plan->max_batch; i++) {
        plan->sequences[i] =
                (struct fovea_sequence){ i * n_tokens, n_tokens, i * n_tokens };
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_plan_create(const struct fovea_weights *weights, size_t max_batch,
        struct fovea_plan **plan_out, struct fovea_error *err)
{
    struct fovea_plan *plan = calloc(1, sizeof *plan);
    if (!plan) {
        return fovea_fail_memory(err, sizeof *plan, "the forward pass");
    }
    plan->weights = weights;
    plan->sizes = fovea_sizes_of(&weights->tower);
    plan->element = fovea_precision_element(weights->precision);
    for (enum fovea_element i = 0; i < FOVEA_N_ELEMENTS; i++) {
        plan->is_blocked[i] = is_blocked(plan, i);
    }
    plan->attend_form = fovea_attend_choose(plan->element);
    FOVEA_ASSERT(plan->attend_form);
    plan->max_batch = max_batch;
    plan->max_units = plan->sizes.is_text
            ? fovea_units_of_texts(max_batch, plan->sizes.n_tokens)
            : max_batch;
    enum fovea_status status = allocate_buffers(plan, err);
    if (!status) {
        status = reserve_scratch(plan,
                FOVEA_NORM_ROWS * plan->sizes.hidden * sizeof(float), err);
    }
    if (!status) {
        status = sequences_init(plan, err);
    }
    if (!status) {
        status = sets_init(plan, err);
    }
    if (status) {
        fovea_plan_destroy(plan);
        return status;
    }
    *plan_out = plan;
    return FOVEA_OK;
}

void
fovea_plan_destroy(struct fovea_plan *plan)
{
    if (!plan) {
        return;
    }
    for (size_t i = 0; plan->sets && i <= plan->max_units; i++) {
        set_destroy(plan->sets[i]);
    }
    free(plan->sets);
    free(plan->sequences);
    fovea_pages_unmap(plan->block, plan->block_size);
    free(plan->scratch);
    free(plan);
}

size_t
fovea_plan_bytes(const struct fovea_plan *plan)
{
    return plan->block_size;
}
