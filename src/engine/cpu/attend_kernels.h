/*
 * What the forms of attention have in common, for the instructions that the file
 * which includes this is compiled for (vector16.h).
 */
#ifndef FOVEA_ENGINE_CPU_ATTEND_KERNELS_H
#define FOVEA_ENGINE_CPU_ATTEND_KERNELS_H

#include <string.h>

#include "base/size.h"
#include "engine/cpu/attend_form.h"
#include "engine/cpu/transpose16.h"
#include "engine/cpu/vector16.h"

enum {
    UNIT = 4 /* bytes */
};

/* Sixteen keys from the first on, transposed by sixteen units of each; those past the
   end are 0. */
INLINE16 void
lay_square(const struct fovea_attend_view *keys, size_t n, size_t bytes,
        float *to, size_t to_stride)
{
    uint8_t square[16][16 * UNIT];
    if (n >= 16 && bytes >= sizeof square[0]) {
        transpose16(keys->base, keys->stride, to, to_stride);
        return;
    }
    memset(square, 0, sizeof square);
    for (size_t i = 0; i < fovea_least_bytes(n, 16); i++) {
        memcpy(square[i], (const uint8_t *)keys->base + i * keys->stride,
                fovea_least_bytes(bytes, sizeof square[0]));
    }
    transpose16(square[0], sizeof square[0], to, to_stride);
}

/* bytes: of a key; depth: a multiple of 16 units, at least as many. */
INLINE16 void
lay_keys16(const struct fovea_attend_view *keys, size_t n, size_t bytes,
        size_t depth, size_t columns, float *panel)
{
    for (size_t i = 0; i < columns && i < n; i += 16) {
        for (size_t d = 0; d < depth; d += 16) {
            const struct fovea_attend_view square = { (uint8_t *)keys->base +
                        i * keys->stride + d * UNIT,
                keys->stride };
            lay_square(&square, n - i,
                    bytes - fovea_least_bytes(bytes, d * UNIT),
                    panel + d * columns + i, columns);
        }
    }
}

/*
 * 2^t for t <= 0: t = n + r, |r| <= 1/2, 2^r by a polynomial of the fifth degree
 * (relative error 1e-7), or of the third (1e-4, little beside the rounding to
 * bfloat16). Below -125 the result stays there: sums of denormal numbers are slow.
 */
INLINE16 vec16
power16(vec16 t, bool is_narrow)
{
    /* In this order: of a NaN and another the second one is taken, so that a score
       which is none makes its row none, too. */
    t = max16(fill16(-125.0F), t);
    const vec16 n = round16(t);
    const vec16 r = sub16(t, n);
    vec16 p;
    if (is_narrow) {
        p = fma16(r, fill16(0.05500893F), fill16(0.24221096F));
        p = fma16(p, r, fill16(0.69328293F));
    } else {
        p = fma16(r, fill16(0.0013264722F), fill16(0.0096715130F));
        p = fma16(p, r, fill16(0.055507338F));
        p = fma16(p, r, fill16(0.24022242F));
        p = fma16(p, r, fill16(0.69314698F));
    }
    p = fma16(p, r, fill16(1.0F));
    return scale16(p, n);
}

/* The largest of the first n of some rows' scores. */
INLINE16 void
find_most(const struct fovea_attend_weighing *w, size_t first, size_t n_rows,
        size_t whole, const size_t *rest, vec16 *most)
{
    const float *rows = w->scores + first * w->stride;
    const vec16 lowest = fill16(-3.4e38F);
    for (size_t r = 0; r < n_rows; r++) {
        most[r] =
                first16(load16(rows + r * w->stride + whole), lowest, rest[r]);
    }
    for (size_t i = 0; i < whole; i += 16) {
        for (size_t r = 0; r < n_rows; r++) {
            most[r] = max16(most[r], load16(rows + r * w->stride + i));
        }
    }
    for (size_t r = 0; r < n_rows; r++) {
        most[r] = fill16(most16(most[r]));
    }
}

/* n_rows are a constant where this is expanded: 1, 2, or, where all see the same
   keys, 4. So all see the first `whole`. */
INLINE16 void
weigh_rows(const struct fovea_attend_weighing *w, size_t first, size_t n_rows,
        void (*put)(float *row, size_t i, vec16 a), bool is_narrow)
{
    float *rows = w->scores + first * w->stride;
    const vec16 scale = fill16(w->scale);
    const vec16 none = fill16(0.0F);
    const size_t most_seen = w->seen + (first + n_rows - 1) * w->step;
    const size_t whole = (most_seen - 1) / 16 * 16;
    size_t rest[4];
    vec16 most[4];
    vec16 sums[4];
    for (size_t r = 0; r < n_rows; r++) {
        rest[r] = w->seen + (first + r) * w->step - whole;
        sums[r] = none;
    }
    find_most(w, first, n_rows, whole, rest, most);
    for (size_t i = 0; i < whole; i += 16) {
        for (size_t r = 0; r < n_rows; r++) {
            vec16 a = load16(rows + r * w->stride + i);
            a = power16(mul16(sub16(a, most[r]), scale), is_narrow);
            sums[r] = add16(sums[r], a);
            put(rows + r * w->stride, i, a);
        }
    }
    for (size_t r = 0; r < n_rows; r++) {
        vec16 a = load16(rows + r * w->stride + whole);
        a = power16(mul16(sub16(a, most[r]), scale), is_narrow);
        a = first16(a, none, rest[r]);
        sums[r] = add16(sums[r], a);
        put(rows + r * w->stride, whole, a);
        for (size_t i = whole + 16; i < w->filled; i += 16) {
            put(rows + r * w->stride, i, none);
        }
        w->inverse[first + r] = 1.0F / add_up16(sums[r]);
    }
}

/* Some rows at a time, so that one's sums do not wait for another's. */
INLINE16 void
weigh_all(const struct fovea_attend_weighing *w,
        void (*put)(float *row, size_t i, vec16 a), bool is_narrow)
{
    size_t r = 0;
    for (; w->step == 0 && r + 4 <= w->n_rows; r += 4) {
        weigh_rows(w, r, 4, put, is_narrow);
    }
    for (; r + 2 <= w->n_rows; r += 2) {
        weigh_rows(w, r, 2, put, is_narrow);
    }
    if (r < w->n_rows) {
        weigh_rows(w, r, 1, put, is_narrow);
    }
}

#endif
