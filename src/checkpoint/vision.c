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

static const struct row tower_rows[] = {
    { "vision_model.embeddings.class_embedding", FOVEA_VISION_CLASS,
            { HIDDEN } },
    { "vision_model.embeddings.patch_embedding.weight", FOVEA_VISION_PATCH,
            { HIDDEN, CHANNELS, PATCH, PATCH } },
    { "vision_model.embeddings.position_embedding.weight",
            FOVEA_VISION_POSITION, { TOKENS, HIDDEN } },
    { "vision_model.pre_layrnorm.weight", FOVEA_VISION_SCALE, { HIDDEN } },
    { "vision_model.pre_layrnorm.bias", FOVEA_VISION_BIAS, { HIDDEN } },
    { "vision_model.post_layernorm.weight", FOVEA_VISION_SCALE, { HIDDEN } },
    { "vision_model.post_layernorm.bias", FOVEA_VISION_BIAS, { HIDDEN } },
    { "visual_projection.weight", FOVEA_VISION_MATRIX, { PROJECTION, HIDDEN } },
};

/* Behind "vision_model.encoder.layers.<n>." */
static const struct row layer_rows[] = {
    { "layer_norm1.weight", FOVEA_VISION_SCALE, { HIDDEN } },
    { "layer_norm1.bias", FOVEA_VISION_BIAS, { HIDDEN } },
    { "self_attn.q_proj.weight", FOVEA_VISION_MATRIX, { HIDDEN, HIDDEN } },
    { "self_attn.q_proj.bias", FOVEA_VISION_BIAS, { HIDDEN } },
    { "self_attn.k_proj.weight", FOVEA_VISION_MATRIX, { HIDDEN, HIDDEN } },
    { "self_attn.k_proj.bias", FOVEA_VISION_BIAS, { HIDDEN } },
    { "self_attn.v_proj.weight", FOVEA_VISION_MATRIX, { HIDDEN, HIDDEN } },
    { "self_attn.v_proj.bias", FOVEA_VISION_BIAS, { HIDDEN } },
    { "self_attn.out_proj.weight", FOVEA_VISION_MATRIX, { HIDDEN, HIDDEN } },
    { "self_attn.out_proj.bias", FOVEA_VISION_BIAS, { HIDDEN } },
    { "layer_norm2.weight", FOVEA_VISION_SCALE, { HIDDEN } },
    { "layer_norm2.bias", FOVEA_VISION_BIAS, { HIDDEN } },
    { "mlp.fc1.weight", FOVEA_VISION_MATRIX, { MLP, HIDDEN } },
    { "mlp.fc1.bias", FOVEA_VISION_BIAS, { MLP } },
    { "mlp.fc2.weight", FOVEA_VISION_MATRIX, { HIDDEN, MLP } },
    { "mlp.fc2.bias", FOVEA_VISION_BIAS, { HIDDEN } },
};

static size_t
dim_size(const struct fovea_vision_config *config, enum dim dim)
{
    size_t side = config->image_size_px / config->patch_size_px;
    switch (dim) {
    case HIDDEN:
        return config->hidden_size;
    case MLP:
        return config->mlp_size;
    case PROJECTION:
        return config->projection_dim;
    case TOKENS:
        return side * side + 1;
    case CHANNELS:
        return 3;
    case PATCH:
        return config->patch_size_px;
    case NONE:
        break;
    }
    return 0;
}

size_t
fovea_vision_count(const struct fovea_vision_config *config)
{
    return FOVEA_ARRAY_LEN(tower_rows) +
            config->n_layers * FOVEA_ARRAY_LEN(layer_rows);
}

struct fovea_vision_tensor
fovea_vision_at(const struct fovea_vision_config *config, size_t index)
{
    FOVEA_ASSERT(index < fovea_vision_count(config));
    struct fovea_vision_tensor tensor = { .n_elements = 1 };
    const struct row *row = &tower_rows[0];
    if (index < FOVEA_ARRAY_LEN(tower_rows)) {
        row = &tower_rows[index];
        (void)snprintf(tensor.name, sizeof tensor.name, "%s", row->name);
    } else {
        index -= FOVEA_ARRAY_LEN(tower_rows);
        row = &layer_rows[index % FOVEA_ARRAY_LEN(layer_rows)];
        (void)snprintf(tensor.name, sizeof tensor.name,
                "vision_model.encoder.layers.%zu.%s",
                index / FOVEA_ARRAY_LEN(layer_rows), row->name);
    }
    tensor.part = row->part;
    while (tensor.n_dims < FOVEA_VISION_MAX_DIMS && row->dims[tensor.n_dims]) {
        size_t size = dim_size(config, row->dims[tensor.n_dims]);
        tensor.shape[tensor.n_dims++] = size;
        /* The bounds of config.h keep every product in range. */
        tensor.n_elements *= size;
    }
    return tensor;
}

enum fovea_status
fovea_vision_check(const struct fovea_vision_config *config,
        const struct fovea_checkpoint *checkpoint,
        struct fovea_vision_summary *summary_out, struct fovea_error *err)
{
    struct fovea_vision_summary summary = { 0 };
    for (size_t i = 0; i < fovea_vision_count(config); i++) {
        struct fovea_vision_tensor wanted = fovea_vision_at(config, i);
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
