/* A library handle: what all models of it share. */
#ifndef FOVEA_RUNTIME_LIBRARY_H
#define FOVEA_RUNTIME_LIBRARY_H

#include <pthread.h>
#include <sys/types.h>

#include "fovea/fovea.h"

#include "pool/pool.h"
#include "runtime/auto_dtype.h"
#include "s3/s3.h"
#include "source/fetch.h"

struct fovea {
    /* Never changes. */
    pid_t owner; /* the process that may use it */
    enum fovea_dtype dtype;
    enum fovea_pixels pixels;
    unsigned max_batch;
    unsigned n_threads;
    unsigned max_workers;
    unsigned max_queue;
    uint32_t thumbnail_px;
    int64_t deadline_ns;
    int64_t drain_ns;
    struct fovea_limits limits;
    struct fovea_pool *pool;
    struct fovea_fetcher *fetcher;
    struct fovea_s3 *s3; /* NULL: s3:// is not fetched */

    struct fovea_auto autos; /* what AUTO means */
    bool has_autos;

    pthread_mutex_t mutex;
    pthread_cond_t fetched; /* n_fetching became 0; CLOCK_MONOTONIC */
    unsigned n_fetching;    /* guarded by mutex */
};

/** fovea_open(), on a CPU that can run it. */
FOVEA_NODISCARD enum fovea_status fovea_library_open(
        const struct fovea_options *options, struct fovea **library_out,
        struct fovea_error *err);

/** fovea_close(), of a handle that is one. */
void fovea_library_close(struct fovea *library);

/** FOVEA_ERR_FORKED in a process that did not open the library. */
FOVEA_NODISCARD enum fovea_status fovea_library_check(
        const struct fovea *library, struct fovea_error *err);

#endif
