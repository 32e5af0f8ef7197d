/*
 * Inside of worker/: one thread's buffers and what it does with its run of a
 * job's images. See crew.h.
 */
#ifndef FOVEA_WORKER_LANE_H
#define FOVEA_WORKER_LANE_H

#include "engine/cpu/vit.h"
#include "worker/crew.h"

struct fovea_lane {
    const struct fovea_crew_options *options;
    size_t capacity; /* images of a run, at most */
    size_t pixels_size;
    struct fovea_vit *vit; /* NULL: pixels only */
    uint8_t *pixels;       /* [capacity] images */
    float *embeds;         /* [capacity][dimension] */
    size_t *indices;       /* [capacity]: which image of the job each is */
    int64_t *decode_ns;    /* [capacity] */
    struct fovea_error *results; /* [capacity]: of decoding, with its notes */
};

/** On failure the lane is to be finished all the same. */
FOVEA_NODISCARD enum fovea_status fovea_lane_init(struct fovea_lane *lane,
        const struct fovea_crew_options *options, size_t capacity,
        struct fovea_error *err);
void fovea_lane_finish(struct fovea_lane *lane);

/** The images first..first + n - 1 of a job, n up to the capacity. */
void fovea_lane_run(struct fovea_lane *lane, const struct fovea_crew_job *job,
        size_t first, size_t n);

#endif
