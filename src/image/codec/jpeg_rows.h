/*
 * A JPEG's rows as they come of libjpeg: which of them and of their columns are
 * decoded, and in which colours. What is called here may jump out of the caller's caller.
 */
#ifndef FOVEA_IMAGE_CODEC_JPEG_ROWS_H
#define FOVEA_IMAGE_CODEC_JPEG_ROWS_H

#include <stdbool.h>
#include <stdio.h>

#include <jpeglib.h>

#include "image/rows.h"

struct fovea_jpeg_rows {
    JDIMENSION width;  /* of the whole row, in its own samples */
    JDIMENSION offset; /* of what libjpeg gives of it */
    /* Rows above the first and from the second on, but for the last, are left out;
       equal to 0 and the height where none are. */
    JDIMENSION top;
    JDIMENSION bottom;
    JSAMPARRAY stored; /* a row as libjpeg gives it */
    JSAMPARRAY rgb;    /* the same in R, G, B */
};

/**
 * Begin, once decompressing has started, before its first row. Only the columns
 * of the window are decoded, and some beside them.
 *
 * @param may_crop  Whether a column depends on nothing but the blocks around it.
 */
void fovea_jpeg_rows_begin(struct jpeg_decompress_struct *jpeg,
        const struct fovea_window *window, bool may_crop,
        struct fovea_jpeg_rows *rows_out);

/**
 * Leave out rows of which only the entropy code matters, from the next call of
 * fovea_jpeg_rows_read() on: it then goes on to the next row that it gives.
 *
 * @return whether there are any. What is wrong with the data is then found sooner or
 *         later than without.
 */
bool fovea_jpeg_rows_skip(const struct jpeg_decompress_struct *jpeg,
        const struct fovea_window *window, struct fovea_jpeg_rows *rows);

/** The next row, whole, in R, G, B; what was not decoded of it may be anything. */
const uint8_t *fovea_jpeg_rows_read(struct jpeg_decompress_struct *jpeg,
        const struct fovea_jpeg_rows *rows);

#endif
