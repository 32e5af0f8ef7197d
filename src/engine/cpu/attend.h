/*
 * Attention: softmax(scale * Q K^T) V, head by head, of a sequence of any length, of
 * an image or a text. In one pass a head: keys and values are laid once as the
 * products want them, then some queries at a time have their scores, probabilities
 * and what they gather while that is in the first-level cache.
 *
 * A sequence's bits depend on nothing but itself; those of float32 not on the CPU's
 * vector width either.
 */
#ifndef FOVEA_ENGINE_CPU_ATTEND_H
#define FOVEA_ENGINE_CPU_ATTEND_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/cpu/attend_form.h"
#include "engine/cpu/rows.h"

/* Rows from the sequence's first on; of each the first head's columns come first, and
   each head's follow those of the one before. */
struct fovea_attend {
    struct fovea_rows query; /* [n_queries] */
    struct fovea_rows key;   /* [n_keys] */
    struct fovea_rows value; /* [n_keys] */
    struct fovea_rows out;   /* [n_queries] */
    size_t n_queries;
    size_t n_keys;
    size_t n_heads;
    size_t head_dim;
    float scale;    /* of scores */
    bool is_causal; /* the last query is of the last key's token and sees all; the
                       one before sees all but that, and so on */
};

/**
 * The form for elements of a type on this CPU (ONEDNN_MAX_CPU_ISA counts).
 *
 * @return NULL: there is none, of bfloat16 on a CPU without its dot products.
 */
const struct fovea_attend_form *fovea_attend_choose(enum fovea_element element);

/**
 * Attend. Rows are of the form's element type, but need not all lie alike.
 *
 * @param scratch  fovea_attend_scratch_size() bytes (attend_room.h), aligned to
 *                 FOVEA_OPERAND_ALIGNMENT.
 * Threads: any number, each with a scratch of its own.
 */
void fovea_attend_run(const struct fovea_attend_form *form,
        const struct fovea_attend *attend, void *scratch);

#endif
