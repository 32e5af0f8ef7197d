/*
 * Buffers of a forward pass: how large they are, from a tower's numbers alone.
 * Nothing here knows the matrix library, so that the host can tell what a worker
 * will cost.
 *
 * One allocation, reused by every layer; a token is a row (with attention pooling
 * the heads are rows too, of which there may be more):
 *   x     [n * tokens][hidden]    float32: the residual stream
 *   y     [n * tokens][hidden]    element: a layer norm's output, then what
 *                                 attention gathered
 *   wide  [n * tokens][...]       element: patches, query | key | value, or the
 *                                 MLP's hidden layer, each as wide as it is
 *   attend_room                   what attention works in (attend_room.h)
 *   pooled [n][hidden]            float32: the residual stream of the tokens that
 *                                 are pooled, in the last layer
 *   embeds [n][dimension]        float32, of texts: their number is filled up, too
 *   scales, other_scales [n * tokens] float32, of rows of 8 bits in y, and elsewhere
 * Of texts there are as many rows as a pass of them has (units.h). The pooled tokens'
 * rows of the last layer reuse the others. Rows of y and wide are dense, as the
 * library's fast kernels want them, or blocked (rows.h), as our own do.
 */
#ifndef FOVEA_ENGINE_CPU_BUFFERS_H
#define FOVEA_ENGINE_CPU_BUFFERS_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/cpu/precision.h"
#include "spec/tower.h"

struct fovea_sizes {
    size_t hidden;
    size_t mlp;
    size_t n_heads;
    size_t head_dim;
    size_t n_patches;
    size_t n_tokens; /* of a text: the most */
    bool attends;    /* pools by attention of a learned query */
    bool is_text;
    size_t dimension; /* of an embedding */
    size_t patch_width;
    size_t rows; /* of a sequence, at most: its tokens, or its heads */
    size_t wide; /* elements of a row of wide, at most */
};

struct fovea_sizes fovea_sizes_of(const struct fovea_tower *tower);

/* Where each buffer begins, in bytes, and all of them. */
struct fovea_layout {
    size_t x;
    size_t y;
    size_t wide;
    size_t attend_room;
    size_t pooled;
    size_t embeds;
    size_t scales;
    size_t other_scales;
    size_t total;
};

/** @param n  Images of a forward pass, or texts, at most. */
struct fovea_layout fovea_layout_of(const struct fovea_sizes *sizes, size_t n,
        enum fovea_precision precision);

#endif
