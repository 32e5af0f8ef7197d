/*
 * What weights are made of: the layouts of their matrices, and a block that is
 * laid out by the same code twice, first to learn its size, then to give every
 * weight its place.
 */
#include "engine/cpu/weights.h"

#include "base/error.h"
#include "base/size.h"
#include "engine/cpu/cost.h"
#include "engine/cpu/machine.h"
#include "sys/pages.h"

enum fovea_precision
fovea_precision_bf16(const struct fovea_tower *tower)
{
    return fovea_machine_has_bf16() && tower->width >= FOVEA_MIN_BF16_WIDTH
            ? FOVEA_PRECISION_BF16
            : FOVEA_PRECISION_BF16_WEIGHTS;
}

enum fovea_precision
fovea_precision_of(const struct fovea_tower *tower, enum fovea_dtype dtype)
{
    enum fovea_precision bf16 = fovea_precision_bf16(tower);
    bool is_wanted = dtype == FOVEA_DTYPE_BF16 ||
            (dtype == FOVEA_DTYPE_AUTO && bf16 == FOVEA_PRECISION_BF16);
    return is_wanted ? bf16 : FOVEA_PRECISION_F32;
}

enum fovea_element
fovea_precision_element(enum fovea_precision precision)
{
    return precision == FOVEA_PRECISION_BF16 ? FOVEA_ELEMENT_BF16
                                             : FOVEA_ELEMENT_F32;
}

/* On failure some packings are NULL. */
static enum fovea_status
packings_init(struct fovea_weights *weights, struct fovea_error *err)
{
    const struct fovea_forms *forms = &weights->forms;
    enum fovea_status status = FOVEA_OK;
    for (enum fovea_matrix i = 0; i < FOVEA_N_MATRICES && !status; i++) {
        struct fovea_packing_shape shape = fovea_linear_matrix(&weights->tower,
                weights->element, forms->mlp_parts, i);
        status = fovea_packing_create(&shape, (enum fovea_form)forms->form[i],
                &weights->packings[i], err);
    }
    return status;
}

/* The block. */

/* Gives out aligned pieces; with base NULL it only counts. */
struct arena {
    uint8_t *base;
    size_t used;
};

static void *
take(struct arena *arena, size_t size)
{
    void *piece = arena->base ? arena->base + arena->used : NULL;
    arena->used += fovea_round_up(size, FOVEA_OPERAND_ALIGNMENT);
    return piece;
}

static float *
take_floats(struct arena *arena, size_t n)
{
    return take(arena, n * sizeof(float));
}

static void
place_linear(struct arena *arena, const struct fovea_packing *packing,
        size_t n_bias, struct fovea_linear_weights *linear)
{
    linear->packed = take(arena, fovea_packing_size(packing));
    linear->bias = n_bias ? take_floats(arena, n_bias) : NULL;
}

static void
place_norm(struct arena *arena, size_t width, struct fovea_norm_weights *norm)
{
    norm->weight = take_floats(arena, width);
    norm->bias = take_floats(arena, width);
}

static void
place_mlp(struct arena *arena, const struct fovea_weights *weights,
        const struct fovea_layer_weights *layer)
{
    const size_t n_parts = weights->forms.mlp_parts;
    const size_t width = weights->tower.mlp / n_parts;
    for (size_t i = 0; i < n_parts; i++) {
        struct fovea_mlp_weights *part = &layer->mlp[i];
        place_linear(arena, weights->packings[FOVEA_MATRIX_FC1], width,
                &part->fc1);
        place_linear(arena, weights->packings[FOVEA_MATRIX_FC2],
                i == 0 ? weights->tower.width : 0, &part->fc2);
        if (i > 0) {
            part->fc2.bias = weights->zeros;
        }
    }
}

