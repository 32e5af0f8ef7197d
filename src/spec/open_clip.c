/* See open_clip.h. */
#include "spec/open_clip.h"

#include <string.h>

#include "base/macros.h"

static enum fovea_status
enter(const struct fovea_fields *outer, const char *key, const char *path,
        struct fovea_fields *inner_out, struct fovea_error *err)
{
    const json_t *object = fovea_field(outer, key);
    if (!json_is_object(object)) {
        return fovea_field_fail(outer, key, FOVEA_ERR_MODEL_CONFIG, err,
                object ? "must be an object" : "is missing");
    }
    *inner_out = (struct fovea_fields){ outer->file, path, object };
    return FOVEA_OK;
}

enum fovea_status
fovea_oc_find(const struct fovea_fields *top, const char *key,
        struct fovea_oc_config *config_out, struct fovea_error *err)
{
    const bool is_vision = strcmp(key, "vision_cfg") == 0;
    enum fovea_status status =
            enter(top, "model_cfg", "model_cfg.", &config_out->model, err);
    return status ? status
                  : enter(&config_out->model, key,
                            is_vision ? "model_cfg.vision_cfg."
                                      : "model_cfg.text_cfg.",
                            &config_out->tower, err);
}

/* What is refused. */

enum fovea_status
fovea_oc_check_word(const struct fovea_fields *fields, const char *key,
        const char *only, struct fovea_error *err)
{
    const char *word = only;
    enum fovea_status status = fovea_field_string(fields, key, &word, err);
    if (!status && strcmp(word, only) != 0) {
        return fovea_field_fail(fields, key, FOVEA_ERR_MODEL_UNSUPPORTED, err,
                "\"%s\" is not supported, \"%s\" is", fovea_show(word).text,
                only);
    }
    return status;
}

enum fovea_status
fovea_oc_check_off(const struct fovea_fields *fields, const char *key,
        struct fovea_error *err)
{
    const json_t *value = fovea_field(fields, key);
    return !value || json_is_false(value)
            ? FOVEA_OK
            : fovea_field_fail(fields, key, FOVEA_ERR_MODEL_UNSUPPORTED, err,
                      "is not supported; plain transformers are");
}

static enum fovea_status
check_plain(const struct fovea_fields *fields, struct fovea_error *err)
{
    static const char *const keys[] = { "ls_init_value", "qk_norm",
        "scaled_cosine_attn", "scale_heads", "scale_attn_inner", "scale_attn",
        "scale_fc" };
    enum fovea_status status =
            fovea_oc_check_word(fields, "block_type", "default", err);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(keys) && !status; i++) {
        status = fovea_oc_check_off(fields, keys[i], err);
    }
    return status;
}

/* Fields of a tower. */

/* "act_kwargs" are torch.nn.GELU's. */
static enum fovea_status
read_activation(const struct fovea_oc_config *config,
        enum fovea_activation *activation, struct fovea_error *err)
{
    bool is_quick = false;
    enum fovea_status status =
            fovea_field_bool(&config->model, "quick_gelu", &is_quick, err);
    const json_t *given = fovea_field(&config->tower, "act_kwargs");
    if (status) {
        return status;
    }
    *activation =
            is_quick ? FOVEA_ACTIVATION_QUICK_GELU : FOVEA_ACTIVATION_GELU;
    if (!given) {
        return FOVEA_OK;
    }
    const char *word = json_string_value(json_object_get(given, "approximate"));
    bool is_known = word && json_object_size(given) == 1 && !is_quick;
    if (is_known && strcmp(word, "tanh") == 0) {
        *activation = FOVEA_ACTIVATION_GELU_TANH;
        return FOVEA_OK;
    }
    return is_known && strcmp(word, "none") == 0
            ? FOVEA_OK
            : fovea_field_fail(&config->tower, "act_kwargs",
                      FOVEA_ERR_MODEL_UNSUPPORTED, err,
                      "is not {\"approximate\": \"tanh\"} of gelu");
}

