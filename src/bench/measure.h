/*
 * Timing the engine's parts, one thread, everything in one run: decode, resize,
 * forward pass, all of them together, and beside the forward pass its attention
 * alone and the bare matrix products of the whole network, so that what stands
 * around them can be told from the machine's own speed that day.
 */
#ifndef FOVEA_BENCH_MEASURE_H
#define FOVEA_BENCH_MEASURE_H

#include "fovea/fovea.h"

#include "bench/rounds.h"
#include "checkpoint/checkpoint.h"
#include "checkpoint/config.h"
#include "spec/pixels.h"

struct fovea_bench_options {
    struct fovea_tower tower;
    struct fovea_preprocess settings;
    const struct fovea_checkpoint *checkpoint; /* borrowed */
    enum fovea_dtype dtype;                    /* AUTO is resolved */
    unsigned batch;                            /* images a forward pass */
    unsigned n_rounds; /* each figure is the median of so many, 1 to
                          FOVEA_BENCH_MAX_ROUNDS */
    /* The picture that is decoded and resized: see picture.h. */
    uint32_t width_px;
    uint32_t height_px;
};

/** Milliseconds an image, medians. */
struct fovea_bench_result {
    double decode_ms;         /* JPEG bytes to rows */
    double resize_ms;         /* rows to the model's pixels */
    double forward_ms;        /* pixels to image_embeds, in batches */
    double forward_single_ms; /* the same, one image at a time */
    double attention_ms;      /* scores, softmax, gathering; same batch */
    double attention_share;   /* median of it over forward, round by round */
    double matmul_ms;         /* bare products of all layers, same batch */
    double over_matmul;   /* median of forward over matmul, round by round */
    double end_to_end_ms; /* JPEG bytes to image_embeds, in batches */
    uint64_t n_tokens;    /* of an image */
    uint64_t jpeg_bytes;
    uint64_t weights_bytes; /* packed */
    enum fovea_dtype dtype; /* what was run */
};

/**
 * Run the bench in the calling thread.
 *
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT if rounds or sides are out of range; a
 *         model status; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_bench_run(
        const struct fovea_bench_options *options,
        struct fovea_bench_result *result_out, struct fovea_error *err);

#endif
