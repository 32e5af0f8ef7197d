/*
 * See open_clip_text.h.
 *
 * Two kinds are run: CLIP's, whose tokens see what is before them and which pools
 * where the text ends, and SigLIP's, whose tokens see all and which pools at the
 * last position.
 */
#include "spec/open_clip_text.h"

#include <string.h>

#include "base/error.h"
#include "spec/huggingface.h"
#include "spec/open_clip.h"

static const struct fovea_tower defaults = {
    .modality = FOVEA_MODALITY_TEXT,
    .width = 512,
    .mlp = 2048,
    .n_layers = 12,
    .n_heads = 8,
    .vocabulary = 49408,
    .context = 77,
    .end_id = 2,
    .pooling = FOVEA_POOLING_LAST,
    .has_projection = true,
    .dimension = 512,
    .activation = FOVEA_ACTIVATION_GELU,
    .eps = 1e-5F,
};

/* open_clip_config.json. */

static enum fovea_status
find_text(const struct fovea_fields *top, bool is_custom,
        struct fovea_oc_config *config, struct fovea_error *err)
{
    const json_t *model = fovea_field(top, "model_cfg");
    if (json_is_object(model) && !json_object_get(model, "text_cfg")) {
        return fovea_fail(err, FOVEA_ERR_TEXT_UNSUPPORTED,
                "%s: there is no text_cfg: the model has no text tower",
                fovea_show(top->file).text);
    }
    bool said = false;
    enum fovea_status status = fovea_oc_find(top, "text_cfg", config, err);
    if (!status) {
        status = fovea_field_bool(&config->model, "custom_text", &said, err);
    }
    if (!status && said != is_custom) {
        return fovea_field_fail(&config->model, "custom_text",
                FOVEA_ERR_TEXT_UNSUPPORTED, err,
                "%s is not supported beside this image tower",
                said ? "true" : "false");
    }
    return status;
}

static enum fovea_status
check_make(const struct fovea_fields *fields, struct fovea_error *err)
{
    const char *other = NULL;
    enum fovea_status status =
            fovea_field_string(fields, "hf_model_name", &other, err);
    if (!status && other) {
        return fovea_field_fail(fields, "hf_model_name",
                FOVEA_ERR_TEXT_UNSUPPORTED, err,
                "the text tower \"%s\" is not supported; open_clip's own are",
                fovea_show(other).text);
    }
    if (!status) {
        status = fovea_oc_check_off(fields, "embed_cls", err);
    }
    return status ? status
                  : fovea_oc_check_word(fields, "proj_type", "linear", err);
}

static enum fovea_status
read_ids(const struct fovea_fields *fields, struct fovea_tower *tower,
        struct fovea_error *err)
{
    const uint32_t most = FOVEA_MAX_VOCABULARY;
    enum fovea_status status = fovea_field_count(fields, "vocab_size", most,
            &tower->vocabulary, err);
    if (!status) {
        status = fovea_field_count(fields, "context_length", FOVEA_MAX_CONTEXT,
                &tower->context, err);
    }
    if (!status) {
        status = fovea_field_id(fields, "eos_id", most, &tower->end_id, err);
    }
    return status ? status
                  : fovea_field_id(fields, "pad_id", most, &tower->pad_id, err);
}

/* How tokens see each other, and which of them is pooled. */
static enum fovea_status
read_pooling(const struct fovea_fields *fields, struct fovea_tower *tower,
        struct fovea_error *err)
{
    bool sees_all = false;
    const char *pool = "argmax";
    enum fovea_status status =
            fovea_field_bool(fields, "no_causal_mask", &sees_all, err);
    if (!status) {
        status = fovea_field_string(fields, "pool_type", &pool, err);
    }
    if (status) {
        return status;
    }
    const bool is_last = strcmp(pool, "last") == 0;
    tower->is_causal = !sees_all;
    tower->ends_at_largest = strcmp(pool, "argmax") == 0;
    if (is_last == sees_all &&
            (is_last || tower->ends_at_largest || strcmp(pool, "eos") == 0)) {
        return FOVEA_OK;
    }
    return fovea_field_fail(fields, "pool_type", FOVEA_ERR_MODEL_UNSUPPORTED,
            err,
            "\"%s\" is not supported%s; \"argmax\" and \"eos\" are, and "
            "\"last\" with no_causal_mask",
            fovea_show(pool).text,
            sees_all ? " with no_causal_mask" : " with a causal mask");
}

/* "canonicalize": lower case, no punctuation, one blank between words. */
static enum fovea_status
read_cleaning(const struct fovea_fields *fields, struct fovea_tower *tower,
        struct fovea_error *err)
{
    const json_t *given = fovea_field(fields, "tokenizer_kwargs");
    const char *clean = "whitespace";
    const struct fovea_fields inner = { fields->file,
        "model_cfg.text_cfg.tokenizer_kwargs.", given };
    enum fovea_status status = fovea_field_string(&inner, "clean", &clean, err);
    if (!status && strcmp(clean, "canonicalize") == 0) {
        tower->is_canonical = true;
    } else if (!status && strcmp(clean, "lower") != 0 &&
            strcmp(clean, "whitespace") != 0) {
        return fovea_field_fail(&inner, "clean", FOVEA_ERR_MODEL_UNSUPPORTED,
                err, "\"%s\" is none of lower, whitespace and canonicalize",
                fovea_show(clean).text);
    }
    return status;
}

