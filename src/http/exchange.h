/*
 * A request and its answer, as handlers see it. Loop thread.
 *
 * A handler writes the answer, or suspends the exchange and resumes it when the
 * answer is known. What it has under way meanwhile stands in `work`.
 */
#ifndef FOVEA_HTTP_EXCHANGE_H
#define FOVEA_HTTP_EXCHANGE_H

#include "http/answer.h"
#include "http/body.h"
#include "http/http_log.h"
#include "http/inflate.h"
#include "http/route.h"

enum {
    FOVEA_HTTP_ID_SIZE = 65, /* of a request's id */
    FOVEA_HTTP_METHOD_SIZE = 16
};

struct fovea_http;
struct fovea_http_connection;

/** What a handler has under way for a request; first member of it. */
struct fovea_http_work {
    /** End it soon. why: its answer; NULL where nobody waits for one. */
    void (*cancel)(struct fovea_http_work *work, const struct fovea_error *why);
    /** Add to the request's line in the log. */
    void (*log)(const struct fovea_http_work *work,
            struct fovea_http_log_line *line);
    /** The answer is out, or nobody waits for it. */
    void (*destroy)(struct fovea_http_work *work);
};

enum fovea_http_stage {
    FOVEA_HTTP_STAGE_NEW,
    FOVEA_HTTP_STAGE_RECEIVING,
    FOVEA_HTTP_STAGE_SWALLOWING, /* the answer is known; the body comes all the
                                    same */
    FOVEA_HTTP_STAGE_WORKING,    /* suspended */
    FOVEA_HTTP_STAGE_ANSWERED,   /* known; not sent yet, or being sent */
};

struct fovea_http_exchange {
    struct fovea_http *http;
    void *context; /* of the settings */
    struct fovea_http_connection *connection;
    bool is_control; /* it came by the control socket */
    char id[FOVEA_HTTP_ID_SIZE];
    char method[FOVEA_HTTP_METHOD_SIZE];
    char path[FOVEA_HTTP_PATH_SIZE];   /* as it came; for the log */
    char target[FOVEA_HTTP_PATH_SIZE]; /* simplified; what the route is of */
    const char *uri_end;               /* as it was received; compared only */
    const char *flaw;                  /* of the target; static; NULL: none */
    const struct fovea_http_route *route; /* NULL: none has the path */
    enum fovea_http_stage stage;
    int64_t started_ns;
    uint64_t announced_bytes; /* 0: not said */
    uint64_t received_bytes;
    struct fovea_http_inflate *inflate; /* of a packed body; owned */
    uint64_t unpacked_bytes;
    struct fovea_http_body body;
    void *form; /* of the route's body policy; owned; NULL: it is no form */
    struct fovea_http_work *work; /* owned; NULL: none */
    struct fovea_http_answer answer;
    uint64_t sent_bytes;
    bool is_gone; /* the client is */
    bool is_last; /* the connection ends with it */
};

/** A header of the request; NULL if there is none. */
const char *fovea_http_exchange_header(
        const struct fovea_http_exchange *exchange, const char *name);

/** An argument of the URL's query; NULL if there is none. */
const char *fovea_http_exchange_argument(
        const struct fovea_http_exchange *exchange, const char *name);

/** What the path has in the place of its route's variable, by its number from 0;
 *  "" where there is none. */
void fovea_http_exchange_variable(const struct fovea_http_exchange *exchange,
        unsigned index, char value_out[FOVEA_HTTP_PATH_SIZE]);

/** Whether its client has what this ETag, with its quotes, is of. */
bool fovea_http_exchange_knows(const struct fovea_http_exchange *exchange,
        const char *etag);

/** A pair of the URL's query; value: "" where there is none. False ends it. */
typedef bool fovea_http_argument_fn(void *context, const char *name,
        const char *value);
void fovea_http_exchange_arguments(const struct fovea_http_exchange *exchange,
        fovea_http_argument_fn *take, void *context);

/** The handler has no answer yet: fovea_http_exchange_resume() will come. */
void fovea_http_exchange_suspend(struct fovea_http_exchange *exchange);
void fovea_http_exchange_resume(struct fovea_http_exchange *exchange);

/** End its work soon, if it has any. why: its answer; NULL where nobody waits
 *  for one. */
void fovea_http_exchange_cancel(struct fovea_http_exchange *exchange,
        const struct fovea_error *why);

/** Nobody waits for its answer any more. It must be suspended. */
void fovea_http_exchange_lose_client(struct fovea_http_exchange *exchange);

/** Free what came in: its body, or its form. Fine twice. */
void fovea_http_exchange_forget_input(struct fovea_http_exchange *exchange);

/** What all bodies share, those of forms too. */
struct fovea_http_body_budget *fovea_http_exchange_budget(
        const struct fovea_http_exchange *exchange);

#endif
