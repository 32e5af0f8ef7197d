/*
 * The weights of a vision tower, packed for the CPU that runs it.
 *
 * One block of memory holds everything: the matrices in the layout of their
 * packing, the vectors as float32. After loading it is only read, and any
 * number of plans may share it.
 */
#ifndef FOVEA_ENGINE_CPU_WEIGHTS_H
#define FOVEA_ENGINE_CPU_WEIGHTS_H

#include <stdbool.h>
#include <stdint.h>

#include "fovea/fovea.h"

#include "engine/cpu/forms.h"

/* How the forward pass computes. */
enum fovea_precision {
    FOVEA_PRECISION_F32,
    FOVEA_PRECISION_BF16,
    /* bfloat16 asked for where its arithmetic is not to be had (a CPU without
       it) or not worth its loss (a small tower): weights rounded to bfloat16,
       arithmetic in float32. */
    FOVEA_PRECISION_BF16_WEIGHTS,
};

/* A linear layer: out x in matrix, packed, and its bias (NULL: none). */
struct fovea_linear_weights {
    void *packed;
    float *bias;
};

struct fovea_norm_weights {
    float *weight;
    float *bias;
};

/* A part of the hidden layer of the MLP: some of fc1's outputs, and what fc2
   makes of those. Its bias is added once: other parts' are 0. */
struct fovea_mlp_weights {
    struct fovea_linear_weights fc1;
    struct fovea_linear_weights fc2;
};

struct fovea_layer_weights {
    struct fovea_norm_weights norm1;
    struct fovea_linear_weights qkv;   /* every layer but the last */
    struct fovea_linear_weights query; /* the last layer: see forward.c */
    struct fovea_linear_weights key_value;
    struct fovea_linear_weights out;
    struct fovea_norm_weights norm2;
    struct fovea_mlp_weights *mlp; /* [forms.mlp_parts] */
};

struct fovea_weights {
    struct fovea_tower tower;
    enum fovea_precision precision;
    enum fovea_element element; /* of packed matrices and their sources */
    struct fovea_forms forms;
    struct fovea_packing *packings[FOVEA_N_MATRICES];

    struct fovea_linear_weights patch;
    float *class_embedding;    /* [hidden] */
    float *position_embedding; /* [tokens][hidden] */
    struct fovea_norm_weights pre_norm;
    struct fovea_layer_weights *layers; /* [n_layers] */
    struct fovea_mlp_weights *mlps;     /* the layers' */
    float *zeros;                       /* [hidden]: where the MLP has parts */
    struct fovea_norm_weights post_norm;
    struct fovea_linear_weights project;

    void *block; /* all of the above; inside the mapping */
    size_t block_size;
    void *mapping; /* owned */
    size_t mapping_size;
};

/** What bfloat16 means for a tower on this CPU. */
enum fovea_precision fovea_precision_bf16(const struct fovea_tower *tower);

/** How a dtype is carried out for a tower on this CPU; AUTO is float32 unless
 *  bfloat16 arithmetic is to be had and worth it. */
enum fovea_precision fovea_precision_of(const struct fovea_tower *tower,
        enum fovea_dtype dtype);

/** What packed matrices and their sources are made of. */
enum fovea_element fovea_precision_element(enum fovea_precision precision);

/** Weights without a block: its size and the layouts of the matrices are known.
 *  @param forms  That fit the config (fovea_forms_fit()). */
FOVEA_NODISCARD enum fovea_status fovea_weights_create(
        const struct fovea_tower *tower, enum fovea_precision precision,
        const struct fovea_forms *forms, struct fovea_weights **weights_out,
        struct fovea_error *err);

void fovea_weights_destroy(struct fovea_weights *weights);

/** Say where the block is: block_size bytes, aligned to FOVEA_OPERAND_ALIGNMENT.
 */
void fovea_weights_place(struct fovea_weights *weights, void *block);

/**
 * Size of the packed block in the forms that are tried first, without loading
 * or running anything.
 */
FOVEA_NODISCARD enum fovea_status fovea_weights_size(
        const struct fovea_tower *tower, enum fovea_precision precision,
        size_t *size_out, struct fovea_error *err);

#endif
