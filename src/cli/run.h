/*
 * The loop of embed and preprocess: inputs in, results out, in order.
 *
 * A few feeder threads each take the next inputs, have them worked on, and
 * write what came of them when it is their turn. So decoding, arithmetic and
 * writing of different batches overlap, and memory is one batch a thread
 * however many inputs there are. The thread that called waits for them, draws
 * the progress line and listens for signals.
 */
#ifndef FOVEA_CLI_RUN_H
#define FOVEA_CLI_RUN_H

#include <stdint.h>

#include "fovea/fovea.h"

#include "bulk/chunk.h"
#include "bulk/inputs.h"
#include "bulk/sink.h"
#include "cli/complaints.h"
#include "cli/progress.h"

/** Turn n images into n rows and n records; like fovea_embed_batch(). */
typedef enum fovea_status fovea_work_fn(void *context,
        const struct fovea_item *images, size_t n, void *rows,
        struct fovea_error *results, struct fovea_error *err);

struct fovea_run_settings {
    struct fovea_inputs_settings inputs;
    struct fovea_sink sink; /* open */
    fovea_work_fn *work;    /* called by several threads at once */
    void *context;
    const char *verb; /* for the progress line */
    size_t n_batch;   /* inputs a thread takes at a time */
    size_t n_feeders;
    bool show_progress;
    struct fovea_complaints complaints;
};

struct fovea_run_totals {
    uint64_t n_done; /* bad and skipped ones included */
    struct fovea_row_counts counts;
    double seconds;
    double rate; /* images a second */
};

/**
 * Work through all inputs.
 *
 * SIGINT, SIGTERM and SIGHUP (those not ignored) are blocked from here on. One
 * of them drops the output's files and ends the process, exit code 128 + its
 * number; feeders may be in the middle of a batch, so nothing else is freed.
 *
 * @return FOVEA_OK if every input was tried; else what stopped the run: the
 *         work function's or the output's or the list's status.
 */
FOVEA_NODISCARD enum fovea_status fovea_run(
        const struct fovea_run_settings *settings,
        struct fovea_run_totals *totals_out, struct fovea_error *err);

#endif
