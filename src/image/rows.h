/*
 * The rows that a decoder gives: those of the picture as it is stored, or of a
 * smaller one where its library can decode it so and the sink asks for no more.
 */
#ifndef FOVEA_IMAGE_ROWS_H
#define FOVEA_IMAGE_ROWS_H

#include <stdbool.h>
#include <stdint.h>

/* The picture's edges need not be those of smaller rows: their last column may
   stand for fewer stored ones than the others do. */
struct fovea_image_rows {
    uint32_t width_px; /* of each */
    uint32_t height_px;
    /* The picture, in pixels of these rows, whose own first edges are 0. */
    double left;
    double top;
    double across;
    double down;
};

/* Samples of rows, the first and the one behind the last. */
struct fovea_window {
    uint32_t x_begin;
    uint32_t x_end;
    uint32_t y_begin;
    uint32_t y_end;
};

static inline struct fovea_image_rows
fovea_image_rows_as_stored(uint32_t width_px, uint32_t height_px)
{
    return (struct fovea_image_rows){
        .width_px = width_px,
        .height_px = height_px,
        .across = (double)width_px,
        .down = (double)height_px,
    };
}

static inline struct fovea_window
fovea_image_rows_whole(const struct fovea_image_rows *rows)
{
    return (struct fovea_window){
        .x_end = rows->width_px,
        .y_end = rows->height_px,
    };
}

#endif
