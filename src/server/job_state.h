/* The images of a request and what has come of them: job.h works on it,
   job_write.h makes the answer. */
#ifndef FOVEA_SERVER_JOB_STATE_H
#define FOVEA_SERVER_JOB_STATE_H

#include <stdatomic.h>

#include "server/embed_request.h"
#include "server/internal.h"

/** One image's way. */
struct fovea_server_job_item {
    struct fovea_http_completion completion; /* first */
    struct fovea_server_job *job;
    uint64_t ticket;
    bool is_in_flight;
    struct fovea_error error; /* once it is done */
    int64_t total_ns;
};

struct fovea_server_job {
    struct fovea_http_work work; /* first */
    struct fovea_http_exchange *exchange;
    struct fovea_server_job *next_waiting;
    const struct fovea_served *served;
    struct fovea_embed_request request;
    size_t n;
    struct fovea_server_job_item *items; /* [n] */
    float *vectors; /* [n][embedding dimension], row-major; written by the
                       library's threads */
    int64_t deadline_ns;
    size_t n_next; /* the first that was not submitted */
    size_t n_in_flight;
    bool is_over; /* no more is submitted */
    bool is_waiting;
    bool has_begun;           /* its images are counted */
    bool has_logged;          /* what is not told of a failure */
    bool is_writing;          /* the answer; elsewhere, until that is done */
    atomic_bool is_cancelled; /* meanwhile */
    size_t n_bad;
    uint64_t n_noted[FOVEA_N_NOTES];     /* good ones with each note */
    size_t failed_at;                    /* the item that failed the request */
    struct fovea_http_complaint failure; /* code FOVEA_OK: the request has not
                                       failed as a whole */
};

#endif
