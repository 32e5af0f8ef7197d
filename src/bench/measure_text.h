/*
 * Timing a tower for texts, one thread, everything in one run: a text alone beside
 * what it cannot do without, which is reading the layers' matrices once or the bare
 * products of its rows, whichever takes longer; and a batch of texts beside the
 * bare products of its rows.
 */
#ifndef FOVEA_BENCH_MEASURE_TEXT_H
#define FOVEA_BENCH_MEASURE_TEXT_H

#include "fovea/fovea.h"

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
    enum fovea_dtype dtype;                    /* AUTO is resolved */
    unsigned n_rounds;                         /* 1 to FOVEA_BENCH_MAX_ROUNDS */
};

/** Milliseconds, medians; ratios round by round. */
struct fovea_text_bench_result {
    double read_ms;         /* the layers' packed matrices, once */
    double text_ms;         /* a text: ids to text_embeds */
    double text_matmul_ms;  /* bare products of its rows, all layers */
    double text_over;       /* text over the larger of reading and products */
    double batch_ms;        /* FOVEA_BENCH_TEXTS such texts at once */
    double batch_matmul_ms; /* bare products of their rows */
    double batch_over;      /* batch over those */
    uint64_t n_tokens;      /* of a text: FOVEA_BENCH_TEXT_TOKENS, or all that
                               the tower has where it looks at each of them */
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
