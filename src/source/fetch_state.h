/* Inside of source/: the fetcher, shared by its entry points and its thread. */
#ifndef FOVEA_SOURCE_FETCH_STATE_H
#define FOVEA_SOURCE_FETCH_STATE_H

#include <pthread.h>
#include <sys/types.h>

#include "source/transfer.h"

struct fovea_fetcher {
    struct fovea_fetch_settings settings; /* never changes */
    char *user_agent;                     /* owned; the settings have it */
    pid_t pid;                            /* of the process that made it */

    pthread_mutex_t mutex;
    /* Guarded by it. */
    struct fovea_transfer *first;
    struct fovea_transfer *last;
    unsigned n;
    bool is_started;
    bool is_stopping;
    bool is_changed; /* the list is worth a look */
    struct fovea_histogram times;

    CURLM *multi; /* made before the thread; others may only wake it */
    pthread_t thread;

    /* The thread's. */
    uint64_t *servers; /* [url.max_connections]: of what has begun */
    unsigned n_begun;
    int64_t next_due_ns; /* when something is over, or may be tried again */
};

#endif
