/*
 * What families in Hugging Face's layout share: the fields of a vision tower in
 * config.json, and tensors whose names are a table of the roles.
 */
#ifndef FOVEA_SPEC_HUGGINGFACE_H
#define FOVEA_SPEC_HUGGINGFACE_H

#include "spec/family.h"

/**
 * The fields of an object inside of another.
 *
 * @param fields  Left alone if there is none.
 * @return FOVEA_OK; FOVEA_ERR_MODEL_CONFIG if it is no object.
 */
FOVEA_NODISCARD enum fovea_status fovea_hf_look_in(
        const struct fovea_fields *top, const char *key, const char *path,
        struct fovea_fields *fields, struct fovea_error *err);

/**
 * Where the vision tower's fields are: in "vision_config_dict", whose defaults win,
 * as old files have it; in "vision_config"; else at the top.
 *
 * @return FOVEA_OK; FOVEA_ERR_MODEL_CONFIG if it is no object.
 */
FOVEA_NODISCARD enum fovea_status fovea_hf_vision_fields(
        const struct fovea_fields *top, struct fovea_fields *fields_out,
        struct fovea_error *err);

/**
 * Check that a config's "model_type" is one of a family's.
 *
 * @param name  Of the family, in the message.
 * @return FOVEA_OK, without a word too; FOVEA_ERR_MODEL_CONFIG;
 *         FOVEA_ERR_MODEL_UNSUPPORTED.
 */
FOVEA_NODISCARD enum fovea_status fovea_hf_check_type(
        const struct fovea_fields *fields,
        bool (*is_mine)(const char *model_type), const char *name,
        struct fovea_error *err);

/**
 * Numbers, activation and eps of a vision tower, checked against each other.
 *
 * @param tower  Has the defaults; what the fields do not say stays.
 * @return FOVEA_OK; FOVEA_ERR_MODEL_CONFIG if a field is not valid;
 *         FOVEA_ERR_MODEL_UNSUPPORTED for channels and activations that are not
 *         to be had.
 */
FOVEA_NODISCARD enum fovea_status fovea_hf_read_tower(
        const struct fovea_fields *fields, struct fovea_tower *tower,
        struct fovea_error *err);

/** The word of "hidden_act". Static. */
const char *fovea_hf_activation_word(enum fovea_activation activation);

/* Sizes that shapes are made of; NONE ends a shape. */
enum fovea_hf_dim {
    FOVEA_HF_NONE,
    FOVEA_HF_WIDTH,
    FOVEA_HF_MLP,
    FOVEA_HF_DIMENSION,
    FOVEA_HF_POSITIONS,
    FOVEA_HF_VOCABULARY,
    FOVEA_HF_CHANNELS,
    FOVEA_HF_PATCH,
    FOVEA_HF_REGISTERS,
    FOVEA_HF_QKV, /* queries, keys and values in one tensor */
    FOVEA_HF_KEY_VALUE,
    FOVEA_HF_ONE
};

/* "%u" stands for the layer. A bias is a vector of the weight's first side. */
struct fovea_hf_tensor {
    const char *weight;
    const char *bias;
    enum fovea_hf_dim dims[FOVEA_TENSOR_SPEC_DIMS];
};

/** Name and shape of a tensor by its row. */
void fovea_hf_describe(const struct fovea_tower *tower,
        const struct fovea_piece *piece, const struct fovea_hf_tensor *row,
        struct fovea_tensor_spec *spec_out);

#endif
