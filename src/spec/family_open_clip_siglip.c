/*
 * SigLIP and SigLIP 2 in open_clip's layout: image towers that open_clip takes
 * from timm, by a name that stands for their numbers. They are Hugging Face's but
 * for names, and for the activation: timm's smaller ones have GELU itself where
 * Hugging Face's configs say its tanh form.
 */
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "spec/huggingface.h"
#include "spec/open_clip.h"
#include "spec/open_clip_text.h"

/* timm's, without the picture's side that a name ends in. */
static const struct {
    const char *name;
    uint32_t width;
    uint32_t mlp;
    uint32_t n_layers;
    uint32_t n_heads;
    uint32_t patch_px;
    enum fovea_activation activation;
} trunks[] = {
    { "vit_base_patch16_siglip_", 768, 3072, 12, 12, 16,
            FOVEA_ACTIVATION_GELU },
    { "vit_base_patch32_siglip_", 768, 3072, 12, 12, 32,
            FOVEA_ACTIVATION_GELU_TANH },
    { "vit_large_patch16_siglip_", 1024, 4096, 24, 16, 16,
            FOVEA_ACTIVATION_GELU },
    { "vit_so400m_patch14_siglip_", 1152, 4304, 27, 16, 14,
            FOVEA_ACTIVATION_GELU },
    { "vit_so400m_patch16_siglip_", 1152, 4304, 27, 16, 16,
            FOVEA_ACTIVATION_GELU_TANH },
    { "vit_giantopt_patch16_siglip_", 1536, 6144, 40, 16, 16,
            FOVEA_ACTIVATION_GELU_TANH },
};

/* Behind the trunk's name there are digits alone: "_gap_" pools by a mean. */
static bool
is_trunk(size_t index, const char *name)
{
    const size_t n = strlen(trunks[index].name);
    return strncmp(name, trunks[index].name, n) == 0 && name[n] &&
            strspn(name + n, "0123456789") == strlen(name + n);
}

static size_t
find_trunk(const char *name)
{
    size_t i = 0;
    while (i < FOVEA_ARRAY_LEN(trunks) && !is_trunk(i, name)) {
        i++;
    }
    return i;
}

static bool
is_mine(const char *timm_model_name)
{
    return find_trunk(timm_model_name) < FOVEA_ARRAY_LEN(trunks);
}

/* open_clip_config.json. */

static enum fovea_status
check_vision(const struct fovea_fields *fields, struct fovea_error *err)
{
    static const char *const needed[][2] = { { "timm_pool", "map" },
        { "timm_proj", "none" } };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(needed); i++) {
        if (!fovea_field(fields, needed[i][0])) {
            return fovea_field_fail(fields, needed[i][0],
                    FOVEA_ERR_MODEL_UNSUPPORTED, err,
                    "is missing; \"%s\" is supported", needed[i][1]);
        }
        enum fovea_status status =
                fovea_oc_check_word(fields, needed[i][0], needed[i][1], err);
        if (status) {
            return status;
        }
    }
    return FOVEA_OK;
}

static struct fovea_tower
tower_of(const char *timm_model_name)
{
    const size_t i = find_trunk(timm_model_name);
    FOVEA_ASSERT(i < FOVEA_ARRAY_LEN(trunks));
    return (struct fovea_tower){
        .width = trunks[i].width,
        .mlp = trunks[i].mlp,
        .n_layers = trunks[i].n_layers,
        .n_heads = trunks[i].n_heads,
        .side_px = 224,
        .patch_px = trunks[i].patch_px,
        .has_patch_bias = true,
        .pooling = FOVEA_POOLING_ATTENTION,
        .dimension = trunks[i].width,
        .activation = trunks[i].activation,
        .eps = 1e-6F,
    };
}

