/*
 * The tensors of a CLIP vision tower: names, shapes, and whether a checkpoint
 * has them all.
 *
 * Source: the state dict of Hugging Face's CLIPVisionModelWithProjection
 * ("pre_layrnorm" is spelled so there). CLIPModel's has the same names beside
 * the text tower's.
 */
#ifndef FOVEA_CHECKPOINT_VISION_H
#define FOVEA_CHECKPOINT_VISION_H

#include "checkpoint/config.h"
#include "checkpoint/safetensors.h"

/* What a tensor is to the model. */
enum fovea_vision_part {
    FOVEA_VISION_CLASS,    /* the class token */
    FOVEA_VISION_PATCH,    /* the patch embedding's matrix */
    FOVEA_VISION_POSITION, /* the position embedding */
    FOVEA_VISION_MATRIX,   /* any other matrix: [out][in] */
    FOVEA_VISION_BIAS,     /* of a matrix or a layer norm */
    FOVEA_VISION_SCALE,    /* of a layer norm */
};

/* The tensors outside the layers. A bias follows its weight. */
enum fovea_tower_tensor {
    FOVEA_TOWER_CLASS,
    FOVEA_TOWER_PATCH,
    FOVEA_TOWER_POSITION,
    FOVEA_TOWER_PRE_NORM,
    FOVEA_TOWER_PRE_NORM_BIAS,
    FOVEA_TOWER_POST_NORM,
    FOVEA_TOWER_POST_NORM_BIAS,
    FOVEA_TOWER_PROJECTION,
    FOVEA_TOWER_COUNT,
};

/* The tensors of a layer. A bias follows its weight. */
enum fovea_layer_tensor {
    FOVEA_LAYER_NORM1,
    FOVEA_LAYER_NORM1_BIAS,
    FOVEA_LAYER_QUERY,
    FOVEA_LAYER_QUERY_BIAS,
    FOVEA_LAYER_KEY,
    FOVEA_LAYER_KEY_BIAS,
    FOVEA_LAYER_VALUE,
    FOVEA_LAYER_VALUE_BIAS,
    FOVEA_LAYER_OUT,
    FOVEA_LAYER_OUT_BIAS,
    FOVEA_LAYER_NORM2,
    FOVEA_LAYER_NORM2_BIAS,
    FOVEA_LAYER_FC1,
    FOVEA_LAYER_FC1_BIAS,
    FOVEA_LAYER_FC2,
    FOVEA_LAYER_FC2_BIAS,
    FOVEA_LAYER_COUNT,
};

enum {
    FOVEA_VISION_NAME_SIZE = 80,
    FOVEA_VISION_MAX_DIMS = 4
};

struct fovea_vision_tensor {
    char name[FOVEA_VISION_NAME_SIZE];
    enum fovea_vision_part part;
    unsigned n_dims;
    size_t shape[FOVEA_VISION_MAX_DIMS];
    size_t n_elements;
};

/** Number of tensors that a tower has. */
size_t fovea_vision_count(const struct fovea_tower *tower);

/** A tensor outside the layers. */
struct fovea_vision_tensor fovea_vision_tower(const struct fovea_tower *tower,
        enum fovea_tower_tensor id);

/** A tensor of a layer. */
struct fovea_vision_tensor fovea_vision_layer(const struct fovea_tower *tower,
        size_t layer, enum fovea_layer_tensor id);

/** Any of them; index below the count. */
struct fovea_vision_tensor fovea_vision_at(const struct fovea_tower *tower,
        size_t index);

/** What a checkpoint's tower comes to. */
struct fovea_vision_summary {
    uint64_t n_elements;       /* of all its tensors */
    size_t largest_n_elements; /* of the largest one */
    const char *dtype;         /* "F32", "F16", "BF16" or "mixed"; static */
};

/**
 * Check that every tensor is there, with its shape and of a type that can be
 * read. Reads no weights.
 *
 * @return FOVEA_OK; FOVEA_ERR_MODEL_WEIGHTS, naming the first that is not.
 */
FOVEA_NODISCARD enum fovea_status fovea_vision_check(
        const struct fovea_tower *tower,
        const struct fovea_checkpoint *checkpoint,
        struct fovea_vision_summary *summary_out, struct fovea_error *err);

#endif
