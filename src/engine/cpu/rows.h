/*
 * Activations between the steps of a forward pass: rows of elements, in lines of 64
 * bytes. Line L of row R begins at base + R * row_stride + L * line_stride.
 *
 *   dense     [rows][width], as matrices usually lie: a row's lines follow each other
 *   blocked   [lines][rows][64 bytes]: the same line of all rows lies together, so
 *             that a tile of some rows by 64 bytes is one piece of memory
 *
 * A dense row may be of any width, and then the next row begins inside a line; a
 * blocked one has whole lines. The library's products read and write dense rows
 * alone; products and kernels of our own take both.
 */
#ifndef FOVEA_ENGINE_CPU_ROWS_H
#define FOVEA_ENGINE_CPU_ROWS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "engine/cpu/element.h"

enum {
    FOVEA_LINE_BYTES = 64
};

/* Borrowed memory, and how rows lie in it; a value. */
struct fovea_rows {
    void *base;
    size_t row_stride; /* in bytes */
    size_t line_stride;
    enum fovea_element element;
    float *scales; /* [rows]; NULL: elements stand for themselves */
};

/** Whether a row of a width is whole lines. */
static inline bool
fovea_rows_fill_lines(size_t width, enum fovea_element element)
{
    return width * fovea_element_size(element) % FOVEA_LINE_BYTES == 0;
}

static inline struct fovea_rows
fovea_rows_dense(void *base, size_t width, enum fovea_element element)
{
    return (struct fovea_rows){ base, width * fovea_element_size(element),
        FOVEA_LINE_BYTES, element, NULL };
}

/** Of n_rows rows, whose width is whole lines. */
static inline struct fovea_rows
fovea_rows_blocked(void *base, size_t n_rows, enum fovea_element element)
{
    return (struct fovea_rows){ base, FOVEA_LINE_BYTES,
        n_rows * FOVEA_LINE_BYTES, element, NULL };
}

/** Whether they are [rows][width] without gaps. */
static inline bool
fovea_rows_are_dense(const struct fovea_rows *rows, size_t width)
{
    return rows->line_stride == FOVEA_LINE_BYTES &&
            rows->row_stride == width * fovea_element_size(rows->element);
}

/** Elements of a line. */
static inline size_t
fovea_rows_line_width(const struct fovea_rows *rows)
{
    return FOVEA_LINE_BYTES / fovea_element_size(rows->element);
}

/** Where a line of a row begins. */
static inline void *
fovea_rows_line(const struct fovea_rows *rows, size_t row, size_t line)
{
    return (uint8_t *)rows->base + row * rows->row_stride +
            line * rows->line_stride;
}

/** Where an element lies; those behind it up to the end of its line, or of a dense
 *  row, follow. */
static inline void *
fovea_rows_at(const struct fovea_rows *rows, size_t row, size_t column)
{
    const size_t byte = column * fovea_element_size(rows->element);
    return (uint8_t *)fovea_rows_line(rows, row, byte / FOVEA_LINE_BYTES) +
            byte % FOVEA_LINE_BYTES;
}

/** The rows from one on. */
static inline struct fovea_rows
fovea_rows_from(const struct fovea_rows *rows, size_t first)
{
    struct fovea_rows some = *rows;
    some.base = fovea_rows_line(rows, first, 0);
    some.scales = rows->scales ? rows->scales + first : NULL;
    return some;
}

/** Of each row the columns from one on, which begins a line if they are blocked. */
static inline struct fovea_rows
fovea_rows_columns(const struct fovea_rows *rows, size_t first)
{
    struct fovea_rows some = *rows;
    some.base = fovea_rows_at(rows, 0, first);
    return some;
}

/** Copy a row of so many elements, which begins a line in both. */
static inline void
fovea_rows_copy(const struct fovea_rows *to, size_t to_row,
        const struct fovea_rows *from, size_t from_row, size_t width)
{
    const size_t line = fovea_rows_line_width(to);
    for (size_t i = 0; i < width; i += line) {
        const size_t n = width - i < line ? width - i : line;
        memcpy(fovea_rows_at(to, to_row, i), fovea_rows_at(from, from_row, i),
                n * fovea_element_size(to->element));
    }
    if (to->scales) {
        to->scales[to_row] = from->scales[from_row];
    }
}

#endif