/* The width is said twice. */
static enum fovea_status
check_dimension(const struct fovea_fields *model,
        const struct fovea_tower *tower, struct fovea_error *err)
{
    uint32_t dimension = tower->dimension;
    enum fovea_status status = fovea_field_count(model, "embed_dim",
            FOVEA_MAX_DIMENSION, &dimension, err);
    if (!status && dimension != tower->dimension) {
        return fovea_field_fail(model, "embed_dim", FOVEA_ERR_MODEL_CONFIG, err,
                "%u, but the tower's width is %u", dimension, tower->width);
    }
    return status;
}

static enum fovea_status
read_config(const struct fovea_fields *top, struct fovea_tower *tower_out,
        struct fovea_error *err)
{
    struct fovea_oc_config config;
    const char *name = "vit_base_patch16_siglip_224";
    enum fovea_status status = fovea_oc_find(top, "vision_cfg", &config, err);
    if (!status) {
        status = fovea_field_string(&config.tower, "timm_model_name", &name,
                err);
    }
    if (!status) {
        status = check_vision(&config.tower, err);
    }
    if (status) {
        return status;
    }
    struct fovea_tower tower = tower_of(name);
    status = check_dimension(&config.model, &tower, err);
    if (!status) {
        status = fovea_oc_read_side(&config.tower, "image_size", &tower.side_px,
                err);
    }
    if (!status) {
        status = fovea_oc_check_patches(&config.tower, "image_size", &tower,
                err);
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
    return fovea_oc_text_read(top, true, tower_out, err);
}

/* Of the trunk that is as wide; others cannot be said. */
static size_t
write_config(const struct fovea_tower *tower,
        char text_out[FOVEA_FAMILY_TEXT_SIZE])
{
    size_t i = 0;
    while (i + 1 < FOVEA_ARRAY_LEN(trunks) &&
            (trunks[i].width != tower->width ||
                    trunks[i].patch_px != tower->patch_px)) {
        i++;
    }
    int n = snprintf(text_out, FOVEA_FAMILY_TEXT_SIZE,
            "{\n"
            "  \"model_cfg\": {\n"
            "    \"embed_dim\": %u,\n"
            "    \"custom_text\": true,\n"
            "    \"vision_cfg\": {\n"
            "      \"image_size\": %u,\n"
            "      \"timm_model_name\": \"%s%u\",\n"
            "      \"timm_pool\": \"map\",\n"
            "      \"timm_proj\": \"none\"\n"
            "    }\n"
            "  },\n"
            "  \"preprocess_cfg\": {\n"
            "    \"size\": [%u, %u],\n"
            "    \"mean\": [0.5, 0.5, 0.5],\n"
            "    \"std\": [0.5, 0.5, 0.5],\n"
            "    \"interpolation\": \"bicubic\",\n"
            "    \"resize_mode\": \"squash\"\n"
            "  }\n"
            "}\n",
            tower->dimension, tower->side_px, trunks[i].name, tower->side_px,
            tower->side_px, tower->side_px);
    FOVEA_ASSERT(n > 0 && n < FOVEA_FAMILY_TEXT_SIZE);
    return (size_t)n;
}

/* Tensors. */

#define TRUNK "visual.trunk."
#define LAYER TRUNK "blocks.%u."
#define POOL  TRUNK "attn_pool."

static const struct fovea_hf_tensor rows[FOVEA_N_ROLES] = {
    [FOVEA_ROLE_PATCH] = { TRUNK "patch_embed.proj.weight",
            TRUNK "patch_embed.proj.bias",
            { FOVEA_HF_WIDTH, FOVEA_HF_CHANNELS, FOVEA_HF_PATCH,
                    FOVEA_HF_PATCH } },
    [FOVEA_ROLE_POSITION] = { TRUNK "pos_embed", NULL,
            { FOVEA_HF_ONE, FOVEA_HF_POSITIONS, FOVEA_HF_WIDTH } },
    [FOVEA_ROLE_NORM1] = { LAYER "norm1.weight", LAYER "norm1.bias",
            { FOVEA_HF_WIDTH } },
    [FOVEA_ROLE_QKV] = { LAYER "attn.qkv.weight", LAYER "attn.qkv.bias",
            { FOVEA_HF_QKV, FOVEA_HF_WIDTH } },
    [FOVEA_ROLE_OUT] = { LAYER "attn.proj.weight", LAYER "attn.proj.bias",
            { FOVEA_HF_WIDTH, FOVEA_HF_WIDTH } },
    [FOVEA_ROLE_NORM2] = { LAYER "norm2.weight", LAYER "norm2.bias",
            { FOVEA_HF_WIDTH } },
    [FOVEA_ROLE_FC1] = { LAYER "mlp.fc1.weight", LAYER "mlp.fc1.bias",
            { FOVEA_HF_MLP, FOVEA_HF_WIDTH } },
    [FOVEA_ROLE_FC2] = { LAYER "mlp.fc2.weight", LAYER "mlp.fc2.bias",
            { FOVEA_HF_WIDTH, FOVEA_HF_MLP } },
    [FOVEA_ROLE_POST_NORM] = { TRUNK "norm.weight", TRUNK "norm.bias",
            { FOVEA_HF_WIDTH } },
};

/* Of the layer that pools: the query is a tensor of its own. */
static const struct fovea_hf_tensor pool_rows[FOVEA_N_ROLES] = {
    [FOVEA_ROLE_PROBE] = { POOL "latent", NULL,
            { FOVEA_HF_ONE, FOVEA_HF_ONE, FOVEA_HF_WIDTH } },
    [FOVEA_ROLE_QKV] = { POOL "kv.weight", POOL "kv.bias",
            { FOVEA_HF_KEY_VALUE, FOVEA_HF_WIDTH } },
    [FOVEA_ROLE_OUT] = { POOL "proj.weight", POOL "proj.bias",
            { FOVEA_HF_WIDTH, FOVEA_HF_WIDTH } },
    [FOVEA_ROLE_NORM2] = { POOL "norm.weight", POOL "norm.bias",
            { FOVEA_HF_WIDTH } },
    [FOVEA_ROLE_FC1] = { POOL "mlp.fc1.weight", POOL "mlp.fc1.bias",
            { FOVEA_HF_MLP, FOVEA_HF_WIDTH } },
    [FOVEA_ROLE_FC2] = { POOL "mlp.fc2.weight", POOL "mlp.fc2.bias",
            { FOVEA_HF_WIDTH, FOVEA_HF_MLP } },
};

static const struct fovea_hf_tensor pool_query = { POOL "q.weight",
    POOL "q.bias", { FOVEA_HF_WIDTH, FOVEA_HF_WIDTH } };

static void
describe_tensor(const struct fovea_tower *tower,
        const struct fovea_piece *piece, uint32_t part,
        struct fovea_tensor_spec *spec_out)
{
    if (tower->modality == FOVEA_MODALITY_TEXT) {
        fovea_oc_text_tensor(true, tower, piece, part, spec_out);
        return;
    }
    const bool is_qkv = piece->role == FOVEA_ROLE_QKV;
    const uint32_t at = piece->part + part; /* query, key, value */
    if (piece->layer < tower->n_layers) {
        fovea_hf_describe(tower, piece, &rows[piece->role], spec_out);
        spec_out->share = is_qkv ? at : 0;
        spec_out->n_shares = is_qkv ? 3 : 1;
        return;
    }
    const bool is_query = is_qkv && at == 0;
    fovea_hf_describe(tower, piece,
            is_query ? &pool_query : &pool_rows[piece->role], spec_out);
    if (is_qkv && !is_query) {
        spec_out->share = at - 1;
        spec_out->n_shares = 2;
    }
}

const struct fovea_family fovea_family_open_clip_siglip = {
    .name = "SigLIP",
    .layout = FOVEA_FILE_LAYOUT_OPEN_CLIP,
    .is_mine = is_mine,
    .read = read_config,
    .read_text = read_text,
    .logits = FOVEA_LOGITS_SIGLIP,
    .tensor = describe_tensor,
    .pixels = fovea_oc_pixels,
    .read_pixels = fovea_oc_read_pixels,
    .write_config = write_config,
};
