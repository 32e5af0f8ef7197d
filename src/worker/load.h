/*
 * How a worker gets ready: it says hello, is told what to load, loads it, makes
 * everything that items will need, seals itself, and says that it is ready, or
 * why not.
 */
#ifndef FOVEA_WORKER_LOAD_H
#define FOVEA_WORKER_LOAD_H

#include "wire/messages.h"
#include "worker/crew.h"
#include "worker/endpoint.h"
#include "worker/work_kind.h"

/** A worker; all zero but for its host and its log to begin with. */
struct fovea_worker {
    struct fovea_endpoint host;
    int log_fd; /* borrowed */
    struct fovea_load load;
    struct fovea_work work; /* of its kind */
    struct fovea_read_options reading;
    uint64_t data_bytes; /* it may have, with nothing granted; 0: no bound */
    const struct fovea_engine_ops *ops;
    struct fovea_engine *engine; /* NULL: there is none */
    struct fovea_crew *crew;
    size_t dimension; /* of the vectors of RESULT; 0: rows go to a file */
};

/**
 * From HELLO to READY or FAILED; or to MEASURED, after which it is to end.
 *
 * @param exit_out  Why the worker is to end, if it is.
 * @return true when it is ready.
 */
FOVEA_NODISCARD bool fovea_worker_load(struct fovea_worker *worker,
        enum fovea_worker_exit *exit_out);

void fovea_worker_finish(struct fovea_worker *worker);

#endif
