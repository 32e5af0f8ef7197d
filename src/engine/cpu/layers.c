/* See layers.h. Each function is one box of the paper's picture. Attention reads
   queries, keys and values where the one matrix product left them. */
#include "engine/cpu/layers.h"

#include <string.h>

#include "engine/cpu/int8_kernels.h"
#include "engine/cpu/steps.h"

struct fovea_rows
fovea_pass_residual(const struct fovea_pass *pass, float *x)
{
    return fovea_rows_dense(x, pass->plan->sizes.hidden, FOVEA_ELEMENT_F32);
}

/* A product of a set by a layer's matrices. */
static struct fovea_product *
product_of(const struct fovea_pass *pass, const struct fovea_product_set *set,
        size_t layer, enum fovea_use use)
{
    const enum fovea_element element =
            fovea_weights_element(pass->plan->weights, layer);
    return set->products[element][use];
}

/* Rows of all tokens, as the products of a layer want them. */
static struct fovea_rows
rows_of(const struct fovea_pass *pass, void *buffer, size_t width, size_t layer,
        enum fovea_element element)
{
    const struct fovea_plan *plan = pass->plan;
    return plan->is_blocked[fovea_weights_element(plan->weights, layer)]
            ? fovea_rows_blocked(buffer, pass->of_rows->n_rows, element)
            : fovea_rows_dense(buffer, width, element);
}

/* Rows of 8 bits have scales: those in y and those elsewhere. */
static struct fovea_rows
with_scales(const struct fovea_plan *plan, struct fovea_rows rows)
{
    if (rows.element == FOVEA_ELEMENT_U8) {
        rows.scales = rows.base == plan->y ? plan->scales : plan->other_scales;
    }
    return rows;
}

/* Rows of all tokens that a layer's matrices multiply. */
static struct fovea_rows
sources(const struct fovea_pass *pass, void *buffer, size_t width, size_t layer)
{
    const struct fovea_plan *plan = pass->plan;
    return with_scales(plan,
            rows_of(pass, buffer, width, layer,
                    fovea_weights_element(plan->weights, layer)));
}

/* And those that attention works on. */
static struct fovea_rows
values(const struct fovea_pass *pass, void *buffer, size_t width, size_t layer)
{
    return rows_of(pass, buffer, width, layer, pass->plan->element);
}

/* The same of pooled tokens, which are few. */
static struct fovea_rows
pooled_sources(const struct fovea_pass *pass, void *buffer, size_t width,
        size_t layer)
{
    const struct fovea_plan *plan = pass->plan;
    return with_scales(plan,
            fovea_rows_dense(buffer, width,
                    fovea_weights_element(plan->weights, layer)));
}

static struct fovea_rows
pooled_values(const struct fovea_pass *pass, void *buffer)
{
    return fovea_rows_dense(buffer, pass->plan->sizes.hidden,
            pass->plan->element);
}

/* The width of the part of an MLP's hidden layer that is there at a time. */
static size_t
part_width(const struct fovea_plan *plan)
{
    return plan->sizes.mlp / plan->weights->forms.mlp_parts;
}

/* out = what each token of a sequence gathers of all of them, of queries, keys and
   values side by side in wide. */
static void
attend(const struct fovea_pass *pass, const struct fovea_sequence *sequence,
        const struct fovea_rows *wide, const struct fovea_rows *out)
{
    const struct fovea_sizes *s = &pass->plan->sizes;
    const struct fovea_rows all = fovea_rows_from(wide, sequence->row);
    const struct fovea_attended attended = { all,
        fovea_rows_columns(&all, s->hidden),
        fovea_rows_columns(&all, 2 * s->hidden),
        fovea_rows_from(out, sequence->row), sequence->n_tokens,
        sequence->n_tokens, s->n_heads, s->head_dim };
    fovea_step_attend(pass->plan, &attended);
}

/* What attention gathered, as a layer's matrices want it: in other rows if they are of
   8 bits. */
static struct fovea_rows
as_sources(const struct fovea_rows *gathered, size_t n_rows, size_t width,
        const struct fovea_rows *sources)
{
    if (sources->element == gathered->element) {
        return *gathered;
    }
    fovea_int8_quantise_rows(gathered, n_rows, width, sources);
    return *sources;
}

