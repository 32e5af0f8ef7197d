/*
 * Filtering along long rows on CPUs with AVX-512 VNNI and VBMI: the same integers
 * as resample_kernels.h gives, some times as fast where an output has many taps.
 *
 * Samples stay bytes, and a weight becomes three signed bytes, weight = 65536 *
 * high + 256 * middle + low: what the CPU multiplies and sums by fours. The three
 * sums are put together modulo 2^32, and the whole fits 32 bits.
 */
#ifndef FOVEA_IMAGE_RESAMPLE_WIDE_H
#define FOVEA_IMAGE_RESAMPLE_WIDE_H

#include "image/resample_filter.h"

enum {
    /* Samples at a time; outputs of fewer taps than that are not worth it. */
    FOVEA_WIDE_LANES = 64,
    FOVEA_WIDE_LEAST_TAPS = 32,
    FOVEA_WIDE_DIGITS = 3
};

struct fovea_wide_filter {
    const struct fovea_filter_table *table; /* borrowed */
    uint32_t n_taps; /* of each output; a multiple of half the lanes */
    int8_t *digits;  /* [n_outputs][3][n_taps]; NULL: it is not used */
};

/**
 * Make it of a table, or nothing where the CPU, the number of taps or the size of
 * a weight is against it.
 *
 * @param wide_out  End it with finish; lives no longer than the table.
 * @return FOVEA_OK or FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_wide_filter_init(
        const struct fovea_filter_table *table,
        struct fovea_wide_filter *wide_out, struct fovea_error *err);

/** Fine on one that is all zero. */
void fovea_wide_filter_finish(struct fovea_wide_filter *wide);

/** Split n RGB samples into three planes, `stride` apart. */
void fovea_wide_split(const uint8_t *rgb, size_t n, uint8_t *planes,
        size_t stride);

/**
 * Filter along a line.
 *
 * @param planes  As of fovea_resample_line(), with n_taps samples and as many as
 *                the lanes that are readable beyond the last one.
 * @param rgb     [table->n_outputs][3].
 */
void fovea_wide_line(const struct fovea_wide_filter *wide,
        const uint8_t *planes, size_t stride, uint8_t *rgb);

#endif
