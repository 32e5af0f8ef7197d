/* What a worker does from READY on: jobs, one after the other. */
#ifndef FOVEA_WORKER_SERVE_H
#define FOVEA_WORKER_SERVE_H

#include "worker/load.h"

/** Serve until the host closes the channel or says what makes no sense. */
enum fovea_worker_exit fovea_worker_serve(struct fovea_worker *worker);

#endif
