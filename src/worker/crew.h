/*
 * A worker's threads and what they do with a job: from open files to pixels or
 * vectors.
 *
 * A job is split into one run of images a thread. A thread turns every image of
 * its run into pixels, then passes the good ones through the model together.
 * The calling thread takes the first run; with one thread it is the only one,
 * and nobody is to be woken up. Everything that a job needs is allocated when
 * the crew is made: after that it opens nothing and starts nothing.
 */
#ifndef FOVEA_WORKER_CREW_H
#define FOVEA_WORKER_CREW_H

#include <stdbool.h>

#include "fovea/limits.h"
#include "fovea/status.h"

#include "engine/cpu/weights.h"
#include "spec/pixels.h"
#include "sys/input.h"

struct fovea_crew_options {
    const struct fovea_weights *weights; /* borrowed; NULL: pixels only */
    struct fovea_preprocess settings;
    struct fovea_limits limits; /* every field set */
    unsigned n_threads;         /* at least 1 */
    unsigned max_batch;         /* at least 1 */
};

/** What came of an image. */
struct fovea_outcome {
    size_t index;
    /* code FOVEA_OK: a row, and what was noted about it. */
    const struct fovea_error *result;
    /* [dimension] float32, or [crop height][crop width][3] uint8. */
    const void *row;
    int64_t decode_ns;
    int64_t forward_ns; /* its share */
};

/** Images, and who is told about them. The callbacks come from the crew's
 *  threads, several at once where there are several. */
struct fovea_crew_job {
    size_t n;                   /* 1..max_batch */
    struct fovea_input *inputs; /* [n]; each is finished once it was read */
    const bool *raw;            /* [n]: do not scale to length 1 */
    void *context;
    /* May decoding it take these bytes more than the thread has anyway
       (FOVEA_DECODE_FREE_BYTES)? Waits for the answer; once an image, until
       it is decoded or done. NULL: it may. */
    enum fovea_status (*ask)(void *context, size_t index, uint64_t bytes,
            struct fovea_error *err);
    /* The image is pixels now, and goes on. */
    void (*decoded)(void *context, size_t index, int64_t decode_ns);
    /* Exactly once for each image. */
    void (*done)(void *context, const struct fovea_outcome *outcome);
};

struct fovea_crew;

/**
 * Make buffers and matrix products, start the threads.
 *
 * @return FOVEA_OK; FOVEA_ERR_NO_MEMORY; FOVEA_ERR_INTERNAL from the matrix
 *         library.
 */
FOVEA_NODISCARD enum fovea_status fovea_crew_create(
        const struct fovea_crew_options *options, struct fovea_crew **crew_out,
        struct fovea_error *err);

/** End the threads; no job may be running. NULL is fine. */
void fovea_crew_destroy(struct fovea_crew *crew);

/** Bytes of a result's row, and how many float32 of it; pixels: 0. */
size_t fovea_crew_row_bytes(const struct fovea_crew *crew);
size_t fovea_crew_dimension(const struct fovea_crew *crew);

/** Bytes that were allocated for the threads' buffers. */
size_t fovea_crew_scratch_bytes(const struct fovea_crew *crew);

/** Run a job; gives back when all images are done. One job at a time. */
void fovea_crew_run(struct fovea_crew *crew, const struct fovea_crew_job *job);

#endif
