/*
 * CLIP in open_clip's layout: towers that open_clip makes itself.
 *
 * Query, key and value are one tensor, and projections are stored inputs first.
 */
#include <stdio.h>

#include "base/macros.h"
#include "spec/huggingface.h"
#include "spec/open_clip.h"
#include "spec/open_clip_text.h"

static const struct fovea_tower defaults = {
    .width = 768,
    .mlp = 3072,
    .n_layers = 12,
    .side_px = 224,
    .patch_px = 16,
    .has_class_token = true,
    .has_pre_norm = true,
    .has_projection = true,
    .dimension = 512,
    .activation = FOVEA_ACTIVATION_GELU,
    .eps = 1e-5F,
};

/* A timm model's name is another family's. */
static bool
is_mine(const char *timm_model_name)
{
    (void)timm_model_name;
    return false;
}

/* open_clip_config.json. */

static enum fovea_status
check_vision(const struct fovea_fields *fields, struct fovea_error *err)
{
    enum fovea_status status =
            fovea_oc_check_word(fields, "pool_type", "tok", err);
    if (!status) {
        status =
                fovea_oc_check_word(fields, "pos_embed_type", "learnable", err);
    }
    if (!status) {
        status = fovea_oc_check_off(fields, "attentional_pool", err);
    }
    if (!status) {
        status = fovea_oc_check_off(fields, "no_ln_pre", err);
    }
    if (!status && json_is_array(fovea_field(fields, "layers"))) {
        status = fovea_field_fail(fields, "layers", FOVEA_ERR_MODEL_UNSUPPORTED,
                err, "a ResNet is not supported; vision transformers are");
    }
    return status;
}

/* Patches and heads, checked against each other. */
static enum fovea_status
read_shape(const struct fovea_fields *fields, struct fovea_tower *tower,
        struct fovea_error *err)
{
    uint32_t head_width = 64;
    enum fovea_status status =
            fovea_oc_read_side(fields, "image_size", &tower->side_px, err);
    if (!status) {
        status =
                fovea_oc_read_side(fields, "patch_size", &tower->patch_px, err);
    }
    if (!status) {
        status = fovea_field_count(fields, "head_width", FOVEA_MAX_WIDTH,
                &head_width, err);
    }
    if (status) {
        return status;
    }
    /* As open_clip: the whole part. */
    tower->n_heads = tower->width / head_width;
    if (tower->n_heads == 0 || tower->width % tower->n_heads) {
        return fovea_field_fail(fields, "head_width", FOVEA_ERR_MODEL_CONFIG,
                err, "width %u is not made of heads of %u", tower->width,
                head_width);
    }
    if (tower->side_px % tower->patch_px) {
        return fovea_field_fail(fields, "patch_size", FOVEA_ERR_MODEL_CONFIG,
                err, "%u does not divide image_size %u", tower->patch_px,
                tower->side_px);
    }
    return fovea_oc_check_patches(fields, "patch_size", tower, err);
}

static enum fovea_status
read_config(const struct fovea_fields *top, struct fovea_tower *tower_out,
        struct fovea_error *err)
{
    struct fovea_tower tower = defaults;
    struct fovea_oc_config config;
    enum fovea_status status = fovea_oc_find(top, "vision_cfg", &config, err);
    if (!status) {
        status = check_vision(&config.tower, err);
    }
    if (!status) {
        status = fovea_oc_read_tower(&config, &tower, err);
    }
    if (!status) {
        status = read_shape(&config.tower, &tower, err);
    }
    if (!status) {
        *tower_out = tower;
    }
    return status;
}

static enum fovea_status
read_text(const struct fovea_fields *top, struct fovea_tower *tower_out,
        struct fovea_error *err)
{
    return fovea_oc_text_read(top, false, tower_out, err);
}

/* Half a unit more than the MLP: the whole part is taken of it. */
static double
mlp_ratio(const struct fovea_tower *tower)
{
    return ((double)tower->mlp + 0.5) / (double)tower->width;
}

static const char *
activation_text(enum fovea_activation activation)
{
    return activation == FOVEA_ACTIVATION_GELU_TANH
            ? ",\n      \"act_kwargs\": {\"approximate\": \"tanh\"}"
            : "";
}

