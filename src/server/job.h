/*
 * The images of a request in the library's hands.
 *
 * All are submitted, some at a time so that no request fills the queue alone,
 * and their results come back as notices. A full queue is an answer (busy) for
 * a request that nothing was done for yet; one that is under way waits until
 * there is room. A client that went away, or a bad image where one fails the
 * request, cancels what is left.
 */
#ifndef FOVEA_SERVER_JOB_H
#define FOVEA_SERVER_JOB_H

#include "server/inside.h"

/** One image's way. */
struct fovea_server_job_item {
    struct fovea_notice notice;
    struct fovea_server_job *job;
    uint64_t ticket;
    bool is_in_flight;
    struct fovea_error error; /* once it is done */
    int64_t total_ns;
};

struct fovea_server_job {
    struct fovea_exchange *exchange;
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
    size_t failed_at;                    /* the item that failed the request */
    struct fovea_http_complaint failure; /* code FOVEA_OK: the request has not
                                       failed as a whole */
};

/**
 * Begin; the exchange is suspended, or has its answer already.
 *
 * @param request  taken, whatever comes of it. Its items' data may lie in the
 *                 exchange's body or upload, which are freed once all is
 *                 submitted.
 */
void fovea_server_job_start(struct fovea_exchange *exchange,
        struct fovea_embed_request *request);

/** End it soon. why: its answer; NULL where nobody waits for one. */
void fovea_server_job_cancel(struct fovea_server_job *job,
        const struct fovea_error *why);

/** Images are done: those that wait for room may go on. */
void fovea_server_jobs_go_on(struct fovea_server *server);

/** NULL is fine. None of its images may be in flight. */
void fovea_server_job_destroy(struct fovea_server_job *job);

/** Write the exchange's answer. Any thread, once all is done. */
void fovea_server_job_write(const struct fovea_server_job *job,
        struct fovea_answer *answer);

#endif
