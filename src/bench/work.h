/*
 * What a forward pass cannot do without, part by part: the multiply-adds of its
 * products, and its weights, read once. At the rates of the machine (peaks.h) that is
 * the roofline: no forward pass of this tower in these elements is faster. Norms,
 * softmax, activations and tokens that leave the caches come on top of it.
 */
#ifndef FOVEA_BENCH_WORK_H
#define FOVEA_BENCH_WORK_H

#include "bench/peaks.h"
#include "engine/cpu/parts.h"
#include "engine/cpu/weights.h"

struct fovea_part_work {
    /* By operands; a multiply-add is two. */
    double operations[FOVEA_N_PEAK_OPERANDS];
    double bytes; /* of weights */
};

/** Count the work of a pass of sequences of n_tokens each. */
void fovea_work_count(const struct fovea_weights *weights, size_t n_sequences,
        size_t n_tokens, struct fovea_part_work work_out[FOVEA_N_PARTS]);

/* Milliseconds that a part takes at least. */
struct fovea_part_bound {
    double arithmetic_ms;
    double memory_ms;
};

/** What a part takes at the rates that were measured, weights being read from
 *  that level. */
struct fovea_part_bound fovea_work_bound(const struct fovea_part_work *work,
        const struct fovea_peaks *peaks, enum fovea_peak_level level);

#endif