/* x += Attention(LayerNorm(x)) */
static enum fovea_status
attention_block(const struct fovea_pass *pass, size_t layer,
        struct fovea_error *err)
{
    struct fovea_plan *plan = pass->plan;
    const size_t hidden = plan->sizes.hidden;
    const struct fovea_rows x = fovea_pass_residual(pass, plan->x);
    const struct fovea_rows normed = sources(pass, plan->y, hidden, layer);
    const struct fovea_rows wide = values(pass, plan->wide, 3 * hidden, layer);
    const struct fovea_rows gathered = values(pass, plan->y, hidden, layer);
    fovea_step_norm(plan, plan->x, pass->n_rows,
            fovea_step_piece(plan, FOVEA_ROLE_NORM1, layer), &normed);
    enum fovea_status status = fovea_step_linear(plan,
            product_of(pass, pass->of_rows, layer, FOVEA_USE_QKV), &normed,
            fovea_step_piece(plan, FOVEA_ROLE_QKV, layer), &wide, err);
    fovea_part_end(plan->clock, FOVEA_PART_QKV);
    for (size_t i = 0; !status && i < pass->n_sequences; i++) {
        attend(pass, &pass->sequences[i], &wide, &gathered);
    }
    fovea_part_end(plan->clock, FOVEA_PART_ATTENTION);
    if (!status) {
        /* Queries, keys and values are no longer needed. */
        const struct fovea_rows room = sources(pass, plan->wide, hidden, layer);
        const struct fovea_rows src =
                as_sources(&gathered, pass->n_rows, hidden, &room);
        status = fovea_step_linear(plan,
                product_of(pass, pass->of_rows, layer, FOVEA_USE_OUT), &src,
                fovea_step_piece(plan, FOVEA_ROLE_OUT, layer), &x, err);
    }
    fovea_part_end(plan->clock, FOVEA_PART_OUT);
    return status;
}

/* x += MLP(LayerNorm(x)) */
static enum fovea_status
mlp_block(const struct fovea_pass *pass, size_t layer, struct fovea_error *err)
{
    struct fovea_plan *plan = pass->plan;
    const struct fovea_mlp mlp = {
        layer,
        product_of(pass, pass->of_rows, layer, FOVEA_USE_FC1),
        product_of(pass, pass->of_rows, layer, FOVEA_USE_FC2),
        sources(pass, plan->y, plan->sizes.hidden, layer),
        sources(pass, plan->wide, part_width(plan), layer),
        fovea_pass_residual(pass, plan->x),
    };
    fovea_step_norm(plan, plan->x, pass->n_rows,
            fovea_step_piece(plan, FOVEA_ROLE_NORM2, layer), &mlp.src);
    return fovea_step_mlp(plan, &mlp, err);
}

enum fovea_status
fovea_layer_run(const struct fovea_pass *pass, size_t layer,
        struct fovea_error *err)
{
    enum fovea_status status = attention_block(pass, layer, err);
    return status ? status : mlp_block(pass, layer, err);
}

/* The pooled rows come together: those of x in pooled, and then those of normed in
   x, which is free from there on. */
static void
gather_pooled_rows(const struct fovea_pass *pass,
        const struct fovea_rows *normed, const struct fovea_rows *picked)
{
    struct fovea_plan *plan = pass->plan;
    const size_t hidden = plan->sizes.hidden;
    for (size_t i = 0; i < pass->n_sequences; i++) {
        memcpy(plan->pooled + i * hidden,
                plan->x + pass->sequences[i].pooled_row * hidden,
                hidden * sizeof(float));
    }
    for (size_t i = 0; i < pass->n_sequences; i++) {
        fovea_rows_copy(picked, i, normed, pass->sequences[i].pooled_row,
                hidden);
    }
}

