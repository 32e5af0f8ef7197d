/*
 * CLIP in Hugging Face's layout: OpenAI's, LAION's and others' of that shape.
 *
 * config.json: CLIPModel nests the vision tower in "vision_config" and has
 * projection_dim beside it; CLIPVisionModelWithProjection has everything at the
 * top. A field that is missing (or null) has the default of Hugging Face's
 * CLIPVisionConfig. Tensors: the state dict of CLIPVisionModelWithProjection
 * ("pre_layrnorm" is spelled so there); CLIPModel's has the same names beside the
 * text tower's. Query, key and value are tensors of their own.
 */
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "spec/family.h"

static const struct fovea_tower defaults = {
    .width = 768,
    .mlp = 3072,
    .n_layers = 12,
    .n_heads = 12,
    .side_px = 224,
    .patch_px = 32,
    .dimension = 512,
    .activation = FOVEA_ACTIVATION_QUICK_GELU,
    .eps = 1e-5F,
};

static const char *const activations[] = {
    [FOVEA_ACTIVATION_QUICK_GELU] = "quick_gelu",
    [FOVEA_ACTIVATION_GELU] = "gelu",
    [FOVEA_ACTIVATION_GELU_TANH] = "gelu_pytorch_tanh",
};

/* config.json. */

static enum fovea_status
read_activation(const struct fovea_fields *fields, enum fovea_activation *value,
        struct fovea_error *err)
{
    const char *name = activations[FOVEA_ACTIVATION_QUICK_GELU];
    enum fovea_status status =
            fovea_field_string(fields, "hidden_act", &name, err);
    if (status) {
        return status;
    }
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(activations); i++) {
        if (!strcmp(name, activations[i])) {
            *value = (enum fovea_activation)i;
            return FOVEA_OK;
        }
    }
    return fovea_field_fail(fields, "hidden_act", FOVEA_ERR_MODEL_UNSUPPORTED,
            err, "\"%s\" is not one of quick_gelu, gelu and gelu_pytorch_tanh",
            fovea_show(name).text);
}

static bool
is_mine(const char *model_type)
{
    return strcmp(model_type, "clip") == 0 ||
            strcmp(model_type, "clip_vision_model") == 0;
}

static enum fovea_status
check_model_type(const struct fovea_fields *fields, struct fovea_error *err)
{
    const char *type = "clip";
    enum fovea_status status =
            fovea_field_string(fields, "model_type", &type, err);
    if (!status && !is_mine(type)) {
        return fovea_field_fail(fields, "model_type",
                FOVEA_ERR_MODEL_UNSUPPORTED, err, "\"%s\" is not a CLIP model",
                fovea_show(type).text);
    }
    return status;
}

static enum fovea_status
check_channels(const struct fovea_fields *fields, struct fovea_error *err)
{
    uint32_t n_channels = 3;
    enum fovea_status status = fovea_field_count(fields, "num_channels",
            UINT32_C(1) << 16, &n_channels, err);
    if (status) {
        return status;
    }
    if (n_channels != 3) {
        return fovea_field_fail(fields, "num_channels",
                FOVEA_ERR_MODEL_UNSUPPORTED, err,
                "%u channels, only 3 are supported", n_channels);
    }
    return FOVEA_OK;
}

static enum fovea_status
read_counts(const struct fovea_fields *fields, struct fovea_tower *tower,
        struct fovea_error *err)
{
    const struct {
        const char *key;
        uint32_t max;
        uint32_t *value;
    } counts[] = {
        { "hidden_size", FOVEA_MAX_WIDTH, &tower->width },
        { "intermediate_size", FOVEA_MAX_MLP, &tower->mlp },
        { "num_hidden_layers", FOVEA_MAX_LAYERS, &tower->n_layers },
        { "num_attention_heads", FOVEA_MAX_WIDTH, &tower->n_heads },
        { "image_size", FOVEA_MAX_SIDE_PX, &tower->side_px },
        { "patch_size", FOVEA_MAX_SIDE_PX, &tower->patch_px },
        { "projection_dim", FOVEA_MAX_DIMENSION, &tower->dimension },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(counts); i++) {
        enum fovea_status status = fovea_field_count(fields, counts[i].key,
                counts[i].max, counts[i].value, err);
        if (status) {
            return status;
        }
    }
    return FOVEA_OK;
}

static enum fovea_status
check_divisions(const struct fovea_fields *fields,
        const struct fovea_tower *tower, struct fovea_error *err)
{
    if (tower->width % tower->n_heads) {
        return fovea_field_fail(fields, "num_attention_heads",
                FOVEA_ERR_MODEL_CONFIG, err,
                "%u does not divide hidden_size %u", tower->n_heads,
                tower->width);
    }
    if (tower->side_px % tower->patch_px) {
        return fovea_field_fail(fields, "patch_size", FOVEA_ERR_MODEL_CONFIG,
                err, "%u does not divide image_size %u", tower->patch_px,
                tower->side_px);
    }
    size_t n_tokens = fovea_tower_tokens(tower);
    if (n_tokens > FOVEA_MAX_TOKENS) {
        return fovea_field_fail(fields, "patch_size", FOVEA_ERR_MODEL_CONFIG,
                err, "%u makes %zu tokens, at most %d are supported",
                tower->patch_px, n_tokens, FOVEA_MAX_TOKENS);
    }
    return FOVEA_OK;
}

