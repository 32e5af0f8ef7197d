/*
 * What config.json and preprocessor_config.json of a CLIP checkpoint say,
 * checked, so that nothing behind it meets an impossible shape.
 *
 * Source: the Hugging Face layout of CLIPModel ("vision_config" nested) and
 * CLIPVisionModelWithProjection (flat).
 */
#ifndef FOVEA_CHECKPOINT_CONFIG_H
#define FOVEA_CHECKPOINT_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

#include "spec/pixels.h"

enum fovea_activation {
    FOVEA_ACTIVATION_QUICK_GELU, /* x * sigmoid(1.702 x) */
    FOVEA_ACTIVATION_GELU,       /* x * Phi(x), with erf */
    FOVEA_ACTIVATION_GELU_TANH,  /* its tanh form */
};

struct fovea_vision_config {
    uint32_t hidden_size; /* width of a token */
    uint32_t mlp_size;    /* "intermediate_size" */
    uint32_t n_layers;
    uint32_t n_heads;       /* divides hidden_size */
    uint32_t image_size_px; /* a multiple of patch_size_px */
    uint32_t patch_size_px;
    uint32_t projection_dim; /* of the embedding */
    enum fovea_activation activation;
    float layer_norm_eps;
};

/* Bounds that no known CLIP comes near. They keep every product of sizes, times
   FOVEA_MAX_BATCH too, under 2^44: it fits a size_t unchecked. */
enum {
    FOVEA_MAX_HIDDEN_SIZE = 16384,
    FOVEA_MAX_MLP_SIZE = 65536,
    FOVEA_MAX_LAYERS = 256,
    FOVEA_MAX_IMAGE_SIZE_PX = 4096,
    FOVEA_MAX_PROJECTION_DIM = 16384,
    FOVEA_MAX_TOKENS = 65536,
};

/* Narrower towers compute in float32 whatever is asked: they take no time worth
   saving, and their few channels do not average rounding errors out (a tower of
   64 fell to a cosine of 0.9906 on one of 160 photographs; 192 has 0.9997). */
enum {
    FOVEA_MIN_BF16_HIDDEN_SIZE = 256
};

/**
 * Read <directory>/config.json.
 *
 * @return FOVEA_OK; FOVEA_ERR_MODEL_NOT_FOUND if there is no such file;
 *         FOVEA_ERR_MODEL_CONFIG if it is not valid;
 *         FOVEA_ERR_MODEL_UNSUPPORTED if it is valid and not ours (another
 *         architecture or activation). The message names file and field.
 */
FOVEA_NODISCARD enum fovea_status fovea_vision_config_read(
        const char *directory, struct fovea_vision_config *config_out,
        struct fovea_error *err);

/**
 * Read <directory>/preprocessor_config.json, new form or old ("size": 224).
 * A missing file means CLIP's defaults for image_size_px, and is_default. The
 * crop must be image_size_px square.
 */
FOVEA_NODISCARD enum fovea_status fovea_preprocess_config_read(
        const char *directory, uint32_t image_size_px,
        struct fovea_preprocess *settings_out, struct fovea_error *err);

/** The same two from text in memory; `name` stands in messages. */
FOVEA_NODISCARD enum fovea_status fovea_vision_config_parse(const char *name,
        const char *text, size_t size, struct fovea_vision_config *config_out,
        struct fovea_error *err);
FOVEA_NODISCARD enum fovea_status fovea_preprocess_config_parse(
        const char *name, const char *text, size_t size, uint32_t image_size_px,
        struct fovea_preprocess *settings_out, struct fovea_error *err);

/** What follows from a config: patches of an image; tokens, the patches and the
 *  class token; samples of a patch. */
size_t fovea_config_patches(const struct fovea_vision_config *config);
size_t fovea_config_tokens(const struct fovea_vision_config *config);
size_t fovea_config_patch_width(const struct fovea_vision_config *config);

#endif
