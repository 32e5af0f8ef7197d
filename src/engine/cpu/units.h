/*
 * What forward passes are prepared for: numbers of images, or of rows of texts.
 * Rows are counted in fours, so that both are numbers of units: a product is made
 * for a unit's rows times such a number.
 */
#ifndef FOVEA_ENGINE_CPU_UNITS_H
#define FOVEA_ENGINE_CPU_UNITS_H

#include <stdbool.h>
#include <stddef.h>

#include "spec/tower.h"

enum {
    FOVEA_UNIT_ROWS = 4,    /* of texts */
    FOVEA_MOST_UNITS = 128, /* of a pass */
};

/**
 * Whether forward passes of that many units are prepared. Of images: each number
 * up to eight, powers of two above that. Of rows: each up to eight, then four a
 * power of two; what a pass lacks to the next of them is computed for nothing.
 */
bool fovea_units_are_prepared(enum fovea_modality modality, size_t n);

/** The fewest units that are prepared and have so many rows. */
size_t fovea_units_of_rows(size_t n_rows);

/** The most units of a pass of texts, of up to so many of so many tokens. */
size_t fovea_units_of_texts(size_t n_texts, size_t n_tokens);

#endif
