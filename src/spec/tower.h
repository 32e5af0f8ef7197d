/*
 * What a transformer is, for whoever costs, packs, fills or runs it: numbers,
 * none of them a file's or an engine's.
 */
#ifndef FOVEA_SPEC_TOWER_H
#define FOVEA_SPEC_TOWER_H

#include <stddef.h>
#include <stdint.h>

enum fovea_activation {
    FOVEA_ACTIVATION_QUICK_GELU, /* x * sigmoid(1.702 x) */
    FOVEA_ACTIVATION_GELU,       /* x * Phi(x), with erf */
    FOVEA_ACTIVATION_GELU_TANH,  /* its tanh form */
};

/* A vision transformer whose class token is projected. */
struct fovea_tower {
    uint32_t width; /* of a token */
    uint32_t mlp;   /* of the hidden layer */
    uint32_t n_layers;
    uint32_t n_heads;   /* divides width */
    uint32_t side_px;   /* of an image */
    uint32_t patch_px;  /* divides side_px */
    uint32_t dimension; /* of the embedding */
    enum fovea_activation activation;
    float eps; /* of the layer norms */
};

/* Bounds that no known model comes near. They keep every product of sizes, times
   FOVEA_MAX_BATCH too, under 2^44: it fits a size_t unchecked. */
enum {
    FOVEA_MAX_WIDTH = 16384,
    FOVEA_MAX_MLP = 65536,
    FOVEA_MAX_LAYERS = 256,
    FOVEA_MAX_SIDE_PX = 4096,
    FOVEA_MAX_DIMENSION = 16384,
    FOVEA_MAX_TOKENS = 65536,
};

/** Patches of an image. */
size_t fovea_tower_patches(const struct fovea_tower *tower);

/** Tokens of an image: its patches and the class token. */
size_t fovea_tower_tokens(const struct fovea_tower *tower);

/** Samples of a patch. */
size_t fovea_tower_patch_width(const struct fovea_tower *tower);

#endif
