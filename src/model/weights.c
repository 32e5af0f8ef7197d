/*
 * What weights are made of: the layouts of their matrices, and a block that is
 * laid out by the same code twice, first to learn its size, then to give every
 * weight its place.
 */
#include "model/weights.h"

#include "base/error.h"
#include "base/pages.h"
#include "base/size.h"

enum fovea_precision
fovea_precision_bf16(const struct fovea_vision_config *config)
{
    return fovea_matmul_has_bf16() &&
                    config->hidden_size >= FOVEA_MIN_BF16_HIDDEN_SIZE
            ? FOVEA_PRECISION_BF16
            : FOVEA_PRECISION_BF16_WEIGHTS;
}

enum fovea_precision
fovea_precision_of(const struct fovea_vision_config *config,
        enum fovea_dtype dtype)
{
    enum fovea_precision bf16 = fovea_precision_bf16(config);
    bool is_wanted = dtype == FOVEA_DTYPE_BF16 ||
            (dtype == FOVEA_DTYPE_AUTO && bf16 == FOVEA_PRECISION_BF16);
    return is_wanted ? bf16 : FOVEA_PRECISION_F32;
}

/* Packings. */

static void
packings_finish(struct fovea_packings *packings)
{
    fovea_packing_destroy(packings->patch);
    fovea_packing_destroy(packings->qkv);
    fovea_packing_destroy(packings->key_value);
    fovea_packing_destroy(packings->square);
    fovea_packing_destroy(packings->fc1);
    fovea_packing_destroy(packings->fc2);
    fovea_packing_destroy(packings->project);
}

/* On failure some are NULL; packings_finish() takes that. */
static enum fovea_status
packings_init(struct fovea_packings *packings,
        const struct fovea_vision_config *config, enum fovea_element element,
        struct fovea_error *err)
{
    size_t hidden = config->hidden_size;
    size_t mlp = config->mlp_size;
    const struct {
        struct fovea_packing **packing;
        size_t k;
        size_t n;
    } shapes[] = {
        { &packings->patch, fovea_config_patch_width(config), hidden },
        { &packings->qkv, hidden, 3 * hidden },
        { &packings->key_value, hidden, 2 * hidden },
        { &packings->square, hidden, hidden },
        { &packings->fc1, hidden, mlp },
        { &packings->fc2, mlp, hidden },
        { &packings->project, hidden, config->projection_dim },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(shapes); i++) {
        enum fovea_status status =
                fovea_packing_create(fovea_config_tokens(config), shapes[i].k,
                        shapes[i].n, element, shapes[i].packing, err);
        if (status) {
            return status;
        }
    }
    return FOVEA_OK;
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
    arena->used += fovea_round_up(size, FOVEA_MATMUL_ALIGNMENT);
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
place_layer(struct arena *arena, const struct fovea_weights *weights,
        bool is_last, struct fovea_layer_weights *layer)
{
    const struct fovea_packings *packings = &weights->packings;
    size_t hidden = weights->config.hidden_size;
    place_norm(arena, hidden, &layer->norm1);
    if (is_last) {
        place_linear(arena, packings->square, hidden, &layer->query);
        place_linear(arena, packings->key_value, 2 * hidden, &layer->key_value);
    } else {
        place_linear(arena, packings->qkv, 3 * hidden, &layer->qkv);
    }
    place_linear(arena, packings->square, hidden, &layer->out);
    place_norm(arena, hidden, &layer->norm2);
    place_linear(arena, packings->fc1, weights->config.mlp_size, &layer->fc1);
    place_linear(arena, packings->fc2, hidden, &layer->fc2);
}

/* In the order of use, so that a forward pass reads the block front to back. */
static void
place_all(struct arena *arena, struct fovea_weights *weights)
{
    const struct fovea_vision_config *config = &weights->config;
    size_t hidden = config->hidden_size;
    place_linear(arena, weights->packings.patch, 0, &weights->patch);
    weights->class_embedding = take_floats(arena, hidden);
    weights->position_embedding =
            take_floats(arena, fovea_config_tokens(config) * hidden);
    place_norm(arena, hidden, &weights->pre_norm);
    for (size_t i = 0; i < config->n_layers; i++) {
        place_layer(arena, weights, i + 1 == config->n_layers,
                &weights->layers[i]);
    }
    place_norm(arena, hidden, &weights->post_norm);
    place_linear(arena, weights->packings.project, 0, &weights->project);
}

enum fovea_status
fovea_weights_create(const struct fovea_vision_config *config,
        enum fovea_precision precision, struct fovea_weights **weights_out,
        struct fovea_error *err)
{
    struct fovea_weights *weights = calloc(1, sizeof *weights);
    if (!weights) {
        return fovea_fail_memory(err, sizeof *weights, "weights");
    }
    weights->config = *config;
    weights->precision = precision;
    weights->element = precision == FOVEA_PRECISION_BF16 ? FOVEA_ELEMENT_BF16
                                                         : FOVEA_ELEMENT_F32;
    weights->layers = calloc(config->n_layers, sizeof *weights->layers);
    if (!weights->layers) {
        fovea_weights_destroy(weights);
        return fovea_fail_memory(err,
                config->n_layers * sizeof *weights->layers, "weights");
    }
    enum fovea_status status =
            packings_init(&weights->packings, config, weights->element, err);
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
    packings_finish(&weights->packings);
    free(weights->layers);
    free(weights);
}

enum fovea_status
fovea_weights_size(const struct fovea_vision_config *config,
        enum fovea_precision precision, size_t *size_out,
        struct fovea_error *err)
{
    struct fovea_weights *weights = NULL;
    enum fovea_status status =
            fovea_weights_create(config, precision, &weights, err);
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

enum fovea_status
fovea_weights_load(const struct fovea_vision_config *config,
        const struct fovea_checkpoint *checkpoint,
        enum fovea_precision precision, struct fovea_weights **weights_out,
        struct fovea_error *err)
{
    struct fovea_weights *weights = NULL;
    enum fovea_status status =
            fovea_weights_create(config, precision, &weights, err);
    if (status) {
        return status;
    }
    weights->mapping_size = weights->block_size;
    weights->mapping = fovea_pages_map(weights->mapping_size);
    if (weights->mapping) {
        fovea_weights_place(weights, weights->mapping);
        status = fovea_weights_fill(weights, checkpoint, err);
    } else {
        status =
                fovea_fail_memory(err, weights->mapping_size, "packed weights");
    }
    if (status) {
        fovea_weights_destroy(weights);
        return status;
    }
    *weights_out = weights;
    return FOVEA_OK;
}
