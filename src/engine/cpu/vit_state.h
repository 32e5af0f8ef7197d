/*
 * Inside of the forward pass: what vit_create.c makes and vit.c runs on.
 *
 * Buffers (one allocation, reused by every layer; a token is a row):
 *   x     [n * tokens][hidden]    float32: the residual stream
 *   y     [n * tokens][hidden]    element: a layer norm's output, then what
 *                                 attention gathered
 *   wide  [n * tokens][...]       element: patches, query | key | value, or the
 *                                 MLP's hidden layer, each as wide as it is
 *   scores [heads at a time][tokens][padded tokens] float32, of one image
 * The class tokens' rows of the last layer reuse them. All rows are dense: the
 * library's fast kernels want it so.
 */
#ifndef FOVEA_ENGINE_CPU_VIT_STATE_H
#define FOVEA_ENGINE_CPU_VIT_STATE_H

#include "engine/cpu/vit.h"

/* The matrix products for one number of images. */
struct fovea_vit_plan {
    struct fovea_product *products[FOVEA_N_USES];
};

/* softmax(Q K^T) V for some heads of one image. */
struct fovea_vit_attention {
    struct fovea_product *scores;
    struct fovea_product *gather;
    size_t n_queries;
    size_t heads_at_once;
};

struct fovea_vit_sizes {
    size_t hidden;
    size_t mlp;
    size_t n_heads;
    size_t head_dim;
    size_t n_patches;
    size_t n_tokens;
    size_t patch_width;
    size_t wide;         /* elements of a row of wide, at most */
    size_t score_stride; /* floats of a row of scores */
};

struct fovea_vit {
    const struct fovea_weights *weights;
    struct fovea_vit_sizes sizes;
    enum fovea_element element;
    size_t max_batch;
    float pixel_table[3][256];
    struct fovea_vit_attention attention;
    struct fovea_vit_attention cls_attention;
    /* [max_batch + 1], by the number of images; of fovea_vit_step() only. */
    struct fovea_vit_plan **plans;

    void *block; /* the buffers below */
    size_t block_size;
    float *x;
    void *y;
    void *wide;
    float *scores;
    float *cls;    /* [n][hidden]: the residual stream of the class tokens */
    void *scratch; /* of the matrix library */
    size_t scratch_size;
};

/** How many of n images, at least 1, the next forward pass takes: the most that
 *  there is a plan for. */
size_t fovea_vit_step(const struct fovea_vit *vit, size_t n);

/** Pass a black image through one layer of each kind: some of the library's
 *  code is generated when a product that needs it first runs. */
FOVEA_NODISCARD enum fovea_status fovea_vit_warm_up(struct fovea_vit *vit,
        struct fovea_error *err);

#endif
