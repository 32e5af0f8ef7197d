/* Towers for tests, with a value for every number. */
#ifndef FOVEA_SUPPORT_TOWER_H
#define FOVEA_SUPPORT_TOWER_H

#include "spec/tower.h"

/** The initializer of a struct fovea_tower of the first family. */
#define TOWER(width_, mlp_, layers_, heads_, side_, patch_, dimension_,        \
        activation_, eps_)                                                     \
    {                                                                          \
        .width = (width_), .mlp = (mlp_), .n_layers = (layers_),               \
        .n_heads = (heads_), .side_px = (side_), .patch_px = (patch_),         \
        .has_class_token = true, .has_pre_norm = true, .has_projection = true, \
        .dimension = (dimension_), .activation = (activation_), .eps = (eps_)  \
    }

/** Of a tower of SigLIP's. */
#define SIGLIP_TOWER(width_, mlp_, layers_, heads_, side_, patch_)       \
    {                                                                    \
        .width = (width_), .mlp = (mlp_), .n_layers = (layers_),         \
        .n_heads = (heads_), .side_px = (side_), .patch_px = (patch_),   \
        .has_patch_bias = true, .pooling = FOVEA_POOLING_ATTENTION,      \
        .dimension = (width_), .activation = FOVEA_ACTIVATION_GELU_TANH, \
        .eps = 1e-6F, .family = FOVEA_FAMILY_SIGLIP                      \
    }

/** Of a tower of DINOv2's, whose positions are of another size, and which has the
 *  class with registers if there are any. */
#define DINOV2_TOWER(width_, mlp_, layers_, heads_, side_, patch_, trained_, \
        registers_)                                                          \
    {                                                                        \
        .width = (width_), .mlp = (mlp_), .n_layers = (layers_),             \
        .n_heads = (heads_), .side_px = (side_), .patch_px = (patch_),       \
        .n_registers = (registers_), .position_px = (trained_),              \
        .antialiases_positions = (registers_) > 0, .has_patch_bias = true,   \
        .has_class_token = true, .has_layer_scale = true,                    \
        .dimension = (width_), .activation = FOVEA_ACTIVATION_GELU,          \
        .eps = 1e-6F, .family = FOVEA_FAMILY_DINOV2                          \
    }

/** Of a tower of CLIP's for texts. */
#define CLIP_TEXT_TOWER(width_, mlp_, layers_, heads_, vocabulary_, context_, \
        dimension_, activation_)                                              \
    {                                                                         \
        .modality = FOVEA_MODALITY_TEXT, .width = (width_), .mlp = (mlp_),    \
        .n_layers = (layers_), .n_heads = (heads_),                           \
        .vocabulary = (vocabulary_), .context = (context_),                   \
        .end_id = (vocabulary_)-1, .is_causal = true,                         \
        .pooling = FOVEA_POOLING_LAST, .has_projection = true,                \
        .dimension = (dimension_), .activation = (activation_), .eps = 1e-5F  \
    }

/** Of one of SigLIP's. */
#define SIGLIP_TEXT_TOWER(width_, mlp_, layers_, heads_, vocabulary_,       \
        context_, dimension_)                                               \
    {                                                                       \
        .modality = FOVEA_MODALITY_TEXT, .width = (width_), .mlp = (mlp_),  \
        .n_layers = (layers_), .n_heads = (heads_),                         \
        .vocabulary = (vocabulary_), .context = (context_), .end_id = 1,    \
        .pad_id = 1, .pooling = FOVEA_POOLING_LAST, .has_projection = true, \
        .has_projection_bias = true, .dimension = (dimension_),             \
        .activation = FOVEA_ACTIVATION_GELU_TANH, .eps = 1e-6F,             \
        .family = FOVEA_FAMILY_SIGLIP                                       \
    }

#endif
