/*
 * DINOv2 in Hugging Face's layout, with registers and without: a tower for images
 * alone, whose class token is the embedding.
 *
 * config.json: everything at the top; a field that is missing (or null) has the
 * default of Dinov2Config or Dinov2WithRegistersConfig. image_size is that of the
 * images whose positions are stored, 518 pixels in the published files; what the
 * model is given says the processor, 224 there, and positions are interpolated
 * between the two. Tensors: the state dict of Dinov2Model and
 * Dinov2WithRegistersModel.
 */
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "spec/huggingface.h"
#include "spec/processor.h"

#define NAME      "DINOv2"
#define PLAIN     "dinov2"
#define REGISTERS "dinov2_with_registers"

static const struct fovea_tower defaults = {
    .width = 768,
    .n_layers = 12,
    .n_heads = 12,
    .side_px = 224,
    .patch_px = 16,
    .has_patch_bias = true,
    .has_class_token = true,
    .has_layer_scale = true,
    .activation = FOVEA_ACTIVATION_GELU,
    .eps = 1e-6F,
};

enum {
    DEFAULT_REGISTERS = 4
};

/* config.json. */

static bool
is_mine(const char *model_type)
{
    return strcmp(model_type, PLAIN) == 0 || strcmp(model_type, REGISTERS) == 0;
}

/* Switches that have another value than all published files but one. */
static enum fovea_status
check_switches(const struct fovea_fields *fields, struct fovea_error *err)
{
    static const struct {
        const char *key;
        bool value;
        const char *what;
    } switches[] = {
        { "use_swiglu_ffn", false, "the gated MLP of DINOv2 giant" },
        { "qkv_bias", true, "attention without a bias" },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(switches); i++) {
        bool value = switches[i].value;
        enum fovea_status status =
                fovea_field_bool(fields, switches[i].key, &value, err);
        if (status) {
            return status;
        }
        if (value != switches[i].value) {
            return fovea_field_fail(fields, switches[i].key,
                    FOVEA_ERR_MODEL_UNSUPPORTED, err,
                    "%s, %s, is not supported; DINOv2 small, base and large are",
                    value ? "true" : "false", switches[i].what);
        }
    }
    return FOVEA_OK;
}

/* The hidden layer is so many times as wide as a token. */
static enum fovea_status
read_mlp(const struct fovea_fields *fields, struct fovea_tower *tower,
        struct fovea_error *err)
{
    float ratio = 4.0F;
    enum fovea_status status =
            fovea_field_number(fields, "mlp_ratio", 1e-3, 1e3, &ratio, err);
    if (status) {
        return status;
    }
    const double mlp = (double)tower->width * (double)ratio;
    if (mlp < 1 || mlp > FOVEA_MAX_MLP) {
        return fovea_field_fail(fields, "mlp_ratio", FOVEA_ERR_MODEL_CONFIG,
                err, "%g times hidden_size %u is not between 1 and %d",
                (double)ratio, tower->width, FOVEA_MAX_MLP);
    }
    /* Its fraction is left out, but for what the ratio's own rounding took. */
    tower->mlp = (uint32_t)(mlp + 0.01);
    return FOVEA_OK;
}

static enum fovea_status
read_registers(const struct fovea_fields *fields, struct fovea_tower *tower,
        struct fovea_error *err)
{
    const char *type = PLAIN;
    enum fovea_status status =
            fovea_field_string(fields, "model_type", &type, err);
    if (status || strcmp(type, REGISTERS) != 0) {
        return status;
    }
    tower->antialiases_positions = true;
    tower->n_registers = DEFAULT_REGISTERS;
    return fovea_field_count(fields, "num_register_tokens", FOVEA_MAX_REGISTERS,
            &tower->n_registers, err);
}

static enum fovea_status
read_config(const struct fovea_fields *top, struct fovea_tower *tower_out,
        struct fovea_error *err)
{
    struct fovea_tower tower = defaults;
    enum fovea_status status = check_switches(top, err);
    if (!status) {
        status = read_registers(top, &tower, err);
    }
    if (!status) {
        status = fovea_hf_read_tower(top, &tower, err);
    }
    if (!status) {
        status = read_mlp(top, &tower, err);
    }
    if (!status && tower.patch_px > tower.side_px) {
        status = fovea_field_fail(top, "patch_size", FOVEA_ERR_MODEL_CONFIG,
                err, "%u is more than image_size %u", tower.patch_px,
                tower.side_px);
    }
    if (!status) {
        tower.position_px = tower.side_px;
        tower.dimension = tower.width;
        *tower_out = tower;
    }
    return status;
}

static size_t
write_config(const struct fovea_tower *tower,
        char text_out[FOVEA_FAMILY_TEXT_SIZE])
{
    char registers[64] = "";
    if (tower->antialiases_positions) {
        (void)snprintf(registers, sizeof registers,
                "  \"num_register_tokens\": %u,\n", tower->n_registers);
    }
    int n = snprintf(text_out, FOVEA_FAMILY_TEXT_SIZE,
            "{\n"
            "  \"architectures\": [\"%s\"],\n"
            "  \"model_type\": \"%s\",\n"
            "  \"hidden_size\": %u,\n"
            "  \"mlp_ratio\": %.9g,\n"
            "  \"num_hidden_layers\": %u,\n"
            "  \"num_attention_heads\": %u,\n"
            "%s"
            "  \"image_size\": %u,\n"
            "  \"patch_size\": %u,\n"
            "  \"hidden_act\": \"%s\",\n"
            "  \"layer_norm_eps\": %.9g\n"
            "}\n",
            registers[0] ? "Dinov2WithRegistersModel" : "Dinov2Model",
            registers[0] ? REGISTERS : PLAIN, tower->width,
            (double)tower->mlp / tower->width, tower->n_layers, tower->n_heads,
            registers, tower->position_px ? tower->position_px : tower->side_px,
            tower->patch_px, fovea_hf_activation_word(tower->activation),
            (double)tower->eps);
    FOVEA_ASSERT(n > 0 && n < FOVEA_FAMILY_TEXT_SIZE);
    return (size_t)n;
}

