/*
 * What forward passes run on, made before the first: buffers, and every matrix
 * product that a batch of up to max_batch images or texts will need. A product is for
 * one number of units; not every number has its products (units.h): a batch of images
 * in between takes several passes, one of texts more rows than it has.
 *
 * Some of the library's code is generated only when a product that needs it
 * first runs: before executable memory is forbidden, whoever made a plan warms
 * it up (fovea_forward_warm_up()).
 */
#ifndef FOVEA_ENGINE_CPU_PLAN_H
#define FOVEA_ENGINE_CPU_PLAN_H

#include "engine/cpu/batched.h"
#include "engine/cpu/buffers.h"
#include "engine/cpu/parts.h"
#include "engine/cpu/product.h"
#include "engine/cpu/weights.h"

/* The linear layers for one number of units, by what their matrices are made of. */
struct fovea_product_set {
    size_t n_rows; /* of tokens */
    struct fovea_product *products[FOVEA_N_ELEMENTS][FOVEA_N_USES];
};

/* softmax(Q K^T) V for some heads of one sequence. Of texts there are no products:
   n_queries is 1, or 0 for as many as there are tokens. */
struct fovea_attention {
    struct fovea_batched *scores;
    struct fovea_batched *gather;
    size_t n_queries;
    size_t n_keys;
    size_t heads_at_once;
};

/* The tokens of one image or text: rows, one after the other. */
struct fovea_sequence {
    size_t row; /* of its first token */
    size_t n_tokens;
    size_t pooled_row; /* of the token that stands for all of them */
};

/* One forward pass at a time. */
struct fovea_plan {
    const struct fovea_weights *weights;
    struct fovea_sizes sizes;
    enum fovea_element element; /* of what attention works on, and outside the
                                   layers: fovea_precision_element() */
    /* Whether the tokens' rows of layers whose matrices are made of it are blocked. */
    bool is_blocked[FOVEA_N_ELEMENTS];
    size_t max_batch;
    struct fovea_attention attention;
    struct fovea_attention pooled_attention;
    size_t max_units; /* of a pass */
    /* [max_units + 1], by the number of units (units.h), of those that passes are
       prepared for. */
    struct fovea_product_set **sets;
    struct fovea_sequence *sequences; /* [max_batch] */
    struct fovea_part_clock *clock;   /* NULL: nobody measures; borrowed */

    void *block; /* the buffers, as buffers.h has them */
    size_t block_size;
    float *x;
    void *y;
    void *wide;
    float *scores;
    float *pooled;
    float *embeds; /* NULL: of images */
    void *scratch; /* of the matrix library */
    size_t scratch_size;
};

/**
 * Prepare to run a tower.
 *
 * @param weights    Borrowed; must outlive the plan.
 * @param max_batch  Most images or texts of a run, at least 1.
 * @return FOVEA_OK; FOVEA_ERR_NO_MEMORY or FOVEA_ERR_INTERNAL from the matrix
 *         library.
 */
FOVEA_NODISCARD enum fovea_status fovea_plan_create(
        const struct fovea_weights *weights, size_t max_batch,
        struct fovea_plan **plan_out, struct fovea_error *err);
void fovea_plan_destroy(struct fovea_plan *plan);

/** Bytes of its buffers: what one more thread or worker costs. */
size_t fovea_plan_bytes(const struct fovea_plan *plan);

/** How many of n images, at least 1, the next forward pass takes: the most that
 *  there are products for. */
size_t fovea_plan_step(const struct fovea_plan *plan, size_t n);

/** Attention of all tokens of a sequence of so many tokens to each other, and of
 *  its pooled token to all. */
const struct fovea_attention *fovea_plan_attention(
        const struct fovea_plan *plan, size_t n_tokens);
const struct fovea_attention *fovea_plan_pooled_attention(
        const struct fovea_plan *plan, size_t n_tokens);

#endif
