/*
 * config.json: see config.h.
 *
 * CLIPModel nests the vision tower in "vision_config" and has projection_dim
 * beside it; CLIPVisionModelWithProjection has everything at the top. A field
 * that is missing (or null) has the default of Hugging Face's CLIPVisionConfig.
 */
#include "checkpoint/config.h"

#include <string.h>

#include "base/error.h"
#include "checkpoint/json.h"
#include "spec/files.h"

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

static enum fovea_status
read_activation(const struct fovea_fields *fields, enum fovea_activation *value,
        struct fovea_error *err)
{
    static const struct {
        const char *name;
        enum fovea_activation activation;
    } known[] = {
        { "quick_gelu", FOVEA_ACTIVATION_QUICK_GELU },
        { "gelu", FOVEA_ACTIVATION_GELU },
        { "gelu_pytorch_tanh", FOVEA_ACTIVATION_GELU_TANH },
    };
    const char *name = known[0].name;
    enum fovea_status status =
            fovea_field_string(fields, "hidden_act", &name, err);
    if (status) {
        return status;
    }
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(known); i++) {
        if (!strcmp(name, known[i].name)) {
            *value = known[i].activation;
            return FOVEA_OK;
        }
    }
    return fovea_field_fail(fields, "hidden_act", FOVEA_ERR_MODEL_UNSUPPORTED,
            err, "\"%s\" is not one of quick_gelu, gelu and gelu_pytorch_tanh",
            fovea_show(name).text);
}

static enum fovea_status
check_model_type(const struct fovea_fields *fields, struct fovea_error *err)
{
    const char *type = "clip";
    enum fovea_status status =
            fovea_field_string(fields, "model_type", &type, err);
    if (status) {
        return status;
    }
    if (strcmp(type, "clip") != 0 && strcmp(type, "clip_vision_model") != 0) {
        return fovea_field_fail(fields, "model_type",
                FOVEA_ERR_MODEL_UNSUPPORTED, err, "\"%s\" is not a CLIP model",
                fovea_show(type).text);
    }
    return FOVEA_OK;
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

enum fovea_status
fovea_tower_parse(const char *name, const char *text, size_t size,
        struct fovea_tower *tower_out, struct fovea_error *err)
{
    FOVEA_AUTO(fovea_json_release) json_t *object = NULL;
    enum fovea_status status = fovea_json_parse(name, text, size,
            FOVEA_ERR_MODEL_CONFIG, &object, err);
    if (status) {
        return status;
    }
    struct fovea_tower tower = defaults;
    const struct fovea_fields top = { name, "", object };
    struct fovea_fields inner = top;
    status = check_model_type(&top, err);
    if (status) {
        return status;
    }
    const json_t *nested = fovea_field(&top, "vision_config");
    if (nested) {
        inner.path = "vision_config.";
        inner.object = nested;
        if (!json_is_object(nested)) {
            return fovea_field_fail(&top, "vision_config",
                    FOVEA_ERR_MODEL_CONFIG, err, "must be an object");
        }
    }
    status = read_tower(&inner, &tower, err);
    if (!status && nested) {
        /* CLIPModel projects to what stands beside the tower. */
        status = fovea_field_count(&top, "projection_dim", FOVEA_MAX_DIMENSION,
                &tower.dimension, err);
    }
    if (status) {
        return status;
    }
    *tower_out = tower;
    return FOVEA_OK;
}

enum fovea_status
fovea_tower_read(const char *directory, struct fovea_tower *tower_out,
        struct fovea_error *err)
{
    FOVEA_AUTO_FREE char *path = NULL;
    enum fovea_status status =
            fovea_join_path(directory, FOVEA_FILE_CONFIG, &path, err);
    if (status) {
        return status;
    }
    FOVEA_AUTO_FREE char *text = NULL;
    size_t size = 0;
    status = fovea_json_load(path, FOVEA_MAX_CONFIG_BYTES,
            FOVEA_ERR_MODEL_CONFIG, &text, &size, err);
    if (status == FOVEA_ERR_FILE_NOT_FOUND) {
        return fovea_fail(err, FOVEA_ERR_MODEL_NOT_FOUND,
                "%s: there is no such file", fovea_show(path).text);
    }
    return status ? status
                  : fovea_tower_parse(path, text, size, tower_out, err);
}
