/*
 * How a dtype is carried out for a tower: said once, for the host, which costs it
 * without the matrix library, and for the worker.
 */
#ifndef FOVEA_ENGINE_CPU_PRECISION_H
#define FOVEA_ENGINE_CPU_PRECISION_H

#include <stdbool.h>

#include "engine/cpu/element.h"
#include "spec/dtype.h"
#include "spec/tower.h"

enum fovea_precision {
#define X(name, layers, others, round_layers, round_others, balances) \
    FOVEA_PRECISION_##name,
#include "engine/cpu/precision.def"
#undef X
    FOVEA_N_PRECISIONS
};

/* What a CPU has dot products of. */
struct fovea_precision_cpu {
    bool has_bf16;
    bool has_vnni; /* bytes */
};

/** Whether bfloat16 arithmetic is to be had for a tower and worth its loss.
 *  @param has_bf16  Whether the CPU has bfloat16 dot products. */
bool fovea_precision_may_be_bf16(const struct fovea_tower *tower,
        bool has_bf16);

/** How a dtype is carried out. AUTO, where nobody has decided it
 *  (spec/choice.h), is float32. */
enum fovea_precision fovea_precision_choose(const struct fovea_tower *tower,
        enum fovea_dtype dtype, const struct fovea_precision_cpu *cpu);

/** Whether a matrix is of a layer that is not the first, nor attention pooling's:
 *  what int8 is for. The first layer carries most of the error that int8 makes, the
 *  others cost little. */
bool fovea_precision_is_inner(const struct fovea_tower *tower,
        const struct fovea_piece *piece);

/** Whether a layer's norms are balanced with the matrices behind them (balance.h). */
bool fovea_precision_balances(enum fovea_precision precision,
        const struct fovea_tower *tower, size_t layer);

/** Whether there are layers whose matrices are of 8 bits. */
bool fovea_precision_has_int8(enum fovea_precision precision);

/** What the tokens of a vocabulary are made of: nothing multiplies them. */
enum fovea_element fovea_precision_table(enum fovea_precision precision);

/** What packed matrices and their sources are made of outside the layers and in the
 *  first of them, and what attention works on everywhere. */
enum fovea_element fovea_precision_element(enum fovea_precision precision);

/** What the packed matrices of a layer and their sources are made of. Layer 0 stands
 *  for what is outside the layers, too. */
enum fovea_element fovea_precision_of_layer(enum fovea_precision precision,
        const struct fovea_tower *tower, size_t layer);

#endif
