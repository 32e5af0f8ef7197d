/*
 * A run of embed, preprocess or similar: a pump in a thread of its own, while
 * the thread that called draws the progress line and listens for signals.
 */
#ifndef FOVEA_CLI_RUN_H
#define FOVEA_CLI_RUN_H

#include <stdint.h>

#include "bulk/pump.h"
#include "cli/complaints.h"

struct fovea_run_settings {
    struct fovea_model *model;
    enum fovea_stream_work work;
    unsigned flags; /* of the stream */
    struct fovea_inputs_settings inputs;
    struct fovea_sink sink; /* open */
    uint64_t read_ahead;    /* bytes that inputs own */
    size_t n_batch;         /* inputs whose results are written at a time */
    const char *verb;       /* for the progress line */
    bool show_progress;
    struct fovea_complaints complaints;
};

struct fovea_run_totals {
    uint64_t n_done; /* bad and skipped ones included */
    struct fovea_row_counts counts;
    double seconds;
    double rate; /* images and texts a second */
};

/**
 * Work through all inputs.
 *
 * SIGINT, SIGTERM and SIGHUP (those not ignored) are blocked from here on. One
 * of them drops what is not committed and ends the process, exit code 128 + its
 * number; the pump may be inside the library, so nothing else is freed.
 *
 * @return FOVEA_OK if every input was tried; else what stopped the run, as
 *         fovea_pump().
 */
FOVEA_NODISCARD enum fovea_status fovea_run(
        const struct fovea_run_settings *settings,
        struct fovea_run_totals *totals_out, struct fovea_error *err);

#endif
