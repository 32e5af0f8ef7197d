/*
 * The weights of a tower, packed for the CPU that runs it.
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
#include "engine/cpu/precision.h"

/* Where a piece lies: matrices packed, vectors as float32; the tokens of a
   vocabulary as fovea_precision_table() says. */
struct fovea_placed {
    void *weight;
    float *bias; /* NULL: none */
};

struct fovea_weights {
    struct fovea_tower tower;
    enum fovea_precision precision;
    struct fovea_forms forms;
    /* NULL: it has none. */
    struct fovea_packing *packings[FOVEA_N_ELEMENTS][FOVEA_N_MATRICES];

    /* [fovea_tower_layers()][FOVEA_N_ROLES][n_parts]: see fovea_weights_at(). */
    struct fovea_placed *placed;
    size_t n_parts;

    void *block; /* all of the above; inside the mapping */
    size_t block_size;
    void *mapping; /* owned */
    size_t mapping_size;
};

/** How a dtype is carried out for a tower on this CPU. */
enum fovea_precision fovea_precision_of(const struct fovea_tower *tower,
        enum fovea_dtype dtype);

/** Weights without a block: its size and the layouts of the matrices are known.
 *  @param forms  That fit the tower (fovea_forms_fit()). */
FOVEA_NODISCARD enum fovea_status fovea_weights_create(
        const struct fovea_tower *tower, enum fovea_precision precision,
        const struct fovea_forms *forms, struct fovea_weights **weights_out,
        struct fovea_error *err);

void fovea_weights_destroy(struct fovea_weights *weights);

/** Say where the block is: block_size bytes, aligned to FOVEA_OPERAND_ALIGNMENT.
 */
void fovea_weights_place(struct fovea_weights *weights, void *block);

/**
 * Where a piece lies.
 *
 * @param layer  0 outside the layers.
 * @param part   Of the MLP's parts; of QKV's pieces in the last layer, the first
 *               of its parts (0: queries, 1: keys and values). Otherwise 0.
 */
struct fovea_placed *fovea_weights_at(const struct fovea_weights *weights,
        enum fovea_role role, size_t layer, size_t part);

/** How a piece is packed that is a matrix. */
const struct fovea_packing *fovea_weights_packing(
        const struct fovea_weights *weights, const struct fovea_piece *piece);

/** What a layer's matrices are made of: fovea_precision_of_layer(). */
enum fovea_element fovea_weights_element(const struct fovea_weights *weights,
        size_t layer);

/**
 * Size of the packed block in the forms that are tried first, without loading
 * or running anything.
 */
FOVEA_NODISCARD enum fovea_status fovea_weights_size(
        const struct fovea_tower *tower, enum fovea_precision precision,
        size_t *size_out, struct fovea_error *err);

#endif
