/*
 * One thread's buffers and what it does with its run of a job's items: every
 * item to a row (decode_item.h), then the good ones through the engine together
 * (embedder.h), where the kind of work has one.
 */
#ifndef FOVEA_WORKER_LANE_H
#define FOVEA_WORKER_LANE_H

#include "worker/decode_item.h"
#include "worker/embedder.h"

struct fovea_lane_options {
    struct fovea_decoder decoder;
    struct fovea_embedder_options embedder;
};

struct fovea_lane {
    const struct fovea_lane_options *options;
    size_t capacity;    /* items of a run, at most */
    size_t row_bytes;   /* of a decoded item */
    uint8_t *rows;      /* [capacity]; [1] without an engine */
    size_t *indices;    /* [capacity]: which item of the job each row is */
    int64_t *decode_ns; /* [capacity] */
    struct fovea_facts *facts;  /* [capacity] */
    struct fovea_error *errors; /* [capacity]: of decoding, with its notes */
    struct fovea_embedder embedder; /* unused without an engine */
};

/** On failure the lane is to be finished all the same. options: borrowed;
 *  number: of the engine's lane. */
FOVEA_NODISCARD enum fovea_status fovea_lane_init(struct fovea_lane *lane,
        const struct fovea_lane_options *options, unsigned number,
        size_t capacity, struct fovea_error *err);
void fovea_lane_finish(struct fovea_lane *lane);

/** Bytes of a result's row. */
size_t fovea_lane_result_bytes(const struct fovea_lane *lane);

/** Bytes that were allocated for the lane's buffers. */
size_t fovea_lane_scratch_bytes(const struct fovea_lane *lane);

/** The items first..first + n - 1 of a job, n up to the capacity. */
void fovea_lane_run(struct fovea_lane *lane, const struct fovea_worker_job *job,
        size_t first, size_t n);

#endif
