/*
 * Attention of short sequences, whatever their length: a text's. Everything is in
 * float32, elements of queries, keys and values aside. A sequence's bits depend on
 * nothing but itself, and not on the CPU's vector width: products are summed from
 * the first to the last.
 */
#ifndef FOVEA_ENGINE_CPU_ATTEND_H
#define FOVEA_ENGINE_CPU_ATTEND_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/cpu/element.h"

/* Rows of queries, keys, values and of what is gathered; the columns of a head
   follow those of the one before. Strides are elements from a row to the next. */
struct fovea_attend {
    size_t n_heads;
    size_t head_dim;
    size_t n_queries;
    size_t n_keys;
    bool is_causal; /* the last query is of the last key's token and sees all; the
                       one before sees all but that, and so on */
    size_t query_stride;
    size_t key_stride;
    size_t out_stride;
    enum fovea_element element;
};

/** out = softmax(Q K^T / sqrt(head_dim)) V, head by head. scratch has as many
 *  floats as fovea_attend_divide() says. */
void fovea_kernel_attend(const struct fovea_attend *attend, const void *query,
        const void *key, const void *value, void *out, float *scratch);

#endif
