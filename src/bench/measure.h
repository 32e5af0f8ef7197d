/*
 * Timing the engine, one thread, everything in one run: decode, resize, forward
 * passes of a batch and of one image, part by part, and all of it together. Beside
 * each forward pass the bare matrix products of the whole network are timed, and the
 * rates of the machine (peaks.h), so that what stands around the products, and what
 * the products leave of the machine, can be told from its own speed that day.
 */
#ifndef FOVEA_BENCH_MEASURE_H
#define FOVEA_BENCH_MEASURE_H

#include "fovea/fovea.h"

#include "bench/pass.h"
#include "bench/rounds.h"
#include "checkpoint/checkpoint.h"
#include "checkpoint/config.h"
#include "spec/pixels.h"

struct fovea_bench_options {
    struct fovea_tower tower;
    struct fovea_preprocess settings;
    const struct fovea_checkpoint *checkpoint; /* borrowed */
    enum fovea_dtype dtype;                    /* not AUTO */
    unsigned batch;                            /* images a forward pass */
    unsigned n_rounds; /* each figure is the median of so many, 1 to
                          FOVEA_BENCH_MAX_ROUNDS */
    /* The picture that is decoded and resized: see picture.h. */
    uint32_t width_px;
    uint32_t height_px;
};

/* What a round gives. Nothing but doubles: see rounds.h. */
struct fovea_bench_sample {
    double decode_ms;     /* JPEG bytes to rows; milliseconds an image */
    double resize_ms;     /* rows to the model's pixels */
    double end_to_end_ms; /* JPEG bytes to image_embeds, in batches */
    struct fovea_bench_pass batch;
    struct fovea_bench_pass single; /* of one image */
    struct fovea_peaks peaks;       /* of the machine, meanwhile */
};

struct fovea_bench_result {
    struct fovea_bench_sample median;
    enum fovea_peak_level level; /* that holds the weights */
    uint64_t n_tokens;           /* of an image */
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