static enum fovea_status
read_heads(const struct fovea_fields *fields, struct fovea_tower *tower,
        struct fovea_error *err)
{
    enum fovea_status status = fovea_field_count(fields, "heads",
            FOVEA_MAX_WIDTH, &tower->n_heads, err);
    if (!status && tower->width % tower->n_heads) {
        return fovea_field_fail(fields, "heads", FOVEA_ERR_MODEL_CONFIG, err,
                "%u does not divide width %u", tower->n_heads, tower->width);
    }
    return status;
}

enum fovea_status
fovea_oc_text_read(const struct fovea_fields *top, bool is_custom,
        struct fovea_tower *tower_out, struct fovea_error *err)
{
    struct fovea_tower tower = defaults;
    struct fovea_oc_config config;
    enum fovea_status status = find_text(top, is_custom, &config, err);
    if (!status) {
        status = check_make(&config.tower, err);
    }
    if (!status) {
        status = fovea_oc_read_tower(&config, &tower, err);
    }
    if (!status) {
        status = read_heads(&config.tower, &tower, err);
    }
    if (!status) {
        status = read_ids(&config.tower, &tower, err);
    }
    if (!status) {
        status = read_pooling(&config.tower, &tower, err);
    }
    if (!status) {
        status = read_cleaning(&config.tower, &tower, err);
    }
    if (!status) {
        status = fovea_field_bool(&config.tower, "proj_bias",
                &tower.has_projection_bias, err);
    }
    if (!status) {
        *tower_out = tower;
    }
    return status;
}

/* Tensors. */

#define LAYER "transformer.resblocks.%u."

#define ROWS(before)                                                          \
    {                                                                         \
        [FOVEA_ROLE_TOKEN] = { before "token_embedding.weight", NULL,         \
            { FOVEA_HF_VOCABULARY, FOVEA_HF_WIDTH } },                        \
        [FOVEA_ROLE_POSITION] = { before "positional_embedding", NULL,        \
            { FOVEA_HF_POSITIONS, FOVEA_HF_WIDTH } },                         \
        [FOVEA_ROLE_NORM1] = { before LAYER "ln_1.weight",                    \
            before LAYER "ln_1.bias", { FOVEA_HF_WIDTH } },                   \
        [FOVEA_ROLE_QKV] = { before LAYER "attn.in_proj_weight",              \
            before LAYER "attn.in_proj_bias",                                 \
            { FOVEA_HF_QKV, FOVEA_HF_WIDTH } },                               \
        [FOVEA_ROLE_OUT] = { before LAYER "attn.out_proj.weight",             \
            before LAYER "attn.out_proj.bias",                                \
            { FOVEA_HF_WIDTH, FOVEA_HF_WIDTH } },                             \
        [FOVEA_ROLE_NORM2] = { before LAYER "ln_2.weight",                    \
            before LAYER "ln_2.bias", { FOVEA_HF_WIDTH } },                   \
        [FOVEA_ROLE_FC1] = { before LAYER "mlp.c_fc.weight",                  \
            before LAYER "mlp.c_fc.bias", { FOVEA_HF_MLP, FOVEA_HF_WIDTH } }, \
        [FOVEA_ROLE_FC2] = { before LAYER "mlp.c_proj.weight",                \
            before LAYER "mlp.c_proj.bias",                                   \
            { FOVEA_HF_WIDTH, FOVEA_HF_MLP } },                               \
        [FOVEA_ROLE_POST_NORM] = { before "ln_final.weight",                  \
            before "ln_final.bias", { FOVEA_HF_WIDTH } },                     \
        [FOVEA_ROLE_PROJECTION] = { before "text_projection", NULL,           \
            { FOVEA_HF_WIDTH, FOVEA_HF_DIMENSION } },                         \
    }

static const struct fovea_hf_tensor rows[2][FOVEA_N_ROLES] = { ROWS(""),
    ROWS("text.") };

/* With a bias it is a layer of its own, and stored as those are. */
static const struct fovea_hf_tensor projections[2] = {
    { "text_projection.weight", "text_projection.bias",
            { FOVEA_HF_DIMENSION, FOVEA_HF_WIDTH } },
    { "text.text_projection.weight", "text.text_projection.bias",
            { FOVEA_HF_DIMENSION, FOVEA_HF_WIDTH } },
};

void
fovea_oc_text_tensor(bool is_custom, const struct fovea_tower *tower,
        const struct fovea_piece *piece, uint32_t part,
        struct fovea_tensor_spec *spec_out)
{
    const bool is_projection = piece->role == FOVEA_ROLE_PROJECTION;
    const bool is_layer = is_projection && tower->has_projection_bias;
    fovea_hf_describe(tower, piece,
            is_layer ? &projections[is_custom] : &rows[is_custom][piece->role],
            spec_out);
    spec_out->is_transposed = is_projection && !is_layer;
    if (piece->role == FOVEA_ROLE_QKV) {
        spec_out->share = piece->part + part;
        spec_out->n_shares = 3;
    }
}
