/* See huggingface_text.h. */
#include "spec/huggingface_text.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"

/* config.json. */

enum {
    /* What CLIP's old files have as "eos_token_id", whatever the token's id: such
       a tower pools at the largest one. */
    OLD_END_ID = 2
};

static enum fovea_status
check_type(const struct fovea_hf_text *text, const struct fovea_fields *fields,
        struct fovea_error *err)
{
    const char *type = text->tower_type;
    enum fovea_status status =
            fovea_field_string(fields, "model_type", &type, err);
    if (!status && strcmp(type, text->tower_type) != 0 &&
            strcmp(type, text->model_type) != 0) {
        return fovea_field_fail(fields, "model_type",
                FOVEA_ERR_TEXT_UNSUPPORTED, err,
                "\"%s\" is no text tower of %s, whose texts are supported",
                fovea_show(type).text, text->name);
    }
    return status;
}

static enum fovea_status
find_fields(const struct fovea_hf_text *text, const struct fovea_fields *top,
        struct fovea_fields *fields_out, struct fovea_error *err)
{
    *fields_out = *top;
    enum fovea_status status = fovea_hf_look_in(top, "text_config_dict",
            "text_config_dict.", fields_out, err);
    if (!status && fields_out->object == top->object) {
        status = fovea_hf_look_in(top, "text_config", "text_config.",
                fields_out, err);
    }
    if (status || fields_out->object != top->object) {
        return status;
    }
    const char *type = text->model_type;
    status = fovea_field_string(top, "model_type", &type, err);
    if (!status && strcmp(type, text->tower_type) != 0) {
        return fovea_fail(err, FOVEA_ERR_TEXT_UNSUPPORTED,
                "%s: there is no text_config: the model has no text tower",
                fovea_show(top->file).text);
    }
    return status;
}

static enum fovea_status
read_ids(const struct fovea_fields *fields, struct fovea_tower *tower,
        struct fovea_error *err)
{
    const uint32_t most = FOVEA_MAX_VOCABULARY;
    enum fovea_status status = fovea_field_count(fields, "vocab_size", most,
            &tower->vocabulary, err);
    if (!status) {
        status = fovea_field_id(fields, "eos_token_id", most, &tower->end_id,
                err);
    }
    if (!status) {
        status = fovea_field_id(fields, "pad_token_id", most, &tower->pad_id,
                err);
    }
    tower->ends_at_largest = tower->is_causal && tower->end_id == OLD_END_ID;
    return status;
}

static enum fovea_status
read_dimension(const struct fovea_hf_text *text, const struct fovea_fields *top,
        const struct fovea_fields *fields, struct fovea_tower *tower,
        struct fovea_error *err)
{
    if (tower->dimension == 0) {
        tower->dimension = tower->width;
    }
    enum fovea_status status = fovea_field_count(fields, text->dimension_key,
            FOVEA_MAX_DIMENSION, &tower->dimension, err);
    if (!status && text->is_dimension_above && fields->object != top->object) {
        status = fovea_field_count(top, text->dimension_key,
                FOVEA_MAX_DIMENSION, &tower->dimension, err);
    }
    return status;
}

enum fovea_status
fovea_hf_text_read(const struct fovea_hf_text *text,
        const struct fovea_fields *top, struct fovea_tower *tower_out,
        struct fovea_error *err)
{
    struct fovea_tower tower = text->defaults;
    struct fovea_fields fields;
    tower.modality = FOVEA_MODALITY_TEXT;
    enum fovea_status status = find_fields(text, top, &fields, err);
    if (!status) {
        status = check_type(text, &fields, err);
    }
    if (!status) {
        status = fovea_field_count(&fields, "max_position_embeddings",
                FOVEA_MAX_CONTEXT, &tower.context, err);
    }
    if (!status) {
        status = fovea_hf_read_tower(&fields, &tower, err);
    }
    if (!status) {
        status = read_ids(&fields, &tower, err);
    }
    if (!status) {
        status = read_dimension(text, top, &fields, &tower, err);
    }
    if (!status) {
        /* What is said of images there means nothing. */
        tower.side_px = 0;
        tower.patch_px = 0;
        *tower_out = tower;
    }
    return status;
}

