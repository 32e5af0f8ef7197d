/*
 * The two products of attention on vector registers. Who includes this defines before:
 *   MOST_ROWS, MOST_VECTORS   what sums are kept of in registers
 *   add_product(sum, a, b)    sum + a * b, of units
 */
#ifndef FOVEA_ENGINE_CPU_ATTEND_MULTIPLY_H
#define FOVEA_ENGINE_CPU_ATTEND_MULTIPLY_H

#include "engine/cpu/attend_kernels.h"

/* n_rows and n_vectors are constants where this is expanded. */
INLINE16 void
multiply_block(const struct fovea_attend_product *p, size_t column,
        size_t n_rows, size_t n_vectors)
{
    const float *a = p->a;
    const float *b = (const float *)p->panel + column;
    const size_t columns = 16 * (size_t)MOST_VECTORS;
    vec16 sums[MOST_ROWS][MOST_VECTORS];
#pragma GCC unroll 16
    for (size_t r = 0; r < n_rows; r++) {
#pragma GCC unroll 4
        for (size_t v = 0; v < n_vectors; v++) {
            sums[r][v] = fill16(0.0F);
        }
    }
    for (size_t k = 0; k < p->depth; k++) {
        vec16 values[MOST_VECTORS];
#pragma GCC unroll 4
        for (size_t v = 0; v < n_vectors; v++) {
            values[v] = load16(b + k * columns + 16 * v);
        }
#pragma GCC unroll 16
        for (size_t r = 0; r < n_rows; r++) {
            const vec16 unit = fill16(a[r * p->a_stride + k]);
#pragma GCC unroll 4
            for (size_t v = 0; v < n_vectors; v++) {
                sums[r][v] = add_product(sums[r][v], unit, values[v]);
            }
        }
    }
#pragma GCC unroll 16
    for (size_t r = 0; r < n_rows; r++) {
#pragma GCC unroll 4
        for (size_t v = 0; v < n_vectors; v++) {
            store16(p->c + r * p->c_stride + column + 16 * v, sums[r][v]);
        }
    }
}

INLINE16 void
multiply_rows(const struct fovea_attend_product *p, size_t n_rows)
{
    size_t column = 0;
    for (; column + 16 * MOST_VECTORS <= p->n_columns;
            column += 16 * MOST_VECTORS) {
        multiply_block(p, column, n_rows, MOST_VECTORS);
    }
    for (; column < p->n_columns; column += 16) {
        multiply_block(p, column, n_rows, 1);
    }
}

static void
multiply(const struct fovea_attend_product *p)
{
    switch (p->n_rows) {
#define CASE(n)          \
case n:                  \
    multiply_rows(p, n); \
    break;
        CASE(1)
        CASE(2)
        CASE(3)
        CASE(4)
        CASE(5)
        CASE(6)
#if MOST_ROWS > 6
        CASE(7)
        CASE(8)
        CASE(9)
        CASE(10)
        CASE(11)
        CASE(12)
#endif
#undef CASE
    default:
        break;
    }
}

#endif