static void
place_layer(struct arena *arena, const struct fovea_weights *weights,
        bool is_last, struct fovea_layer_weights *layer)
{
    const struct fovea_packing *square = weights->packings[FOVEA_MATRIX_SQUARE];
    size_t hidden = weights->tower.width;
    place_norm(arena, hidden, &layer->norm1);
    if (is_last) {
        place_linear(arena, square, hidden, &layer->query);
        place_linear(arena, weights->packings[FOVEA_MATRIX_KEY_VALUE],
                2 * hidden, &layer->key_value);
    } else {
        place_linear(arena, weights->packings[FOVEA_MATRIX_QKV], 3 * hidden,
                &layer->qkv);
    }
    place_linear(arena, square, hidden, &layer->out);
    place_norm(arena, hidden, &layer->norm2);
    place_mlp(arena, weights, layer);
}

/* In the order of use, so that a forward pass reads the block front to back. */
static void
place_all(struct arena *arena, struct fovea_weights *weights)
{
    const struct fovea_tower *tower = &weights->tower;
    size_t hidden = tower->width;
    place_linear(arena, weights->packings[FOVEA_MATRIX_PATCH], 0,
            &weights->patch);
    weights->class_embedding = take_floats(arena, hidden);
    weights->position_embedding =
            take_floats(arena, fovea_tower_tokens(tower) * hidden);
    place_norm(arena, hidden, &weights->pre_norm);
    weights->zeros =
            weights->forms.mlp_parts > 1 ? take_floats(arena, hidden) : NULL;
    for (size_t i = 0; i < tower->n_layers; i++) {
        place_layer(arena, weights, i + 1 == tower->n_layers,
                &weights->layers[i]);
    }
    place_norm(arena, hidden, &weights->post_norm);
    place_linear(arena, weights->packings[FOVEA_MATRIX_PROJECT], 0,
            &weights->project);
}

static enum fovea_status
layers_init(struct fovea_weights *weights, struct fovea_error *err)
{
    const size_t n_layers = weights->tower.n_layers;
    const size_t n_parts = weights->forms.mlp_parts;
    weights->layers = calloc(n_layers, sizeof *weights->layers);
    weights->mlps = calloc(n_layers * n_parts, sizeof *weights->mlps);
    if (!weights->layers || !weights->mlps) {
        return fovea_fail_memory(err, n_layers * sizeof *weights->layers,
                "weights");
    }
    for (size_t i = 0; i < n_layers; i++) {
        weights->layers[i].mlp = weights->mlps + i * n_parts;
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_weights_create(const struct fovea_tower *tower,
        enum fovea_precision precision, const struct fovea_forms *forms,
        struct fovea_weights **weights_out, struct fovea_error *err)
{
    struct fovea_weights *weights = calloc(1, sizeof *weights);
    if (!weights) {
        return fovea_fail_memory(err, sizeof *weights, "weights");
    }
    weights->tower = *tower;
    weights->precision = precision;
    weights->element = fovea_precision_element(precision);
    weights->forms = *forms;
    enum fovea_status status = layers_init(weights, err);
    if (!status) {
        status = packings_init(weights, err);
    }
    if (status) {
        fovea_weights_destroy(weights);
        return status;
    }
    struct arena counting = { NULL, 0 };
    place_all(&counting, weights);
    weights->block_size = counting.used;
    *weights_out = weights;
    return FOVEA_OK;
}

void
fovea_weights_destroy(struct fovea_weights *weights)
{
    if (!weights) {
        return;
    }
    fovea_pages_unmap(weights->mapping, weights->mapping_size);
    for (size_t i = 0; i < FOVEA_N_MATRICES; i++) {
        fovea_packing_destroy(weights->packings[i]);
    }
    free(weights->mlps);
    free(weights->layers);
    free(weights);
}

enum fovea_status
fovea_weights_size(const struct fovea_tower *tower,
        enum fovea_precision precision, size_t *size_out,
        struct fovea_error *err)
{
    struct fovea_weights *weights = NULL;
    struct fovea_forms forms;
    enum fovea_status status = fovea_forms_prefer(tower,
            fovea_precision_element(precision), &forms, err);
    if (!status) {
        status = fovea_weights_create(tower, precision, &forms, &weights, err);
    }
    if (status) {
        return status;
    }
    *size_out = weights->block_size;
    fovea_weights_destroy(weights);
    return FOVEA_OK;
}

void
fovea_weights_place(struct fovea_weights *weights, void *block)
{
    struct arena arena = { block, 0 };
    weights->block = block;
    place_all(&arena, weights);
}