size_t
fovea_hf_text_write(const struct fovea_hf_text *text,
        const struct fovea_tower *tower, char text_out[FOVEA_FAMILY_TEXT_SIZE])
{
    int n = snprintf(text_out, FOVEA_FAMILY_TEXT_SIZE,
            "{\n"
            "  \"model_type\": \"%s\",\n"
            "  \"hidden_size\": %u,\n"
            "  \"intermediate_size\": %u,\n"
            "  \"num_hidden_layers\": %u,\n"
            "  \"num_attention_heads\": %u,\n"
            "  \"vocab_size\": %u,\n"
            "  \"max_position_embeddings\": %u,\n"
            "  \"eos_token_id\": %u,\n"
            "  \"pad_token_id\": %u,\n"
            "  \"%s\": %u,\n"
            "  \"hidden_act\": \"%s\",\n"
            "  \"layer_norm_eps\": %.9g\n"
            "}\n",
            text->tower_type, tower->width, tower->mlp, tower->n_layers,
            tower->n_heads, tower->vocabulary, tower->context,
            tower->ends_at_largest ? (uint32_t)OLD_END_ID : tower->end_id,
            tower->pad_id, text->dimension_key, tower->dimension,
            fovea_hf_activation_word(tower->activation), (double)tower->eps);
    FOVEA_ASSERT(n > 0 && n < FOVEA_FAMILY_TEXT_SIZE);
    return (size_t)n;
}

size_t
fovea_hf_text_write_model(const struct fovea_family *family,
        const struct fovea_hf_text *text, const struct fovea_tower *image,
        const struct fovea_tower *text_tower,
        char text_out[FOVEA_FAMILY_TEXT_SIZE])
{
    char of_images[FOVEA_FAMILY_TEXT_SIZE];
    char of_texts[FOVEA_FAMILY_TEXT_SIZE];
    (void)family->write_config(image, of_images);
    (void)fovea_hf_text_write(text, text_tower, of_texts);
    int n = snprintf(text_out, FOVEA_FAMILY_TEXT_SIZE,
            "{\n"
            "\"model_type\": \"%s\",\n"
            "\"projection_dim\": %u,\n"
            "\"vision_config\": %s,\n"
            "\"text_config\": %s"
            "}\n",
            text->model_type, text_tower->dimension, of_images, of_texts);
    FOVEA_ASSERT(n > 0 && n < FOVEA_FAMILY_TEXT_SIZE);
    return (size_t)n;
}

/* Tensors. */

#define LAYER "text_model.encoder.layers.%u."

static const struct fovea_hf_tensor rows[FOVEA_N_ROLES] = {
    [FOVEA_ROLE_TOKEN] = { "text_model.embeddings.token_embedding.weight", NULL,
            { FOVEA_HF_VOCABULARY, FOVEA_HF_WIDTH } },
    [FOVEA_ROLE_POSITION] = { "text_model.embeddings.position_embedding.weight",
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
    [FOVEA_ROLE_POST_NORM] = { "text_model.final_layer_norm.weight",
            "text_model.final_layer_norm.bias", { FOVEA_HF_WIDTH } },
};

static const struct fovea_hf_tensor qkv_rows[] = {
    { LAYER "self_attn.q_proj.weight", LAYER "self_attn.q_proj.bias",
            { FOVEA_HF_WIDTH, FOVEA_HF_WIDTH } },
    { LAYER "self_attn.k_proj.weight", LAYER "self_attn.k_proj.bias",
            { FOVEA_HF_WIDTH, FOVEA_HF_WIDTH } },
    { LAYER "self_attn.v_proj.weight", LAYER "self_attn.v_proj.bias",
            { FOVEA_HF_WIDTH, FOVEA_HF_WIDTH } },
};

void
fovea_hf_text_tensor(const struct fovea_hf_text *text,
        const struct fovea_tower *tower, const struct fovea_piece *piece,
        uint32_t part, struct fovea_tensor_spec *spec_out)
{
    const struct fovea_hf_tensor *row = &rows[piece->role];
    if (piece->role == FOVEA_ROLE_QKV) {
        row = &qkv_rows[piece->part + part];
    } else if (piece->role == FOVEA_ROLE_PROJECTION) {
        row = &text->projection;
    }
    fovea_hf_describe(tower, piece, row, spec_out);
}
