/* The tensors of a vision tower: see vision.h. */
#include "checkpoint/vision.h"

#include <stdio.h>

#include "base/error.h"

/* Sizes that shapes are made of; NONE ends a shape. */
enum dim {
    NONE,
    HIDDEN,
    MLP,
    PROJECTION,
    TOKENS,
    CHANNELS,
    PATCH
};

struct row {
    const char *name;
    enum fovea_vision_part part;
    enum dim dims[FOVEA_VISION_MAX_DIMS];
};

static const struct row tower_rows[FOVEA_TOWER_COUNT] = {
    [FOVEA_TOWER_CLASS] = { "vision_model.embeddings.class_embedding",
            FOVEA_VISION_CLASS, { HIDDEN } },
    [FOVEA_TOWER_PATCH] = { "vision_model.embeddings.patch_embedding.weight",
            FOVEA_VISION_PATCH, { HIDDEN, CHANNELS, PATCH, PATCH } },
    [FOVEA_TOWER_POSITION] = { "vision_model.embeddings.position_embedding.weight",
            FOVEA_VISION_POSITION, { TOKENS, HIDDEN } },
    [FOVEA_TOWER_PRE_NORM] = { "vision_model.pre_layrnorm.weight",
            FOVEA_VISION_SCALE, { HIDDEN } },
    [FOVEA_TOWER_PRE_NORM_BIAS] = { "vision_model.pre_layrnorm.bias",
            FOVEA_VISION_BIAS, { HIDDEN } },
    [FOVEA_TOWER_POST_NORM] = { "vision_model.post_layernorm.weight",
            FOVEA_VISION_SCALE, { HIDDEN } },
    [FOVEA_TOWER_POST_NORM_BIAS] = { "vision_model.post_layernorm.bias",
            FOVEA_VISION_BIAS, { HIDDEN } },
    [FOVEA_TOWER_PROJECTION] = { "visual_projection.weight",
            FOVEA_VISION_MATRIX, { PROJECTION, HIDDEN } },
};

/* Behind "vision_model.encoder.layers.<n>." */
static const struct row layer_rows[FOVEA_LAYER_COUNT] = {
    [FOVEA_LAYER_NORM1] = { "layer_norm1.weight", FOVEA_VISION_SCALE,
            { HIDDEN } },
    [FOVEA_LAYER_NORM1_BIAS] = { "layer_norm1.bias", FOVEA_VISION_BIAS,
            { HIDDEN } },
    [FOVEA_LAYER_QUERY] = { "self_attn.q_proj.weight", FOVEA_VISION_MATRIX,
            { HIDDEN, HIDDEN } },
    [FOVEA_LAYER_QUERY_BIAS] = { "self_attn.q_proj.bias", FOVEA_VISION_BIAS,
            { HIDDEN } },
    [FOVEA_LAYER_KEY] = { "self_attn.k_proj.weight", FOVEA_VISION_MATRIX,
            { HIDDEN, HIDDEN } },
    [FOVEA_LAYER_KEY_BIAS] = { "self_attn.k_proj.bias", FOVEA_VISION_BIAS,
            { HIDDEN } },
    [FOVEA_LAYER_VALUE] = { "self_attn.v_proj.weight", FOVEA_VISION_MATRIX,
            { HIDDEN, HIDDEN } },
    [FOVEA_LAYER_VALUE_BIAS] = { "self_attn.v_proj.bias", FOVEA_VISION_BIAS,
            { HIDDEN } },
    [FOVEA_LAYER_OUT] = { "self_attn.out_proj.weight", FOVEA_VISION_MATRIX,
            { HIDDEN, HIDDEN } },
    [FOVEA_LAYER_OUT_BIAS] = { "self_attn.out_proj.bias", FOVEA_VISION_BIAS,
            { HIDDEN } },
    [FOVEA_LAYER_NORM2] = { "layer_norm2.weight", FOVEA_VISION_SCALE,
            { HIDDEN } },
    [FOVEA_LAYER_NORM2_BIAS] = { "layer_norm2.bias", FOVEA_VISION_BIAS,
            { HIDDEN } },
    [FOVEA_LAYER_FC1] = { "mlp.fc1.weight", FOVEA_VISION_MATRIX,
            { MLP, HIDDEN } },
    [FOVEA_LAYER_FC1_BIAS] = { "mlp.fc1.bias", FOVEA_VISION_BIAS, { MLP } },
    [FOVEA_LAYER_FC2] = { "mlp.fc2.weight", FOVEA_VISION_MATRIX,
            { HIDDEN, MLP } },
    [FOVEA_LAYER_FC2_BIAS] = { "mlp.fc2.bias", FOVEA_VISION_BIAS, { HIDDEN } },
};

