/*
 * What other threads have finished, on its way to the loop.
 *
 * They post completions, or only wake the loop, by an eventfd; the loop reads
 * what there is, in the order in which it was posted.
 */
#ifndef FOVEA_HTTP_COMPLETION_H
#define FOVEA_HTTP_COMPLETION_H

#include <pthread.h>

#include "fovea/export.h"
#include "fovea/status.h"

/** A member of what has been finished. */
struct fovea_http_completion {
    struct fovea_http_completion *next;
    void (*read)(struct fovea_http_completion *completion); /* by the loop,
                                                                once */
};

struct fovea_http_completions {
    int fd; /* eventfd; -1: none */
    pthread_mutex_t mu;
    /* guarded by mu */
    struct fovea_http_completion *first;
    struct fovea_http_completion *last;
};

/** FOVEA_ERR_IO; to be closed either way. */
FOVEA_NODISCARD enum fovea_status fovea_http_completions_open(
        struct fovea_http_completions *completions, struct fovea_error *err);

/** Any thread. */
void fovea_http_completions_post(struct fovea_http_completions *completions,
        struct fovea_http_completion *completion);

/** The loop looks, though nothing is posted. Any thread. */
void fovea_http_completions_wake(struct fovea_http_completions *completions);

/** Read all that were posted. Loop thread. */
void fovea_http_completions_read(struct fovea_http_completions *completions);

void fovea_http_completions_close(struct fovea_http_completions *completions);

#endif