static enum fovea_status
read_tower(const struct fovea_fields *fields, struct fovea_tower *tower,
        struct fovea_error *err)
{
    enum fovea_status status = check_model_type(fields, err);
    if (!status) {
        status = check_channels(fields, err);
    }
    if (!status) {
        status = read_counts(fields, tower, err);
    }
    if (!status) {
        status = read_activation(fields, &tower->activation, err);
    }
    if (!status) {
        status = fovea_field_number(fields, "layer_norm_eps", 1e-12, 0.1,
                &tower->eps, err);
    }
    return status ? status : check_divisions(fields, tower, err);
}

static enum fovea_status
read_config(const struct fovea_fields *top, struct fovea_tower *tower_out,
        struct fovea_error *err)
{
    struct fovea_tower tower = defaults;
    struct fovea_fields inner = *top;
    const json_t *nested = fovea_field(top, "vision_config");
    if (nested) {
        inner.path = "vision_config.";
        inner.object = nested;
        if (!json_is_object(nested)) {
            return fovea_field_fail(top, "vision_config",
                    FOVEA_ERR_MODEL_CONFIG, err, "must be an object");
        }
    }
    enum fovea_status status = read_tower(&inner, &tower, err);
    if (!status && nested) {
        /* CLIPModel projects to what stands beside the tower. */
        status = fovea_field_count(top, "projection_dim", FOVEA_MAX_DIMENSION,
                &tower.dimension, err);
    }
    if (!status) {
        *tower_out = tower;
    }
    return status;
}

static size_t
write_config(const struct fovea_tower *tower,
        char text_out[FOVEA_FAMILY_TEXT_SIZE])
{
    int n = snprintf(text_out, FOVEA_FAMILY_TEXT_SIZE,
            "{\n"
            "  \"architectures\": [\"CLIPVisionModelWithProjection\"],\n"
            "  \"model_type\": \"clip_vision_model\",\n"
            "  \"hidden_size\": %u,\n"
            "  \"intermediate_size\": %u,\n"
            "  \"num_hidden_layers\": %u,\n"
            "  \"num_attention_heads\": %u,\n"
            "  \"num_channels\": 3,\n"
            "  \"image_size\": %u,\n"
            "  \"patch_size\": %u,\n"
            "  \"projection_dim\": %u,\n"
            "  \"hidden_act\": \"%s\",\n"
            "  \"layer_norm_eps\": %.9g\n"
            "}\n",
            tower->width, tower->mlp, tower->n_layers, tower->n_heads,
            tower->side_px, tower->patch_px, tower->dimension,
            activations[tower->activation], (double)tower->eps);
    FOVEA_ASSERT(n > 0 && n < FOVEA_FAMILY_TEXT_SIZE);
    return (size_t)n;
}

/* Tensors. */

/* Sizes that shapes are made of; NONE ends a shape. */
enum dim {
    NONE,
    WIDTH,
    MLP,
    PROJECTION,
    TOKENS,
    CHANNELS,
    PATCH
};

/* "%u" stands for the layer. A bias is a vector of its role's first side. */
struct row {
    const char *weight;
    const char *bias;
    enum dim dims[FOVEA_TENSOR_SPEC_DIMS];
};

#define LAYER "vision_model.encoder.layers.%u."

static const struct row rows[FOVEA_N_ROLES] = {
    [FOVEA_ROLE_PATCH] = { "vision_model.embeddings.patch_embedding.weight",
            NULL, { WIDTH, CHANNELS, PATCH, PATCH } },
    [FOVEA_ROLE_CLASS] = { "vision_model.embeddings.class_embedding", NULL,
            { WIDTH } },
    [FOVEA_ROLE_POSITION] = { "vision_model.embeddings.position_embedding.weight",
            NULL, { TOKENS, WIDTH } },
    [FOVEA_ROLE_PRE_NORM] = { "vision_model.pre_layrnorm.weight",
            "vision_model.pre_layrnorm.bias", { WIDTH } },
    [FOVEA_ROLE_NORM1] = { LAYER "layer_norm1.weight", LAYER "layer_norm1.bias",
            { WIDTH } },
    [FOVEA_ROLE_OUT] = { LAYER "self_attn.out_proj.weight",
            LAYER "self_attn.out_proj.bias", { WIDTH, WIDTH } },
    [FOVEA_ROLE_NORM2] = { LAYER "layer_norm2.weight", LAYER "layer_norm2.bias",
            { WIDTH } },
    [FOVEA_ROLE_FC1] = { LAYER "mlp.fc1.weight", LAYER "mlp.fc1.bias",
            { MLP, WIDTH } },
    [FOVEA_ROLE_FC2] = { LAYER "mlp.fc2.weight", LAYER "mlp.fc2.bias",
            { WIDTH, MLP } },
    [FOVEA_ROLE_POST_NORM] = { "vision_model.post_layernorm.weight",
            "vision_model.post_layernorm.bias", { WIDTH } },
    [FOVEA_ROLE_PROJECTION] = { "visual_projection.weight", NULL,
            { PROJECTION, WIDTH } },
};

