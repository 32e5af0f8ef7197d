/*
 * The engine's half of `fovea bench`, measured by a program of its own: this
 * process has neither codecs nor the matrix library.
 */
#ifndef FOVEA_CLI_BENCH_RUN_H
#define FOVEA_CLI_BENCH_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

struct fovea_bench_request {
    const char *directory; /* of a model; "": random weights, ViT-B/32 */
    const char *dtype;     /* a word of spec/dtype.def */
    uint64_t n_rounds;
    bool is_text; /* those below do not count then */
    uint64_t batch;
    uint64_t width_px;
    uint64_t height_px;
};

/* Names and values as bench/bench.h says: "forward.over_matmul" and "1.02", or
   "dtype" and "\"f32\"". */
struct fovea_bench_figure {
    char name[64];
    char value[128];
};

enum {
    FOVEA_BENCH_MAX_FIGURES = 256
};

struct fovea_bench_figures {
    struct fovea_bench_figure rows[FOVEA_BENCH_MAX_FIGURES];
    size_t n;
};

/** Run the benchmark program and read its figures. FOVEA_ERR_WORKER_START if it
 *  cannot be run or says nothing that makes sense; what it failed with.
 *  @param figures  Unspecified on failure. */
FOVEA_NODISCARD enum fovea_status fovea_bench_measure(
        const struct fovea_bench_request *request,
        struct fovea_bench_figures *figures, struct fovea_error *err);

#endif
