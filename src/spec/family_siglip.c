/*
 * SigLIP's towers in Hugging Face's layout, and SigLIP 2's of a fixed size.
 *
 * config.json: SiglipModel nests the tower for images in "vision_config",
 * SiglipVisionModel has it at the top; a field that is missing (or null) has the default of Hugging
 * Face's SiglipVisionConfig, which the published files make much use of. There is
 * no projection: an embedding is as wide as a token. Tensors: query, key and value
 * are tensors of their own in the layers and one in the head.
 */
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "spec/huggingface_text.h"
#include "spec/processor.h"

#define NAME "SigLIP"

static const struct fovea_tower defaults = {
    .width = 768,
    .mlp = 3072,
    .n_layers = 12,
    .n_heads = 12,
    .side_px = 224,
    .patch_px = 16,
    .activation = FOVEA_ACTIVATION_GELU_TANH,
    .eps = 1e-6F,
    .has_patch_bias = true,
    .pooling = FOVEA_POOLING_ATTENTION,
};

/* All positions are computed, padding too, and the last one is pooled. */
static const struct fovea_hf_text text = {
    .name = NAME,
    .model_type = "siglip",
    .tower_type = "siglip_text_model",
    .dimension_key = "projection_size",
    .defaults = {
        .width = 768,
        .mlp = 3072,
        .n_layers = 12,
        .n_heads = 12,
        .vocabulary = 32000,
        .context = 64,
        .end_id = 1,
        .pad_id = 1,
        .pooling = FOVEA_POOLING_LAST,
        .has_projection = true,
        .has_projection_bias = true,
        .activation = FOVEA_ACTIVATION_GELU_TANH,
        .eps = 1e-6F,
    },
    .projection = { "text_model.head.weight", "text_model.head.bias",
            { FOVEA_HF_DIMENSION, FOVEA_HF_WIDTH } },
};

/* config.json. */

/* SigLIP 2 of a fixed size says "siglip", too. */
static bool
is_fixed(const char *model_type)
{
    return strcmp(model_type, "siglip") == 0 ||
            strcmp(model_type, "siglip_vision_model") == 0;
}

/* "NaFlex": pictures keep their shape, and have as many patches as that makes. */
static bool
is_flexible(const char *model_type)
{
    return strcmp(model_type, "siglip2") == 0 ||
            strcmp(model_type, "siglip2_vision_model") == 0;
}

static bool
is_mine(const char *model_type)
{
    return is_fixed(model_type) || is_flexible(model_type) ||
            strcmp(model_type, text.tower_type) == 0;
}

static enum fovea_status
check_type(const struct fovea_fields *fields, struct fovea_error *err)
{
    const char *type = NULL;
    enum fovea_status status =
            fovea_field_string(fields, "model_type", &type, err);
    if (!status && type && is_flexible(type)) {
        return fovea_field_fail(fields, "model_type",
                FOVEA_ERR_MODEL_UNSUPPORTED, err,
                "\"%s\" is SigLIP 2 of any picture size (NaFlex), which is not "
                "supported; of a fixed size (\"siglip\") it is",
                type);
    }
    return status ? status : fovea_hf_check_type(fields, is_fixed, NAME, err);
}

static enum fovea_status
check_head(const struct fovea_fields *fields, struct fovea_error *err)
{
    bool has_head = true;
    enum fovea_status status =
            fovea_field_bool(fields, "vision_use_head", &has_head, err);
    if (!status && !has_head) {
        return fovea_field_fail(fields, "vision_use_head",
                FOVEA_ERR_MODEL_UNSUPPORTED, err,
                "false pools nothing, which is not supported");
    }
    return status;
}

static enum fovea_status
read_config(const struct fovea_fields *top, struct fovea_tower *tower_out,
        struct fovea_error *err)
{
    struct fovea_tower tower = defaults;
    struct fovea_fields inner;
    enum fovea_status status = fovea_hf_vision_fields(top, &inner, err);
    if (!status) {
        status = check_type(top, err);
    }
    if (!status) {
        status = check_type(&inner, err);
    }
    if (!status) {
        status = check_head(&inner, err);
    }
    if (!status) {
        status = fovea_hf_read_tower(&inner, &tower, err);
    }
    if (!status && tower.patch_px > tower.side_px) {
        status = fovea_field_fail(&inner, "patch_size", FOVEA_ERR_MODEL_CONFIG,
                err, "%u is more than image_size %u", tower.patch_px,
                tower.side_px);
    }
    if (!status) {
        tower.dimension = tower.width;
        *tower_out = tower;
    }
    return status;
}

