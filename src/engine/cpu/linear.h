/*
 * The linear layers of a tower: its matrices, and the products that are made
 * with them. One table each, for whoever packs, probes or runs them.
 */
#ifndef FOVEA_ENGINE_CPU_LINEAR_H
#define FOVEA_ENGINE_CPU_LINEAR_H

#include "engine/cpu/precision.h"
#include "engine/cpu/product.h"
#include "engine/cpu/units.h"
#include "spec/tower.h"

/* Matrices of one shape are packed alike. */
enum fovea_matrix {
    FOVEA_MATRIX_PATCH,     /* 3 * patch * patch -> hidden */
    FOVEA_MATRIX_QKV,       /* hidden -> 3 * hidden */
    FOVEA_MATRIX_KEY_VALUE, /* hidden -> 2 * hidden */
    FOVEA_MATRIX_SQUARE,    /* hidden -> hidden */
    FOVEA_MATRIX_FC1,       /* hidden -> mlp, or a part of it */
    FOVEA_MATRIX_FC2,       /* mlp, or a part of it -> hidden */
    FOVEA_MATRIX_PROJECT,   /* hidden -> projection */
    FOVEA_N_MATRICES
};

enum {
    FOVEA_N_LAYER_MATRICES = 5
};

/** Those of the layers: what they read and write is rows of tokens. */
extern const enum fovea_matrix fovea_layer_matrices[FOVEA_N_LAYER_MATRICES];

enum fovea_use {
    FOVEA_USE_PATCH,
    FOVEA_USE_QKV,
    FOVEA_USE_OUT,
    FOVEA_USE_FC1,
    FOVEA_USE_FC2,
    /* The last layer. */
    FOVEA_USE_KEY_VALUE, /* all tokens */
    FOVEA_USE_QUERY,     /* pooled tokens from here on */
    FOVEA_USE_POOLED_OUT,
    FOVEA_USE_POOLED_FC1,
    FOVEA_USE_POOLED_FC2,
    FOVEA_USE_PROJECT,
    FOVEA_USE_HEAD_VALUES, /* a row a head: attention pooling's */
    FOVEA_N_USES
};

/* A product with a matrix; the shape's rows are those of one unit (units.h), 0 where the
   tower has no such product. */
struct fovea_linear_use {
    enum fovea_matrix matrix;
    struct fovea_linear_shape shape;
};

/** @param element  What the matrix is made of: a tower may have one matrix of several
 *                  elements, in different layers. */
struct fovea_linear_use fovea_linear_use(const struct fovea_tower *tower,
        enum fovea_precision precision, enum fovea_element element,
        enum fovea_use use);

/** The matrix that a piece is packed as. */
enum fovea_matrix fovea_linear_of(const struct fovea_piece *piece);

/** All 0 for a matrix that the tower does not have of that element.
 *
 *  @param mlp_parts  Parts that the hidden layer of the MLP is cut into; divides
 *                    its width. */
struct fovea_packing_shape fovea_linear_matrix(const struct fovea_tower *tower,
        enum fovea_precision precision, enum fovea_element element,
        uint32_t mlp_parts, enum fovea_matrix matrix);

#endif