/* out[i] = what the pooled token of each sequence gathers of all of them. */
static void
attend_pooled(const struct fovea_pass *pass, const struct fovea_rows *query,
        const struct fovea_rows *wide, const struct fovea_rows *out)
{
    const struct fovea_sizes *s = &pass->plan->sizes;
    for (size_t i = 0; i < pass->n_sequences; i++) {
        const struct fovea_sequence *sequence = &pass->sequences[i];
        const struct fovea_rows key = fovea_rows_from(wide, sequence->row);
        const struct fovea_attended attended = { fovea_rows_from(query, i), key,
            fovea_rows_columns(&key, s->hidden), fovea_rows_from(out, i), 1,
            sequence->n_tokens, s->n_heads, s->head_dim };
        fovea_step_attend(pass->plan, &attended);
    }
}

/* pooled += Attention(LayerNorm(x)), for the pooled rows alone. */
static enum fovea_status
last_attention_block(const struct fovea_pass *pass, size_t layer,
        struct fovea_error *err)
{
    struct fovea_plan *plan = pass->plan;
    const size_t hidden = plan->sizes.hidden;
    const struct fovea_rows normed = sources(pass, plan->y, hidden, layer);
    const struct fovea_rows wide = values(pass, plan->wide, 2 * hidden, layer);
    const struct fovea_rows picked =
            pooled_sources(pass, plan->x, hidden, layer);
    const struct fovea_rows query = pooled_values(pass, plan->y);
    const struct fovea_rows gathered = pooled_values(pass, plan->x);
    const struct fovea_rows pooled = fovea_pass_residual(pass, plan->pooled);
    fovea_step_norm(plan, plan->x, pass->n_rows,
            fovea_step_piece(plan, FOVEA_ROLE_NORM1, layer), &normed);
    enum fovea_status status = fovea_step_linear(plan,
            product_of(pass, pass->of_rows, layer, FOVEA_USE_KEY_VALUE),
            &normed, fovea_weights_at(plan->weights, FOVEA_ROLE_QKV, layer, 1),
            &wide, err);
    if (status) {
        return status;
    }
    gather_pooled_rows(pass, &normed, &picked);
    status = fovea_step_linear(plan,
            product_of(pass, pass->of_sequences, layer, FOVEA_USE_QUERY),
            &picked, fovea_step_piece(plan, FOVEA_ROLE_QKV, layer), &query,
            err);
    fovea_part_end(plan->clock, FOVEA_PART_QKV);
    if (!status) {
        attend_pooled(pass, &query, &wide, &gathered);
    }
    fovea_part_end(plan->clock, FOVEA_PART_ATTENTION);
    if (!status) {
        const struct fovea_rows room =
                pooled_sources(pass, plan->wide, hidden, layer);
        const struct fovea_rows src =
                as_sources(&gathered, pass->n_sequences, hidden, &room);
        status = fovea_step_linear(plan,
                product_of(pass, pass->of_sequences, layer,
                        FOVEA_USE_POOLED_OUT),
                &src, fovea_step_piece(plan, FOVEA_ROLE_OUT, layer), &pooled,
                err);
    }
    fovea_part_end(plan->clock, FOVEA_PART_OUT);
    return status;
}

enum fovea_status
fovea_layer_pooled_mlp(const struct fovea_pass *pass, size_t layer,
        struct fovea_error *err)
{
    struct fovea_plan *plan = pass->plan;
    const struct fovea_mlp mlp = {
        layer,
        product_of(pass, pass->of_sequences, layer, FOVEA_USE_POOLED_FC1),
        product_of(pass, pass->of_sequences, layer, FOVEA_USE_POOLED_FC2),
        pooled_sources(pass, plan->y, plan->sizes.hidden, layer),
        pooled_sources(pass, plan->wide, part_width(plan), layer),
        fovea_pass_residual(pass, plan->pooled),
    };
    fovea_step_norm(plan, plan->pooled, pass->n_sequences,
            fovea_step_piece(plan, FOVEA_ROLE_NORM2, layer), &mlp.src);
    return fovea_step_mlp(plan, &mlp, err);
}

enum fovea_status
fovea_layer_run_last(const struct fovea_pass *pass, size_t layer,
        struct fovea_error *err)
{
    enum fovea_status status = last_attention_block(pass, layer, err);
    return status ? status : fovea_layer_pooled_mlp(pass, layer, err);
}
