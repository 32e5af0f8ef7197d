/*
 * A JPEG's rows as they come of libjpeg: which of their columns are decoded, and
 * in which colours. What is called here may jump out of the caller's caller.
 */
#ifndef FOVEA_IMAGE_CODEC_JPEG_ROWS_H
#define FOVEA_IMAGE_CODEC_JPEG_ROWS_H

#include <stdio.h>

#include <jpeglib.h>

#include "image/rows.h"

struct fovea_jpeg_rows {
    JDIMENSION width;  /* of the whole row, in its own samples */
    JDIMENSION offset; /* of what libjpeg gives of it */
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

/** The next row, whole, in R, G, B; what was not decoded of it is black. */
const uint8_t *fovea_jpeg_rows_read(struct jpeg_decompress_struct *jpeg,
        const struct fovea_jpeg_rows *rows);

#endif
