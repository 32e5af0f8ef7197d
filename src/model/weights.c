/*
 * Loading: the block is laid out twice by the same code, first to learn its
 * size, then to give every weight its place; then each tensor is read into a
 * staging buffer of the largest one and packed from there.
 */
#include "model/weights.h"

#include <string.h>

#include "base/error.h"
#include "base/pages.h"
#include "base/size.h"
#include "checkpoint/vision.h"

enum fovea_precision
fovea_precision_bf16(const struct fovea_vision_config *config)
{
    return fovea_matmul_has_bf16() &&
                    config->hidden_size >= FOVEA_MIN_BF16_HIDDEN_SIZE
            ? FOVEA_PRECISION_BF16
            : FOVEA_PRECISION_BF16_WEIGHTS;
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

static enum fovea_status
weights_create(const struct fovea_vision_config *config,
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
    fovea_pages_unmap(weights->block, weights->block_size);
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
    enum fovea_status status = weights_create(config, precision, &weights, err);
    if (status) {
        return status;
    }
    *size_out = weights->block_size;
    fovea_weights_destroy(weights);
    return FOVEA_OK;
}

static enum fovea_status
map_block(struct fovea_weights *weights, struct fovea_error *err)
{
    void *block = fovea_pages_map(weights->block_size);
    if (!block) {
        return fovea_fail_memory(err, weights->block_size, "packed weights");
    }
    weights->block = block;
    struct arena arena = { block, 0 };
    place_all(&arena, weights);
    return FOVEA_OK;
}

/* Reading. */

struct loader {
    struct fovea_weights *weights;
    const struct fovea_checkpoint *checkpoint;
    size_t layer;   /* the one that is being read */
    float *staging; /* room for the largest matrix */
};

static enum fovea_status
read_tensor(struct loader *loader, const struct fovea_vision_tensor *wanted,
        float *values, struct fovea_error *err)
{
    const struct fovea_tensor *tensor = NULL;
    enum fovea_status status = fovea_checkpoint_require(loader->checkpoint,
            wanted->name, wanted->n_dims, wanted->shape, &tensor, err);
    if (status) {
        return status;
    }
    return fovea_checkpoint_read(loader->checkpoint, tensor, values, err);
}

static enum fovea_status
read_tower(struct loader *loader, enum fovea_tower_tensor id, float *values,
        struct fovea_error *err)
{
    struct fovea_vision_tensor tensor =
            fovea_vision_tower(&loader->weights->config, id);
    return read_tensor(loader, &tensor, values, err);
}

static enum fovea_status
read_layer(struct loader *loader, enum fovea_layer_tensor id, float *values,
        struct fovea_error *err)
{
    struct fovea_vision_tensor tensor =
            fovea_vision_layer(&loader->weights->config, loader->layer, id);
    return read_tensor(loader, &tensor, values, err);
}

/* What is staged, into its place. */
static enum fovea_status
pack(struct loader *loader, const struct fovea_packing *packing, void *packed,
        struct fovea_error *err)
{
    if (loader->weights->precision == FOVEA_PRECISION_BF16_WEIGHTS) {
        fovea_kernel_round_bf16(loader->staging,
                fovea_packing_k(packing) * fovea_packing_n(packing));
    }
    return fovea_packing_pack(packing, loader->staging, packed, err);
}

/* A matrix without bias, outside the layers. */
static enum fovea_status
load_tower_matrix(struct loader *loader, enum fovea_tower_tensor id,
        const struct fovea_packing *packing, void *packed,
        struct fovea_error *err)
{
    enum fovea_status status = read_tower(loader, id, loader->staging, err);
    return status ? status : pack(loader, packing, packed, err);
}

static enum fovea_status
load_tower_norm(struct loader *loader, enum fovea_tower_tensor id,
        const struct fovea_norm_weights *norm, struct fovea_error *err)
{
    enum fovea_status status = read_tower(loader, id, norm->weight, err);
    return status ? status : read_tower(loader, id + 1, norm->bias, err);
}

static enum fovea_status
load_layer_norm(struct loader *loader, enum fovea_layer_tensor id,
        const struct fovea_norm_weights *norm, struct fovea_error *err)
{
    enum fovea_status status = read_layer(loader, id, norm->weight, err);
    return status ? status : read_layer(loader, id + 1, norm->bias, err);
}

/* n linear layers of equal shape, one after the other in the checkpoint's
   order, stacked along their outputs. */
static enum fovea_status
load_stack(struct loader *loader, enum fovea_layer_tensor first, size_t n,
        const struct fovea_packing *packing,
        const struct fovea_linear_weights *linear, struct fovea_error *err)
{
    size_t out = fovea_packing_n(packing) / n;
    size_t size = out * fovea_packing_k(packing);
    for (size_t i = 0; i < n; i++) {
        enum fovea_layer_tensor id = first + 2 * (enum fovea_layer_tensor)i;
        enum fovea_status status =
                read_layer(loader, id, loader->staging + i * size, err);
        if (!status) {
            status = read_layer(loader, id + 1, linear->bias + i * out, err);
        }
        if (status) {
            return status;
        }
    }
    return pack(loader, packing, linear->packed, err);
}

/* Query, key and value: together, or the query apart in the last layer. */
static enum fovea_status
load_attention(struct loader *loader, const struct fovea_layer_weights *layer,
        struct fovea_error *err)
{
    const struct fovea_packings *packings = &loader->weights->packings;
    if (layer->qkv.packed) {
        return load_stack(loader, FOVEA_LAYER_QUERY, 3, packings->qkv,
                &layer->qkv, err);
    }
    enum fovea_status status = load_stack(loader, FOVEA_LAYER_QUERY, 1,
            packings->square, &layer->query, err);
    if (status) {
        return status;
    }
    return load_stack(loader, FOVEA_LAYER_KEY, 2, packings->key_value,
            &layer->key_value, err);
}

static enum fovea_status
load_layer(struct loader *loader, struct fovea_error *err)
{
    const struct fovea_packings *packings = &loader->weights->packings;
    const struct fovea_layer_weights *layer =
            &loader->weights->layers[loader->layer];
    enum fovea_status status =
            load_layer_norm(loader, FOVEA_LAYER_NORM1, &layer->norm1, err);
    if (!status) {
        status = load_attention(loader, layer, err);
    }
    if (!status) {
        status = load_stack(loader, FOVEA_LAYER_OUT, 1, packings->square,
                &layer->out, err);
    }
    if (!status) {
        status = load_layer_norm(loader, FOVEA_LAYER_NORM2, &layer->norm2, err);
    }
    if (!status) {
        status = load_stack(loader, FOVEA_LAYER_FC1, 1, packings->fc1,
                &layer->fc1, err);
    }
    if (!status) {
        status = load_stack(loader, FOVEA_LAYER_FC2, 1, packings->fc2,
                &layer->fc2, err);
    }
    return status;
}

static enum fovea_status
load_embeddings(struct loader *loader, struct fovea_error *err)
{
    struct fovea_weights *weights = loader->weights;
    enum fovea_status status = load_tower_matrix(loader, FOVEA_TOWER_PATCH,
            weights->packings.patch, weights->patch.packed, err);
    if (!status) {
        status = read_tower(loader, FOVEA_TOWER_CLASS, weights->class_embedding,
                err);
    }
    if (!status) {
        status = read_tower(loader, FOVEA_TOWER_POSITION,
                weights->position_embedding, err);
    }
    if (!status) {
        status = load_tower_norm(loader, FOVEA_TOWER_PRE_NORM,
                &weights->pre_norm, err);
    }
    return status;
}

static enum fovea_status
load_head(struct loader *loader, struct fovea_error *err)
{
    struct fovea_weights *weights = loader->weights;
    enum fovea_status status = load_tower_norm(loader, FOVEA_TOWER_POST_NORM,
            &weights->post_norm, err);
    if (!status) {
        status = load_tower_matrix(loader, FOVEA_TOWER_PROJECTION,
                weights->packings.project, weights->project.packed, err);
    }
    return status;
}

static enum fovea_status
load_all(struct loader *loader, struct fovea_error *err)
{
    enum fovea_status status = load_embeddings(loader, err);
    size_t n_layers = loader->weights->config.n_layers;
    for (loader->layer = 0; !status && loader->layer < n_layers;
            loader->layer++) {
        status = load_layer(loader, err);
    }
    return status ? status : load_head(loader, err);
}

static size_t
staging_values(const struct fovea_vision_config *config)
{
    size_t hidden = config->hidden_size;
    size_t widest = 3 * hidden; /* of what stands against hidden */
    const size_t others[] = { config->mlp_size,
        fovea_config_patch_width(config), config->projection_dim };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(others); i++) {
        widest = others[i] > widest ? others[i] : widest;
    }
    return widest * hidden;
}

enum fovea_status
fovea_weights_load(const struct fovea_vision_config *config,
        const struct fovea_checkpoint *checkpoint,
        enum fovea_precision precision, struct fovea_weights **weights_out,
        struct fovea_error *err)
{
    struct fovea_weights *weights = NULL;
    enum fovea_status status = weights_create(config, precision, &weights, err);
    if (status) {
        return status;
    }
    status = map_block(weights, err);
    if (!status) {
        size_t staging_size = fovea_round_up(
                staging_values(config) * sizeof(float), FOVEA_MATMUL_ALIGNMENT);
        FOVEA_AUTO_FREE float *staging =
                aligned_alloc(FOVEA_MATMUL_ALIGNMENT, staging_size);
        if (staging) {
            struct loader loader = { weights, checkpoint, 0, staging };
            status = load_all(&loader, err);
        } else {
            status = fovea_fail_memory(err, staging_size, "loading weights");
        }
    }
    if (status) {
        fovea_weights_destroy(weights);
        return status;
    }
    *weights_out = weights;
    return FOVEA_OK;
}