static size_t
write_config(const struct fovea_tower *tower,
        char text_out[FOVEA_FAMILY_TEXT_SIZE])
{
    int n = snprintf(text_out, FOVEA_FAMILY_TEXT_SIZE,
            "{\n"
            "  \"model_cfg\": {\n"
            "    \"embed_dim\": %u,\n"
            "    \"quick_gelu\": %s,\n"
            "    \"vision_cfg\": {\n"
            "      \"image_size\": %u,\n"
            "      \"patch_size\": %u,\n"
            "      \"layers\": %u,\n"
            "      \"width\": %u,\n"
            "      \"head_width\": %u,\n"
            "      \"mlp_ratio\": %.17g,\n"
            "      \"norm_kwargs\": {\"eps\": %.9g}%s\n"
            "    }\n"
            "  },\n"
            "  \"preprocess_cfg\": {\n"
            "    \"size\": [%u, %u],\n"
            "    \"mode\": \"RGB\",\n"
            "    \"mean\": [0.48145466, 0.4578275, 0.40821073],\n"
            "    \"std\": [0.26862954, 0.26130258, 0.27577711],\n"
            "    \"interpolation\": \"bicubic\",\n"
            "    \"resize_mode\": \"shortest\",\n"
            "    \"fill_color\": 0\n"
            "  }\n"
            "}\n",
            tower->dimension,
            tower->activation == FOVEA_ACTIVATION_QUICK_GELU ? "true" : "false",
            tower->side_px, tower->patch_px, tower->n_layers, tower->width,
            tower->width / tower->n_heads, mlp_ratio(tower), (double)tower->eps,
            activation_text(tower->activation), tower->side_px, tower->side_px);
    FOVEA_ASSERT(n > 0 && n < FOVEA_FAMILY_TEXT_SIZE);
    return (size_t)n;
}

/* Tensors. */

#define LAYER "visual.transformer.resblocks.%u."

static const struct fovea_hf_tensor rows[FOVEA_N_ROLES] = {
    [FOVEA_ROLE_PATCH] = { "visual.conv1.weight", NULL,
            { FOVEA_HF_WIDTH, FOVEA_HF_CHANNELS, FOVEA_HF_PATCH,
                    FOVEA_HF_PATCH } },
    [FOVEA_ROLE_CLASS] = { "visual.class_embedding", NULL, { FOVEA_HF_WIDTH } },
    [FOVEA_ROLE_POSITION] = { "visual.positional_embedding", NULL,
            { FOVEA_HF_POSITIONS, FOVEA_HF_WIDTH } },
    [FOVEA_ROLE_PRE_NORM] = { "visual.ln_pre.weight", "visual.ln_pre.bias",
            { FOVEA_HF_WIDTH } },
    [FOVEA_ROLE_NORM1] = { LAYER "ln_1.weight", LAYER "ln_1.bias",
            { FOVEA_HF_WIDTH } },
    [FOVEA_ROLE_QKV] = { LAYER "attn.in_proj_weight", LAYER "attn.in_proj_bias",
            { FOVEA_HF_QKV, FOVEA_HF_WIDTH } },
    [FOVEA_ROLE_OUT] = { LAYER "attn.out_proj.weight",
            LAYER "attn.out_proj.bias", { FOVEA_HF_WIDTH, FOVEA_HF_WIDTH } },
    [FOVEA_ROLE_NORM2] = { LAYER "ln_2.weight", LAYER "ln_2.bias",
            { FOVEA_HF_WIDTH } },
    [FOVEA_ROLE_FC1] = { LAYER "mlp.c_fc.weight", LAYER "mlp.c_fc.bias",
            { FOVEA_HF_MLP, FOVEA_HF_WIDTH } },
    [FOVEA_ROLE_FC2] = { LAYER "mlp.c_proj.weight", LAYER "mlp.c_proj.bias",
            { FOVEA_HF_WIDTH, FOVEA_HF_MLP } },
    [FOVEA_ROLE_POST_NORM] = { "visual.ln_post.weight", "visual.ln_post.bias",
            { FOVEA_HF_WIDTH } },
    [FOVEA_ROLE_PROJECTION] = { "visual.proj", NULL,
            { FOVEA_HF_WIDTH, FOVEA_HF_DIMENSION } },
};

static void
describe_tensor(const struct fovea_tower *tower,
        const struct fovea_piece *piece, uint32_t part,
        struct fovea_tensor_spec *spec_out)
{
    if (tower->modality == FOVEA_MODALITY_TEXT) {
        fovea_oc_text_tensor(false, tower, piece, part, spec_out);
        return;
    }
    fovea_hf_describe(tower, piece, &rows[piece->role], spec_out);
    spec_out->is_transposed = piece->role == FOVEA_ROLE_PROJECTION;
    if (piece->role == FOVEA_ROLE_QKV) {
        spec_out->share = piece->part + part;
        spec_out->n_shares = 3;
    }
}

const struct fovea_family fovea_family_open_clip = {
    .name = "CLIP",
    .layout = FOVEA_FILE_LAYOUT_OPEN_CLIP,
    .is_mine = is_mine,
    .read = read_config,
    .read_text = read_text,
    .logits = FOVEA_LOGITS_CLIP,
    .tensor = describe_tensor,
    .pixels = fovea_oc_pixels,
    .read_pixels = fovea_oc_read_pixels,
    .write_config = write_config,
};