static enum fovea_status
read_eps(const struct fovea_fields *tower, float *eps, struct fovea_error *err)
{
    const json_t *given = fovea_field(tower, "norm_kwargs");
    if (!given) {
        return FOVEA_OK;
    }
    if (!json_is_object(given) ||
            json_object_size(given) !=
                    (json_object_get(given, "eps") != NULL)) {
        return fovea_field_fail(tower, "norm_kwargs",
                FOVEA_ERR_MODEL_UNSUPPORTED, err, "is not {\"eps\": NUMBER}");
    }
    const struct fovea_fields fields = { tower->file, tower->path, given };
    return fovea_field_number(&fields, "eps", 1e-12, 0.1, eps, err);
}

/* As open_clip: the whole part of the product. */
static enum fovea_status
read_mlp(const struct fovea_fields *fields, struct fovea_tower *tower,
        struct fovea_error *err)
{
    float checked = 4.0F;
    enum fovea_status status =
            fovea_field_number(fields, "mlp_ratio", 1e-3, 1e3, &checked, err);
    if (status) {
        return status;
    }
    const json_t *given = fovea_field(fields, "mlp_ratio");
    const double mlp =
            (given ? json_number_value(given) : 4.0) * (double)tower->width;
    if (!(mlp >= 1.0 && mlp < FOVEA_MAX_MLP + 1.0)) {
        return fovea_field_fail(fields, "mlp_ratio", FOVEA_ERR_MODEL_CONFIG,
                err, "makes %g of width %u, which is not in 1..%d", mlp,
                tower->width, FOVEA_MAX_MLP);
    }
    tower->mlp = (uint32_t)mlp;
    return FOVEA_OK;
}

enum fovea_status
fovea_oc_read_tower(const struct fovea_oc_config *config,
        struct fovea_tower *tower, struct fovea_error *err)
{
    const struct fovea_fields *fields = &config->tower;
    enum fovea_status status = check_plain(fields, err);
    if (!status) {
        status = fovea_field_count(fields, "width", FOVEA_MAX_WIDTH,
                &tower->width, err);
    }
    if (!status) {
        status = fovea_field_count(fields, "layers", FOVEA_MAX_LAYERS,
                &tower->n_layers, err);
    }
    if (!status) {
        status = read_mlp(fields, tower, err);
    }
    if (!status) {
        status = read_activation(config, &tower->activation, err);
    }
    if (!status) {
        status = read_eps(fields, &tower->eps, err);
    }
    return status ? status
                  : fovea_field_count(&config->model, "embed_dim",
                            FOVEA_MAX_DIMENSION, &tower->dimension, err);
}

enum fovea_status
fovea_oc_read_side(const struct fovea_fields *fields, const char *key,
        uint32_t *side_px, struct fovea_error *err)
{
    const json_t *given = fovea_field(fields, key);
    if (!json_is_array(given)) {
        return fovea_field_count(fields, key, FOVEA_MAX_SIDE_PX, side_px, err);
    }
    const json_t *first = json_array_get(given, 0);
    const json_t *second = json_array_get(given, 1);
    if (json_array_size(given) != 2 || !json_is_integer(first) ||
            json_integer_value(first) < 1 ||
            json_integer_value(first) > FOVEA_MAX_SIDE_PX) {
        return fovea_field_fail(fields, key, FOVEA_ERR_MODEL_CONFIG, err,
                "must be an integer in 1..%d, or two", FOVEA_MAX_SIDE_PX);
    }
    if (!json_equal(first, second)) {
        return fovea_field_fail(fields, key, FOVEA_ERR_MODEL_UNSUPPORTED, err,
                "pictures that are not square are not supported");
    }
    *side_px = (uint32_t)json_integer_value(first);
    return FOVEA_OK;
}

enum fovea_status
fovea_oc_check_patches(const struct fovea_fields *fields, const char *key,
        const struct fovea_tower *tower, struct fovea_error *err)
{
    const size_t n_tokens = fovea_tower_tokens(tower);
    if (tower->patch_px > tower->side_px || n_tokens > FOVEA_MAX_TOKENS) {
        return fovea_field_fail(fields, key, FOVEA_ERR_MODEL_CONFIG, err,
                "patches of %u in a side of %u make %zu tokens, which is not in "
                "2..%d",
                tower->patch_px, tower->side_px, n_tokens, FOVEA_MAX_TOKENS);
    }
    return FOVEA_OK;
}