static enum fovea_status
read_text_config(const struct fovea_fields *top, struct fovea_tower *tower_out,
        struct fovea_error *err)
{
    return fovea_hf_text_read(&text, top, tower_out, err);
}

static size_t
write_config(const struct fovea_tower *tower,
        char text_out[FOVEA_FAMILY_TEXT_SIZE])
{
    if (tower->modality == FOVEA_MODALITY_TEXT) {
        return fovea_hf_text_write(&text, tower, text_out);
    }
    int n = snprintf(text_out, FOVEA_FAMILY_TEXT_SIZE,
            "{\n"
            "  \"architectures\": [\"SiglipVisionModel\"],\n"
            "  \"model_type\": \"siglip_vision_model\",\n"
            "  \"hidden_size\": %u,\n"
            "  \"intermediate_size\": %u,\n"
            "  \"num_hidden_layers\": %u,\n"
            "  \"num_attention_heads\": %u,\n"
            "  \"image_size\": %u,\n"
            "  \"patch_size\": %u,\n"
            "  \"hidden_act\": \"%s\",\n"
            "  \"layer_norm_eps\": %.9g\n"
            "}\n",
            tower->width, tower->mlp, tower->n_layers, tower->n_heads,
            tower->side_px, tower->patch_px,
            fovea_hf_activation_word(tower->activation), (double)tower->eps);
    FOVEA_ASSERT(n > 0 && n < FOVEA_FAMILY_TEXT_SIZE);
    return (size_t)n;
}

static size_t
write_model(const struct fovea_tower *image,
        const struct fovea_tower *text_tower,
        char text_out[FOVEA_FAMILY_TEXT_SIZE])
{
    return fovea_hf_text_write_model(&fovea_family_siglip, &text, image,
            text_tower, text_out);
}

/* Tensors. */

#define LAYER "vision_model.encoder.layers.%u."
#define HEAD  "vision_model.head."

static const struct fovea_hf_tensor rows[FOVEA_N_ROLES] = {
    [FOVEA_ROLE_PATCH] = { "vision_model.embeddings.patch_embedding.weight",
            "vision_model.embeddings.patch_embedding.bias",
            { FOVEA_HF_WIDTH, FOVEA_HF_CHANNELS, FOVEA_HF_PATCH,
                    FOVEA_HF_PATCH } },
    [FOVEA_ROLE_POSITION] = { "vision_model.embeddings.position_embedding.weight",
            NULL, { FOVEA_HF_POSITIONS, FOVEA_HF_WIDTH } },
    [FOVEA_ROLE_NORM1] = { LAYER "layer_norm1.weight", LAYER "layer_norm1.bias",
            { FOVEA_HF_WIDTH } },
    [FOVEA_ROLE_OUT] = { LAYER "self_attn.out_proj.weight",
            LAYER "self_attn.out_proj.bias",
            { FOVEA_HF_WIDTH, FOVEA_HF_WIDTH } },
    [FOVEA_ROLE_NORM2] = { LAYER "layer_norm2.weight", LAYER "layer_norm2.bias",
            { FOVEA_HF_WIDTH } },
    [FOVEA_ROLE_FC1] = { LAYER "mlp.fc1.weight", LAYER "mlp.fc1.bias",
            { FOVEA_HF_MLP, FOVEA_HF_WIDTH } },
    [FOVEA_ROLE_FC2] = { LAYER "mlp.fc2.weight", LAYER "mlp.fc2.bias",
            { FOVEA_HF_WIDTH, FOVEA_HF_MLP } },
    [FOVEA_ROLE_POST_NORM] = { "vision_model.post_layernorm.weight",
            "vision_model.post_layernorm.bias", { FOVEA_HF_WIDTH } },
};

