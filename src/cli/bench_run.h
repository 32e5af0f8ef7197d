/*
 * The engine's half of `fovea bench`, measured by a program of its own: this
 * process has neither codecs nor the matrix library.
 */
#ifndef FOVEA_CLI_BENCH_RUN_H
#define FOVEA_CLI_BENCH_RUN_H

#include <stdbool.h>
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

/** Milliseconds, medians: of images, or of texts, the other's being 0. */
struct fovea_bench_figures {
    char dtype[8]; /* that was used */
    uint64_t weights_bytes;
    uint64_t n_tokens; /* of an image, or a text */
    /* Of an image. */
    uint64_t jpeg_bytes;
    double decode_ms;
    double resize_ms;
    double forward_ms;
    double forward_single_ms;
    double attention_ms;
    double attention_share; /* of forward */
    double matmul_ms;
    double over_matmul; /* median of forward over matmul, round by round */
    double end_to_end_ms;
    /* Of texts. */
    uint64_t read_bytes;
    double read_ms; /* the layers' matrices, once */
    double text_ms;
    double text_matmul_ms;
    double text_over; /* over the larger of both */
    double batch_ms;
    double batch_matmul_ms;
    double batch_over;
};

/** Run the benchmark program and read its figures. FOVEA_ERR_WORKER_START if it
 *  cannot be run or says nothing that makes sense; what it failed with. */
FOVEA_NODISCARD enum fovea_status fovea_bench_measure(
        const struct fovea_bench_request *request,
        struct fovea_bench_figures *figures_out, struct fovea_error *err);

#endif
