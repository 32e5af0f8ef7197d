/*
 * What stands between the matrix products of a transformer: tokens, layer norm.
 * Rows are independent, and a row's bits do not depend on the rows beside it or on
 * the CPU's vector width: sums run in 16 lanes that are added in one fixed order.
 *
 * "out" of element BF16 is rounded to nearest, ties to even.
 */
#ifndef FOVEA_ENGINE_CPU_KERNELS_H
#define FOVEA_ENGINE_CPU_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "engine/cpu/buffers.h"
#include "engine/cpu/norm.h"
#include "engine/cpu/rows.h"

/* What an image's tokens are made of. */
struct fovea_token_parts {
    size_t n_patches;
    size_t n_others; /* before them: the class token, registers */
    size_t width;
    const float *cls;      /* [width]; NULL: there is none */
    const float *position; /* [n_others + n_patches][width]; of a register it is
                              the token itself */
};

/**
 * Turn patch embeddings into tokens, in place: row p of image i moves from
 * i * n_patches + p to i * (n_others + n_patches) + n_others + p, the others take
 * the first rows, and the position embedding is added.
 *
 * @param x  [n_images * (n_others + n_patches)][width], dense.
 */
void fovea_kernel_tokens(float *x, size_t n_images,
        const struct fovea_token_parts *parts);

/* What a text's tokens are made of. */
struct fovea_token_table {
    const void *tokens;    /* [vocabulary][width] of elements */
    const float *position; /* [context][width] */
    enum fovea_element element;
    size_t width;
};

/** x[i] = token of ids[i] + position i, [n][width]. ids are below the vocabulary. */
void fovea_kernel_words(const struct fovea_token_table *table,
        const uint32_t *ids, size_t n, float *x);

/** Values as elements. */
void fovea_kernel_narrow(const float *values, size_t n,
        enum fovea_element element, void *out);

/** Layer norm of n rows, [n][width]; out may lie on x if it is float32 and dense. */
void fovea_kernel_layer_norm(const float *x, size_t n,
        const struct fovea_norm *norm, const struct fovea_rows *out);

/** Round float32 values to bfloat16 precision, in place. */
void fovea_kernel_round_bf16(float *values, size_t n);

#endif