static const struct row qkv_rows[] = {
    { LAYER "self_attn.q_proj.weight", LAYER "self_attn.q_proj.bias",
            { WIDTH, WIDTH } },
    { LAYER "self_attn.k_proj.weight", LAYER "self_attn.k_proj.bias",
            { WIDTH, WIDTH } },
    { LAYER "self_attn.v_proj.weight", LAYER "self_attn.v_proj.bias",
            { WIDTH, WIDTH } },
};

static size_t
dim_size(const struct fovea_tower *tower, enum dim dim)
{
    switch (dim) {
    case WIDTH:
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

/* The pattern's one "%u", if any, becomes the layer. */
static void
write_name(const char *pattern, uint32_t layer,
        char name_out[FOVEA_TENSOR_NAME_SIZE])
{
    const char *mark = strstr(pattern, "%u");
    int before = (int)(mark ? mark - pattern : (ptrdiff_t)strlen(pattern));
    int n = mark ? snprintf(name_out, FOVEA_TENSOR_NAME_SIZE, "%.*s%u%s",
                           before, pattern, layer, mark + 2)
                 : snprintf(name_out, FOVEA_TENSOR_NAME_SIZE, "%s", pattern);
    FOVEA_ASSERT(n > 0 && n < FOVEA_TENSOR_NAME_SIZE);
}

static void
describe_tensor(const struct fovea_tower *tower,
        const struct fovea_piece *piece, uint32_t part,
        struct fovea_tensor_spec *spec_out)
{
    const struct row *row = piece->role == FOVEA_ROLE_QKV
            ? &qkv_rows[piece->part + part]
            : &rows[piece->role];
    const unsigned most_dims = piece->is_bias ? 1 : FOVEA_TENSOR_SPEC_DIMS;
    write_name(piece->is_bias ? row->bias : row->weight, piece->layer,
            spec_out->name);
    spec_out->n_dims = 0;
    while (spec_out->n_dims < most_dims && row->dims[spec_out->n_dims]) {
        spec_out->shape[spec_out->n_dims] =
                dim_size(tower, row->dims[spec_out->n_dims]);
        spec_out->n_dims++;
    }
}

/* preprocessor_config.json. */

static const char *const processors[] = { "CLIPImageProcessor",
    "CLIPImageProcessorFast", "CLIPFeatureExtractor", NULL };

static struct fovea_preprocess
pixels(uint32_t size_px)
{
    return (struct fovea_preprocess){
        .filter = FOVEA_FILTER_BICUBIC,
        .shortest_edge_px = size_px,
        .crop_height_px = size_px,
        .crop_width_px = size_px,
        .rescale = (float)(1.0 / 255.0),
        .mean = { 0.48145466F, 0.4578275F, 0.40821073F },
        .std = { 0.26862954F, 0.26130258F, 0.27577711F },
    };
}

static size_t
write_processor(const struct fovea_tower *tower,
        char text_out[FOVEA_FAMILY_TEXT_SIZE])
{
    const uint32_t side = tower->side_px;
    int n = snprintf(text_out, FOVEA_FAMILY_TEXT_SIZE,
            "{\n"
            "  \"image_processor_type\": \"CLIPImageProcessor\",\n"
            "  \"do_convert_rgb\": true,\n"
            "  \"do_resize\": true,\n"
            "  \"size\": {\"shortest_edge\": %u},\n"
            "  \"resample\": 3,\n"
            "  \"do_center_crop\": true,\n"
            "  \"crop_size\": {\"height\": %u, \"width\": %u},\n"
            "  \"do_rescale\": true,\n"
            "  \"rescale_factor\": 0.00392156862745098,\n"
            "  \"do_normalize\": true,\n"
            "  \"image_mean\": [0.48145466, 0.4578275, 0.40821073],\n"
            "  \"image_std\": [0.26862954, 0.26130258, 0.27577711]\n"
            "}\n",
            side, side, side);
    FOVEA_ASSERT(n > 0 && n < FOVEA_FAMILY_TEXT_SIZE);
    return (size_t)n;
}

const struct fovea_family fovea_family_clip = {
    .name = "CLIP",
    .is_mine = is_mine,
    .read = read_config,
    .tensor = describe_tensor,
    .processors = processors,
    .processor_side_px = 224,
    .pixels = pixels,
    .write_config = write_config,
    .write_processor = write_processor,
};
