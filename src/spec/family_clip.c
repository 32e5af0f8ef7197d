/*
 * CLIP in Hugging Face's layout: OpenAI's, LAION's and others' of that shape.
 *
 * config.json: CLIPModel nests the tower for images in "vision_config" and has
 * projection_dim beside it; CLIPVisionModelWithProjection has everything at the
 * top. A field that is missing (or null) has the default of Hugging Face's
 * CLIPVisionConfig. Tensors: the state dict of CLIPVisionModelWithProjection
 * ("pre_layrnorm" is spelled so there); CLIPModel's has the same names beside the
 * text tower's. Query, key and value are tensors of their own.
 *
 * MetaCLIP 2 is the same under names of its own, but for its texts, whose tokens are
 * another tokenizer's.
 */
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "spec/huggingface_text.h"
#include "spec/processor.h"

#define NAME "CLIP"

static const struct fovea_tower defaults = {
    .width = 768,
    .mlp = 3072,
    .n_layers = 12,
    .n_heads = 12,
    .side_px = 224,
    .patch_px = 32,
    .has_class_token = true,
    .has_pre_norm = true,
    .has_projection = true,
    .dimension = 512,
    .activation = FOVEA_ACTIVATION_QUICK_GELU,
    .eps = 1e-5F,
};

static const struct fovea_hf_text text = {
    .name = NAME,
    .model_type = "clip",
    .tower_type = "clip_text_model",
    .dimension_key = "projection_dim",
    .is_dimension_above = true,
    .defaults = {
        .width = 512,
        .mlp = 2048,
        .n_layers = 12,
        .n_heads = 8,
        .vocabulary = 49408,
        .context = 77,
        .end_id = 49407,
        .pad_id = 1,
        .is_causal = true,
        .pooling = FOVEA_POOLING_LAST,
        .has_projection = true,
        .dimension = 512,
        .activation = FOVEA_ACTIVATION_QUICK_GELU,
        .eps = 1e-5F,
    },
    .projection = { "text_projection.weight", NULL,
            { FOVEA_HF_DIMENSION, FOVEA_HF_WIDTH } },
};

/* config.json. */

static bool
is_for_images(const char *model_type)
{
    return strcmp(model_type, "clip") == 0 ||
            strcmp(model_type, "clip_vision_model") == 0 ||
            strcmp(model_type, "metaclip_2") == 0 ||
            strcmp(model_type, "metaclip_2_vision_model") == 0;
}

static bool
is_mine(const char *model_type)
{
    return is_for_images(model_type) ||
            strcmp(model_type, text.tower_type) == 0 ||
            strcmp(model_type, "metaclip_2_text_model") == 0;
}

static enum fovea_status
read_config(const struct fovea_fields *top, struct fovea_tower *tower_out,
        struct fovea_error *err)
{
    struct fovea_tower tower = defaults;
    struct fovea_fields inner;
    enum fovea_status status = fovea_hf_vision_fields(top, &inner, err);
    if (!status) {
        status = fovea_hf_check_type(&inner, is_for_images, NAME, err);
    }
    if (!status) {
        status = fovea_hf_read_tower(&inner, &tower, err);
    }
    if (!status && tower.side_px % tower.patch_px) {
        status = fovea_field_fail(&inner, "patch_size", FOVEA_ERR_MODEL_CONFIG,
                err, "%u does not divide image_size %u", tower.patch_px,
                tower.side_px);
    }
    if (!status) {
        status = fovea_field_count(&inner, "projection_dim",
                FOVEA_MAX_DIMENSION, &tower.dimension, err);
    }
    if (!status && inner.object != top->object) {
        /* CLIPModel projects to what stands beside the tower. */
        status = fovea_field_count(top, "projection_dim", FOVEA_MAX_DIMENSION,
                &tower.dimension, err);
    }
    if (!status) {
        *tower_out = tower;
    }
    return status;
}