static size_t
dim_size(const struct fovea_tower *tower, enum dim dim)
{
    switch (dim) {
    case HIDDEN:
        return tower->width;
    case MLP:
        return tower->mlp;
    case PROJECTION:
        return tower->dimension;
    case TOKENS:
        return fovea_tower_tokens(tower);
    case CHANNELS:
        return 3;
    case PATCH:
        return tower->patch_px;
    case NONE:
        break;
    }
    return 0;
}

size_t
fovea_vision_count(const struct fovea_tower *tower)
{
    return FOVEA_TOWER_COUNT + tower->n_layers * FOVEA_LAYER_COUNT;
}

/* Part and shape of a tensor; the name is the caller's. */
static void
describe(const struct fovea_tower *tower, const struct row *row,
        struct fovea_vision_tensor *tensor)
{
    tensor->part = row->part;
    tensor->n_dims = 0;
    tensor->n_elements = 1;
    while (tensor->n_dims < FOVEA_VISION_MAX_DIMS &&
            row->dims[tensor->n_dims]) {
        size_t size = dim_size(tower, row->dims[tensor->n_dims]);
        tensor->shape[tensor->n_dims++] = size;
        /* The bounds of config.h keep every product in range. */
        tensor->n_elements *= size;
    }
}

struct fovea_vision_tensor
fovea_vision_tower(const struct fovea_tower *tower, enum fovea_tower_tensor id)
{
    struct fovea_vision_tensor tensor;
    (void)snprintf(tensor.name, sizeof tensor.name, "%s", tower_rows[id].name);
    describe(tower, &tower_rows[id], &tensor);
    return tensor;
}

struct fovea_vision_tensor
fovea_vision_layer(const struct fovea_tower *tower, size_t layer,
        enum fovea_layer_tensor id)
{
    struct fovea_vision_tensor tensor;
    (void)snprintf(tensor.name, sizeof tensor.name,
            "vision_model.encoder.layers.%zu.%s", layer, layer_rows[id].name);
    describe(tower, &layer_rows[id], &tensor);
    return tensor;
}

struct fovea_vision_tensor
fovea_vision_at(const struct fovea_tower *tower, size_t index)
{
    FOVEA_ASSERT(index < fovea_vision_count(tower));
    if (index < FOVEA_TOWER_COUNT) {
        return fovea_vision_tower(tower, (enum fovea_tower_tensor)index);
    }
    index -= FOVEA_TOWER_COUNT;
    return fovea_vision_layer(tower, index / FOVEA_LAYER_COUNT,
            (enum fovea_layer_tensor)(index % FOVEA_LAYER_COUNT));
}

enum fovea_status
fovea_vision_check(const struct fovea_tower *tower,
        const struct fovea_checkpoint *checkpoint,
        struct fovea_vision_summary *summary_out, struct fovea_error *err)
{
    struct fovea_vision_summary summary = { 0 };
    for (size_t i = 0; i < fovea_vision_count(tower); i++) {
        struct fovea_vision_tensor wanted = fovea_vision_at(tower, i);
        const struct fovea_tensor *found = NULL;
        enum fovea_status status = fovea_checkpoint_require(checkpoint,
                wanted.name, wanted.n_dims, wanted.shape, &found, err);
        if (status) {
            return status;
        }
        const char *dtype = fovea_tensor_type_name(found->type);
        /* The same type is the same string. */
        summary.dtype = i == 0 || summary.dtype == dtype ? dtype : "mixed";
        summary.n_elements += wanted.n_elements;
        if (wanted.n_elements > summary.largest_n_elements) {
            summary.largest_n_elements = wanted.n_elements;
        }
    }
    *summary_out = summary;
    return FOVEA_OK;
}