static const struct fovea_hf_tensor qkv_rows[] = {
    { LAYER "self_attn.q_proj.weight", LAYER "self_attn.q_proj.bias",
            { FOVEA_HF_WIDTH, FOVEA_HF_WIDTH } },
    { LAYER "self_attn.k_proj.weight", LAYER "self_attn.k_proj.bias",
            { FOVEA_HF_WIDTH, FOVEA_HF_WIDTH } },
    { LAYER "self_attn.v_proj.weight", LAYER "self_attn.v_proj.bias",
            { FOVEA_HF_WIDTH, FOVEA_HF_WIDTH } },
};

/* Of the layer that pools. */
static const struct fovea_hf_tensor head_rows[FOVEA_N_ROLES] = {
    [FOVEA_ROLE_PROBE] = { HEAD "probe", NULL,
            { FOVEA_HF_ONE, FOVEA_HF_ONE, FOVEA_HF_WIDTH } },
    [FOVEA_ROLE_QKV] = { HEAD "attention.in_proj_weight",
            HEAD "attention.in_proj_bias", { FOVEA_HF_QKV, FOVEA_HF_WIDTH } },
    [FOVEA_ROLE_OUT] = { HEAD "attention.out_proj.weight",
            HEAD "attention.out_proj.bias",
            { FOVEA_HF_WIDTH, FOVEA_HF_WIDTH } },
    [FOVEA_ROLE_NORM2] = { HEAD "layernorm.weight", HEAD "layernorm.bias",
            { FOVEA_HF_WIDTH } },
    [FOVEA_ROLE_FC1] = { HEAD "mlp.fc1.weight", HEAD "mlp.fc1.bias",
            { FOVEA_HF_MLP, FOVEA_HF_WIDTH } },
    [FOVEA_ROLE_FC2] = { HEAD "mlp.fc2.weight", HEAD "mlp.fc2.bias",
            { FOVEA_HF_WIDTH, FOVEA_HF_MLP } },
};

static void
describe_tensor(const struct fovea_tower *tower,
        const struct fovea_piece *piece, uint32_t part,
        struct fovea_tensor_spec *spec_out)
{
    if (tower->modality == FOVEA_MODALITY_TEXT) {
        fovea_hf_text_tensor(&text, tower, piece, part, spec_out);
        return;
    }
    const struct fovea_hf_tensor *row = &rows[piece->role];
    if (piece->layer == tower->n_layers) {
        row = &head_rows[piece->role];
    } else if (piece->role == FOVEA_ROLE_QKV) {
        row = &qkv_rows[part];
    }
    fovea_hf_describe(tower, piece, row, spec_out);
    if (row == &head_rows[FOVEA_ROLE_QKV]) {
        spec_out->share = part;
        spec_out->n_shares = piece->n_parts;
    }
}

/* preprocessor_config.json. */

#define PROCESSOR "SiglipImageProcessor"

static struct fovea_preprocess
pixels(uint32_t side_px)
{
    return fovea_processor_pixels(PROCESSOR, side_px);
}

static size_t
write_processor(const struct fovea_tower *tower,
        char text_out[FOVEA_FAMILY_TEXT_SIZE])
{
    int n = snprintf(text_out, FOVEA_FAMILY_TEXT_SIZE,
            "{\n"
            "  \"image_processor_type\": \"" PROCESSOR "\",\n"
            "  \"do_resize\": true,\n"
            "  \"size\": {\"height\": %u, \"width\": %u},\n"
            "  \"resample\": 3,\n"
            "  \"do_rescale\": true,\n"
            "  \"rescale_factor\": 0.00392156862745098,\n"
            "  \"do_normalize\": true,\n"
            "  \"image_mean\": [0.5, 0.5, 0.5],\n"
            "  \"image_std\": [0.5, 0.5, 0.5]\n"
            "}\n",
            tower->side_px, tower->side_px);
    FOVEA_ASSERT(n > 0 && n < FOVEA_FAMILY_TEXT_SIZE);
    return (size_t)n;
}

const struct fovea_family fovea_family_siglip = {
    .name = NAME,
    .layout = FOVEA_FILE_LAYOUT_HUGGING_FACE,
    .is_mine = is_mine,
    .read = read_config,
    .read_text = read_text_config,
    .logits = FOVEA_LOGITS_SIGLIP,
    .tensor = describe_tensor,
    .processor = PROCESSOR,
    .pixels = pixels,
    .write_config = write_config,
    .write_model = write_model,
    .has_logit_bias = true,
    .write_processor = write_processor,
};
