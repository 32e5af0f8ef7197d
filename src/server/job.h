/*
 * The images of a request, in flight in the library.
 *
 * All are submitted, some at a time so that no request fills the queue alone,
 * and their results come back as completions. A full queue is an answer (busy)
 * for a request that nothing was done for yet; one that is under way waits until
 * there is room. A client that went away, or a bad image where one fails the
 * request, cancels what is left.
 */
#ifndef FOVEA_SERVER_JOB_H
#define FOVEA_SERVER_JOB_H

#include "server/job_state.h"

/**
 * Begin; the exchange is suspended, or has its answer already. One that was
 * suspended before stays so, or is resumed with its answer.
 *
 * @param served   The model; NULL: the request's is none that is served.
 * @param request  taken, whatever comes of it. Its items' data may lie in the
 *                 exchange's body or upload, which are freed once all is
 *                 submitted.
 */
void fovea_server_job_start(struct fovea_http_exchange *exchange,
        const struct fovea_served *served, struct fovea_embed_request *request);

/** Images are done: those that wait for room may go on. */
void fovea_server_jobs_go_on(struct fovea_server *server);

#endif
