/*
 * The weights of one axis of a resize, for the outputs inside the crop window.
 *
 * They are computed in double, normalised, then rounded to integers. Pillow's have
 * 22 fractional bits. Each is kept as two halves, weight = 256 * high + low with
 * low in 0..255, because 16-bit halves are what the CPU's multiply-and-add-pairs
 * instruction takes. PyTorch's fit 16 bits themselves, and have as many fractional
 * ones, up to 22, as the largest of the whole axis allows, outside the window too.
 * Neither the halves' sums nor the whole can leave 32 bits: 255 times the weights'
 * absolute sum is below 2^31.
 */
#ifndef FOVEA_IMAGE_RESAMPLE_FILTER_H
#define FOVEA_IMAGE_RESAMPLE_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

#include "spec/pixels.h"

enum {
    /* Fractional bits of a weight, at most, and taps come in multiples of this
       many. */
    FOVEA_RESAMPLE_BITS = 22,
    FOVEA_RESAMPLE_LANES = 16
};

/** One axis of a resize: source -> resized, of which a window is wanted. */
struct fovea_axis {
    uint32_t source_px;
    /* What is resized: a side that begins there and is so long, both in stored
       samples; all of them, or what they stand for (rows.h). */
    double start;
    double extent;
    uint32_t resized_px;
    uint32_t first_px; /* the window, in resized samples */
    uint32_t n_px;
    bool mirrored; /* the source is stored backwards */
};

struct fovea_filter_table {
    uint32_t n_outputs;
    uint32_t n_taps; /* of each output; padded with zero weights */
    uint32_t max_count;
    unsigned n_bits;  /* fractional ones of a weight */
    uint32_t *firsts; /* [n_outputs] first stored sample */
    uint32_t *counts; /* [n_outputs] taps that are not padding, 1..max_count */
    int16_t *highs;   /* [n_outputs][n_taps] */
    int16_t *lows;    /* [n_outputs][n_taps]; NULL: the highs are the weights */
    /* Stored samples that some output needs: begin <= i < end. */
    uint32_t begin;
    uint32_t end;
};

/**
 * Build the table of an axis.
 *
 * @param axis       Sides and the window's size at least 1; the window lies
 *                   inside the resized side.
 * @param table_out  Written only on success; end it with finish.
 * @return FOVEA_OK or FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_filter_table_init(
        struct fovea_filter_table *table_out, enum fovea_pixels pixels,
        enum fovea_filter filter, const struct fovea_axis *axis,
        struct fovea_error *err);

/** The weight of tap t of an output. */
static inline int32_t
fovea_filter_weight(const struct fovea_filter_table *table, size_t output,
        size_t t)
{
    size_t at = output * table->n_taps + t;
    return table->lows ? table->highs[at] * 256 + table->lows[at]
                       : table->highs[at];
}

/** Fine on a table that is all zero. */
void fovea_filter_table_finish(struct fovea_filter_table *table);

#endif
