/*
 * The inner loops of the resize: plain C, shaped so that the compiler turns
 * them into vector code. All results are exact integers, equal on every CPU.
 */
#ifndef FOVEA_IMAGE_RESAMPLE_KERNELS_H
#define FOVEA_IMAGE_RESAMPLE_KERNELS_H

#include "image/resample_filter.h"

/** Split n RGB samples into three planes, `stride` apart. */
void fovea_resample_split(const uint8_t *rgb, size_t n, int16_t *planes,
        size_t stride);

/**
 * Filter along a line.
 *
 * @param planes  Three planes, `stride` apart, whose sample 0 is the stored
 *                sample table->begin; n_taps samples beyond the last one are
 *                readable (and count for nothing).
 * @param rgb     [table->n_outputs][3].
 */
void fovea_resample_line(const struct fovea_filter_table *table,
        const int16_t *planes, size_t stride, uint8_t *rgb);

/** The same without vector instructions written out: what other CPUs run, and
 *  what tests hold the other against. */
void fovea_resample_line_plain(const struct fovea_filter_table *table,
        const int16_t *planes, size_t stride, uint8_t *rgb);

/**
 * Filter across lines: out[i] = round(sum of weights[t] * rows[t][i]), the weights
 * having n_bits fractional bits.
 *
 * @param rows, weights  n_taps of them, at least 1.
 */
void fovea_resample_stack(const uint8_t *const *rows, const int32_t *weights,
        size_t n_taps, size_t n_samples, unsigned n_bits, uint8_t *out);

#endif