/* Tensors. */

#define EMBEDDINGS "embeddings."
#define LAYER      "encoder.layer.%u."

static const struct fovea_hf_tensor rows[FOVEA_N_ROLES] = {
    [FOVEA_ROLE_PATCH] = { EMBEDDINGS "patch_embeddings.projection.weight",
            EMBEDDINGS "patch_embeddings.projection.bias",
            { FOVEA_HF_WIDTH, FOVEA_HF_CHANNELS, FOVEA_HF_PATCH,
                    FOVEA_HF_PATCH } },
    [FOVEA_ROLE_CLASS] = { EMBEDDINGS "cls_token", NULL,
            { FOVEA_HF_ONE, FOVEA_HF_ONE, FOVEA_HF_WIDTH } },
    [FOVEA_ROLE_REGISTERS] = { EMBEDDINGS "register_tokens", NULL,
            { FOVEA_HF_ONE, FOVEA_HF_REGISTERS, FOVEA_HF_WIDTH } },
    [FOVEA_ROLE_POSITION] = { EMBEDDINGS "position_embeddings", NULL,
            { FOVEA_HF_ONE, FOVEA_HF_POSITIONS, FOVEA_HF_WIDTH } },
    [FOVEA_ROLE_NORM1] = { LAYER "norm1.weight", LAYER "norm1.bias",
            { FOVEA_HF_WIDTH } },
    [FOVEA_ROLE_SCALE1] = { LAYER "layer_scale1.lambda1", NULL,
            { FOVEA_HF_WIDTH } },
    [FOVEA_ROLE_OUT] = { LAYER "attention.output.dense.weight",
            LAYER "attention.output.dense.bias",
            { FOVEA_HF_WIDTH, FOVEA_HF_WIDTH } },
    [FOVEA_ROLE_NORM2] = { LAYER "norm2.weight", LAYER "norm2.bias",
            { FOVEA_HF_WIDTH } },
    [FOVEA_ROLE_SCALE2] = { LAYER "layer_scale2.lambda1", NULL,
            { FOVEA_HF_WIDTH } },
    [FOVEA_ROLE_FC1] = { LAYER "mlp.fc1.weight", LAYER "mlp.fc1.bias",
            { FOVEA_HF_MLP, FOVEA_HF_WIDTH } },
    [FOVEA_ROLE_FC2] = { LAYER "mlp.fc2.weight", LAYER "mlp.fc2.bias",
            { FOVEA_HF_WIDTH, FOVEA_HF_MLP } },
    [FOVEA_ROLE_POST_NORM] = { "layernorm.weight", "layernorm.bias",
            { FOVEA_HF_WIDTH } },
};

static const struct fovea_hf_tensor qkv_rows[] = {
    { LAYER "attention.attention.query.weight",
            LAYER "attention.attention.query.bias",
            { FOVEA_HF_WIDTH, FOVEA_HF_WIDTH } },
    { LAYER "attention.attention.key.weight",
            LAYER "attention.attention.key.bias",
            { FOVEA_HF_WIDTH, FOVEA_HF_WIDTH } },
    { LAYER "attention.attention.value.weight",
            LAYER "attention.attention.value.bias",
            { FOVEA_HF_WIDTH, FOVEA_HF_WIDTH } },
};

static void
describe_tensor(const struct fovea_tower *tower,
        const struct fovea_piece *piece, uint32_t part,
        struct fovea_tensor_spec *spec_out)
{
    const struct fovea_hf_tensor *row = piece->role == FOVEA_ROLE_QKV
            ? &qkv_rows[piece->part + part]
            : &rows[piece->role];
    fovea_hf_describe(tower, piece, row, spec_out);
}

/* preprocessor_config.json: a class of another model's, with colours and sizes of
   its own. */

#define PROCESSOR "BitImageProcessor"

/* A margin of a seventh around the crop: 256 pixels for 224. */
static uint32_t
edge_of(uint32_t side_px)
{
    return side_px + side_px / 7;
}

static struct fovea_preprocess
pixels(uint32_t side_px)
{
    struct fovea_preprocess pixels = fovea_processor_pixels(PROCESSOR, side_px);
    pixels.resize_height_px = edge_of(side_px);
    pixels.resize_width_px = edge_of(side_px);
    static const float mean[] = { 0.485F, 0.456F, 0.406F };
    static const float std[] = { 0.229F, 0.224F, 0.225F };
    memcpy(pixels.mean, mean, sizeof mean);
    memcpy(pixels.std, std, sizeof std);
    return pixels;
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
            "  \"image_mean\": [0.485, 0.456, 0.406],\n"
            "  \"image_std\": [0.229, 0.224, 0.225]\n"
            "}\n",
            edge_of(side), side, side);
    FOVEA_ASSERT(n > 0 && n < FOVEA_FAMILY_TEXT_SIZE);
    return (size_t)n;
}

const struct fovea_family fovea_family_dinov2 = {
    .name = NAME,
    .layout = FOVEA_FILE_LAYOUT_HUGGING_FACE,
    .is_mine = is_mine,
    .read = read_config,
    .no_text =
            "DINOv2 models know no words: they have a tower for images alone",
    .tensor = describe_tensor,
    .processor = PROCESSOR,
    .pixels = pixels,
    .free_side_px = 224,
    .write_config = write_config,
    .write_processor = write_processor,
};