static enum fovea_status
read_text_config(const struct fovea_fields *top, struct fovea_tower *tower_out,
        struct fovea_error *err)
{
    const char *type = text.model_type;
    enum fovea_status status =
            fovea_field_string(top, "model_type", &type, err);
    if (!status && strncmp(type, "metaclip_2", strlen("metaclip_2")) == 0) {
        return fovea_field_fail(top, "model_type", FOVEA_ERR_TEXT_UNSUPPORTED,
                err,
                "texts of MetaCLIP 2 (\"%s\") are not supported, its images are",
                type);
    }
    return status ? status : fovea_hf_text_read(&text, top, tower_out, err);
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
            fovea_hf_activation_word(tower->activation), (double)tower->eps);
    FOVEA_ASSERT(n > 0 && n < FOVEA_FAMILY_TEXT_SIZE);
    return (size_t)n;
}

static size_t
write_model(const struct fovea_tower *image,
        const struct fovea_tower *text_tower,
        char text_out[FOVEA_FAMILY_TEXT_SIZE])
{
    return fovea_hf_text_write_model(&fovea_family_clip, &text, image,
            text_tower, text_out);
}

/* Tensors. */

#define LAYER "vision_model.encoder.layers.%u."

static const struct fovea_hf_tensor rows[FOVEA_N_ROLES] = {
    [FOVEA_ROLE_PATCH] = { "vision_model.embeddings.patch_embedding.weight",
            NULL,
            { FOVEA_HF_WIDTH, FOVEA_HF_CHANNELS, FOVEA_HF_PATCH,
                    FOVEA_HF_PATCH } },
    [FOVEA_ROLE_CLASS] = { "vision_model.embeddings.class_embedding", NULL,
            { FOVEA_HF_WIDTH } },
    [FOVEA_ROLE_POSITION] = { "vision_model.embeddings.position_embedding.weight",
            NULL, { FOVEA_HF_POSITIONS, FOVEA_HF_WIDTH } },
    [FOVEA_ROLE_PRE_NORM] = { "vision_model.pre_layrnorm.weight",
            "vision_model.pre_layrnorm.bias", { FOVEA_HF_WIDTH } },
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
    [FOVEA_ROLE_PROJECTION] = { "visual_projection.weight", NULL,
            { FOVEA_HF_DIMENSION, FOVEA_HF_WIDTH } },
};

static const struct fovea_hf_tensor qkv_rows[] = {
    { LAYER "self_attn.q_proj.weight", LAYER "self_attn.q_proj.bias",
            { FOVEA_HF_WIDTH, FOVEA_HF_WIDTH } },
    { LAYER "self_attn.k_proj.weight", LAYER "self_attn.k_proj.bias",
            { FOVEA_HF_WIDTH, FOVEA_HF_WIDTH } },
    { LAYER "self_attn.v_proj.weight", LAYER "self_attn.v_proj.bias",
            { FOVEA_HF_WIDTH, FOVEA_HF_WIDTH } },
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
    const struct fovea_hf_tensor *row = piece->role == FOVEA_ROLE_QKV
            ? &qkv_rows[piece->part + part]
            : &rows[piece->role];
    fovea_hf_describe(tower, piece, row, spec_out);
}

/* preprocessor_config.json. */

#define PROCESSOR "CLIPImageProcessor"

static struct fovea_preprocess
pixels(uint32_t side_px)
{
    return fovea_processor_pixels(PROCESSOR, side_px);
}

static size_t
write_processor(const struct fovea_tower *tower,
        char text_out[FOVEA_FAMILY_TEXT_SIZE])
{
    const uint32_t side = tower->side_px;
    int n = snprintf(text_out, FOVEA_FAMILY_TEXT_SIZE,
            "{\n"
            "  \"image_processor_type\": \"" PROCESSOR "\",\n"
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
    .name = NAME,
    .layout = FOVEA_FILE_LAYOUT_HUGGING_FACE,
    .is_mine = is_mine,
    .read = read_config,
    .read_text = read_text_config,
    .logits = FOVEA_LOGITS_CLIP,
    .tensor = describe_tensor,
    .processor = PROCESSOR,
    .pixels = pixels,
    .write_config = write_config,
    .write_model = write_model,
    .write_processor = write_processor,
};
