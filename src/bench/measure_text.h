/*
 * Timing a tower for texts, one thread, everything in one run: a text alone beside
 * what it cannot do without, which is reading the layers' matrices once or the bare
 * products of its rows, whichever takes longer; and a batch of texts beside the
 * bare products of its rows; both part by part, beside the rates of the machine
 * (peaks.h).
 */
#ifndef FOVEA_BENCH_MEASURE_TEXT_H
#define FOVEA_BENCH_MEASURE_TEXT_H

#include "fovea/fovea.h"

#include "bench/pass.h"
#include "bench/rounds.h"
#include "checkpoint/checkpoint.h"
#include "spec/tower.h"

enum {
    /* Eight words, between the begin and the end of a text. */
    FOVEA_BENCH_TEXT_TOKENS = 10,
    FOVEA_BENCH_TEXTS = 32
};

struct fovea_text_bench_options {
    struct fovea_tower tower;                  /* of texts */
    const struct fovea_checkpoint *checkpoint; /* borrowed */
    enum fovea_dtype dtype;                    /* not AUTO */
    unsigned n_rounds;                         /* 1 to FOVEA_BENCH_MAX_ROUNDS */
};

/* What a round gives. Nothing but doubles: see rounds.h. */
struct fovea_text_bench_sample {
    double read_ms;   /* the layers' packed matrices, once */
    double text_over; /* text over the larger of reading and products */
    struct fovea_bench_pass text;
    struct fovea_bench_pass batch; /* of FOVEA_BENCH_TEXTS, a text */
    struct fovea_peaks peaks;      /* of the machine, meanwhile */
};

struct fovea_text_bench_result {
    struct fovea_text_bench_sample median;
    enum fovea_peak_level level; /* that holds the weights */
    uint64_t n_tokens;           /* of a text: FOVEA_BENCH_TEXT_TOKENS, or all
                                    that the tower has where it looks at each of
                                    them */
    uint64_t read_bytes;
    uint64_t weights_bytes; /* packed */
    enum fovea_dtype dtype; /* what was run */
};

/**
 * Run the bench in the calling thread.
 *
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT if rounds are out of range; a model
 *         status; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_text_bench_run(
        const struct fovea_text_bench_options *options,
        struct fovea_text_bench_result *result_out, struct fovea_error *err);

#endif
