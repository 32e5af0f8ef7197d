/* Inside of source/: one try of a request of the client's. */
#ifndef FOVEA_SOURCE_CLIENT_TRY_H
#define FOVEA_SOURCE_CLIENT_TRY_H

#include <pthread.h>

#include "source/easy.h"
#include "source/exchange.h"

enum {
    FOVEA_MAX_RESTING = 8 /* connections that are kept for the next request */
};

struct fovea_client {
    struct fovea_client_settings settings; /* never changes */
    char *user_agent;                      /* owned; the settings have it */
    pthread_mutex_t mutex;
    CURL *resting[FOVEA_MAX_RESTING]; /* guarded by it */
    unsigned n_resting;
};

/** Bytes of an answer, of any status. False: enough; with result->code set the try
 *  has failed by it, else it ends as if all had come. */
typedef bool fovea_answer_fn(void *context, long code, const char *bytes,
        size_t n, struct fovea_error *result);

/** One try: what is sent, and what comes of it. */
struct fovea_client_try {
    /* Borrowed. */
    struct fovea_client *client;
    const struct fovea_http_request *request;
    const char *const *more_headers; /* beside the request's */
    size_t n_more_headers;
    /* Of an answer that is no redirect to follow; once without bytes, where it has
       none. */
    fovea_answer_fn *receive;
    void *context;

    /* Results. */
    long code;              /* 0: no answer */
    int64_t retry_after_ns; /* -1: it does not say */
    uint64_t n_received;    /* bytes of a body */

    /* While it lasts. */
    CURL *easy;
    struct fovea_url url;
    unsigned n_redirects;
    struct fovea_guard guard;
    struct curl_slist *headers;
    uint64_t body_at;
    uint64_t n_header_bytes;
    int64_t moved_ns; /* when bytes came or went last */
    uint64_t n_moved;
    bool is_stopped;
    bool is_stalled;
    bool is_enough;
    struct fovea_error result;
    char curl_message[CURL_ERROR_SIZE];
};

/**
 * Send it once. Redirects of what is not signed are followed.
 *
 * @return FOVEA_OK: it was answered, with a code, and the answer is whole or as much
 *         as receive() wants; what else may be wrong: fovea_client_perform().
 */
FOVEA_NODISCARD enum fovea_status fovea_client_try(struct fovea_client_try *try,
        struct fovea_error *err);

#endif
