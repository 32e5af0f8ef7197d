/*
 * One forward pass of some images or texts, timed part by part, the bare matrix
 * products of its rows behind it, and both beside what the machine could do at best.
 */
#ifndef FOVEA_BENCH_PASS_H
#define FOVEA_BENCH_PASS_H

#include "bench/bare.h"
#include "bench/work.h"
#include "engine/cpu/forward.h"

/* Milliseconds of an image, or a text. Nothing but doubles: see rounds.h. */
struct fovea_bench_pass {
    double forward_ms;
    double matmul_ms; /* bare products of all layers */
    double over_matmul;
    double roofline_ms; /* the larger of all arithmetic and all reading */
    double over_roofline;
    struct fovea_bench_part {
        double ms;
        double share; /* of forward */
        double arithmetic_ms;
        double memory_ms;
    } parts[FOVEA_N_PARTS];
};

/* What is passed forward. */
struct fovea_bench_rows {
    struct fovea_plan *plan;                /* borrowed */
    const struct fovea_pixel_table *pixels; /* borrowed; NULL of texts */
    const void *rows;                       /* as fovea_forward_run() */
    float *embeds;
    size_t n; /* images or texts */
};

enum {
    /* Different numbers of images that the passes of a batch take. */
    FOVEA_BENCH_MAX_STEPS = 16
};

struct fovea_bench_runner {
    struct fovea_bench_rows rows;
    size_t n_tokens; /* of each */
    /* One a number of images that a pass takes; NULL behind the last. */
    struct fovea_bare *bares[FOVEA_BENCH_MAX_STEPS];
    struct fovea_part_work work[FOVEA_N_PARTS]; /* of all of them */
};

/** @param n_tokens  Of an image, or a text. */
FOVEA_NODISCARD enum fovea_status fovea_bench_runner_init(
        struct fovea_bench_runner *runner, const struct fovea_bench_rows *rows,
        size_t n_tokens, struct fovea_error *err);

/** Fine on one of all zeros. */
void fovea_bench_runner_finish(struct fovea_bench_runner *runner);

/** Run it once, with rates of just now.
 *  @param level  That the weights are read from. */
FOVEA_NODISCARD enum fovea_status fovea_bench_runner_run(
        struct fovea_bench_runner *runner, const struct fovea_peaks *peaks,
        enum fovea_peak_level level, struct fovea_bench_pass *pass_out,
        struct fovea_error *err);

#endif
