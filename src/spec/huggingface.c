/* See huggingface.h. */
#include "spec/huggingface.h"

#include <stdio.h>
#include <string.h>

#include "base/macros.h"

static const char *const activations[] = {
    [FOVEA_ACTIVATION_QUICK_GELU] = "quick_gelu",
    [FOVEA_ACTIVATION_GELU] = "gelu",
    [FOVEA_ACTIVATION_GELU_TANH] = "gelu_pytorch_tanh",
};

const char *
fovea_hf_activation_word(enum fovea_activation activation)
{
    return activations[activation];
}

/* config.json. */

enum fovea_status
fovea_hf_look_in(const struct fovea_fields *top, const char *key,
        const char *path, struct fovea_fields *fields, struct fovea_error *err)
{
    const json_t *nested = fovea_field(top, key);
    if (!nested) {
        return FOVEA_OK;
    }
    if (!json_is_object(nested)) {
        return fovea_field_fail(top, key, FOVEA_ERR_MODEL_CONFIG, err,
                "must be an object");
    }
    fields->path = path;
    fields->object = nested;
    return FOVEA_OK;
}

enum fovea_status
fovea_hf_vision_fields(const struct fovea_fields *top,
        struct fovea_fields *fields_out, struct fovea_error *err)
{
    *fields_out = *top;
    enum fovea_status status = fovea_hf_look_in(top, "vision_config_dict",
            "vision_config_dict.", fields_out, err);
    if (status || fields_out->object != top->object) {
        return status;
    }
    return fovea_hf_look_in(top, "vision_config", "vision_config.", fields_out,
            err);
}

enum fovea_status
fovea_hf_check_type(const struct fovea_fields *fields,
        bool (*is_mine)(const char *model_type), const char *name,
        struct fovea_error *err)
{
    const char *type = NULL;
    enum fovea_status status =
            fovea_field_string(fields, "model_type", &type, err);
    if (!status && type && !is_mine(type)) {
        return fovea_field_fail(fields, "model_type",
                FOVEA_ERR_MODEL_UNSUPPORTED, err, "\"%s\" is not a %s model",
                fovea_show(type).text, name);
    }
    return status;
}

static enum fovea_status
read_activation(const struct fovea_fields *fields, enum fovea_activation *value,
        struct fovea_error *err)
{
    const char *name = activations[*value];
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
    size_t n_tokens = fovea_tower_tokens(tower);
    if (n_tokens > FOVEA_MAX_TOKENS) {
        return fovea_field_fail(fields, "patch_size", FOVEA_ERR_MODEL_CONFIG,
                err, "%u makes %zu tokens, at most %d are supported",
                tower->patch_px, n_tokens, FOVEA_MAX_TOKENS);
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_hf_read_tower(const struct fovea_fields *fields,
        struct fovea_tower *tower, struct fovea_error *err)
{
    enum fovea_status status = check_channels(fields, err);
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

/* Tensors. */

static size_t
dim_size(const struct fovea_tower *tower, enum fovea_hf_dim dim)
{
    switch (dim) {
    case FOVEA_HF_WIDTH:
        return tower->width;
    case FOVEA_HF_MLP:
        return tower->mlp;
    case FOVEA_HF_DIMENSION:
        return tower->dimension;
    case FOVEA_HF_POSITIONS:
        return fovea_tower_positions(tower);
    case FOVEA_HF_VOCABULARY:
        return tower->vocabulary;
    case FOVEA_HF_CHANNELS:
        return 3;
    case FOVEA_HF_PATCH:
        return tower->patch_px;
    case FOVEA_HF_REGISTERS:
        return tower->n_registers;
    case FOVEA_HF_QKV:
        return 3 * (size_t)tower->width;
    case FOVEA_HF_KEY_VALUE:
        return 2 * (size_t)tower->width;
    case FOVEA_HF_ONE:
        return 1;
    case FOVEA_HF_NONE:
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

void
fovea_hf_describe(const struct fovea_tower *tower,
        const struct fovea_piece *piece, const struct fovea_hf_tensor *row,
        struct fovea_tensor_spec *spec_out)
{
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
