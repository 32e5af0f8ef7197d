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

#include "engine/cpu/attend.h"
#include "engine/cpu/buffers.h"
#include "engine/cpu/parts.h"
#include "engine/cpu/product.h"
#include "engine/cpu/weights.h"

/* The linear layers for one number of units, by what their matrices are made of. */
struct fovea_product_set {
    size_t n_rows; /* of tokens */
    struct fovea_product *products[FOVEA_N_ELEMENTS][FOVEA_N_USES];
};

/* The tokens of one image or text: rows, one after the other. */
struct fovea_sequence {
    size_t row; /* of its first token */
    size_t n_tokens;
    size_t pooled_row; /* of the token that stands for all of them */
};

enum {
    /* That are in scratch as float32 on their way to 8 bits. */
    FOVEA_NORM_ROWS = 4
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
    const struct fovea_attend_form *attend_form;
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
    void *attend_room;
    float *pooled;
    float *embeds;       /* NULL: of images */
    float *scales;       /* of the rows in y, if they are of 8 bits */
    float *other_scales; /* of such rows elsewhere: there are no more at a time */
    void *scratch;       /* of products, and of norms on their way to 8 bits */
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

#endif
