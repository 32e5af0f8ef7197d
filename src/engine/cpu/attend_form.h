/*
 * A form of attention: the kernels that its structure (attend.c) is filled with, for
 * some instructions and an element type. A form is one file and one row of
 * attend_forms.def.
 *
 * Operands of both products are made of units of 32 bits: a float32, or two bfloat16
 * that are multiplied and added together. Rows of queries and probabilities lie as
 * they are; keys and values lie in panels of COLUMNS columns,
 *
 *   keys    [panel of keys][units of a head][COLUMNS]
 *   values  [panel of a head's columns][units of keys][COLUMNS]
 *
 * so that both products are sums over rows of a panel, each multiplied by a unit of
 * the other operand: no sum runs across lanes.
 */
#ifndef FOVEA_ENGINE_CPU_ATTEND_FORM_H
#define FOVEA_ENGINE_CPU_ATTEND_FORM_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/cpu/element.h"

/* Rows as a form reads and writes them: where the first begins, bytes to the next. */
struct fovea_attend_view {
    void *base;
    size_t stride;
};

/* c[n_rows][n_columns] = a[n_rows][depth] * panel[depth][COLUMNS]; n_columns in
   whole lanes, strides in units. */
struct fovea_attend_product {
    const void *a;
    size_t a_stride;
    size_t depth;
    const void *panel;
    float *c;
    size_t c_stride;
    size_t n_rows;
    size_t n_columns;
};

/* Rows of scores that become unnormalised probabilities, in place, of elements: row r
   sees the first `seen` + r * `step` keys. What is behind them is 0 up to `filled`,
   a multiple of FOVEA_LANES. */
struct fovea_attend_weighing {
    float *scores;
    size_t stride;
    size_t n_rows;
    size_t seen;
    size_t step; /* 0 or 1 */
    size_t filled;
    float scale;    /* of scores, as exponents of 2 */
    float *inverse; /* [n_rows]: 1 / sum */
};

struct fovea_attend_form {
    const char *name;
    enum fovea_element element;
    size_t rows;    /* of queries at a time */
    size_t columns; /* of a panel */
    size_t depth;   /* units of a sum: a multiple */
    /* Rows of an operand are read, and sums written, up to a multiple of these, 16 at
       most; what they hold past the last is nothing. */
    size_t whole_rows;
    bool needs_tiles;

    /* Keys [n][width] as a panel of depth rows; what is not there is 0. */
    void (*lay_keys)(const struct fovea_attend_view *keys, size_t n,
            size_t width, size_t depth, void *panel);
    /* Values [n][width], width at most COLUMNS, as a panel of depth rows. */
    void (*lay_values)(const struct fovea_attend_view *values, size_t n,
            size_t width, size_t depth, void *panel);
    void (*multiply)(const struct fovea_attend_product *product);
    void (*weigh)(const struct fovea_attend_weighing *weighing);
    /* out[n_rows][n] = c[n_rows][...] * inverse[n_rows], as elements. */
    void (*finish)(const struct fovea_attend_product *product,
            const float *inverse, size_t n,
            const struct fovea_attend_view *out);
    /* Around all that a thread does with it; NULL: nothing. */
    void (*begin)(void);
    void (*end)(void);
};

#endif
