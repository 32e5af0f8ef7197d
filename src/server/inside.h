/*
 * What the files of server/ share: the server, its connections, and the
 * requests that are on them.
 *
 * One thread, the loop, does all of HTTP: it accepts, reads, parses, submits to
 * the library, and answers. What takes long is done elsewhere: images by the
 * library's workers, statistics and long answers in the back room (backroom.h).
 * Both come back to the loop as a notice. While a request waits for one its
 * connection is suspended, and only then; nobody waits in a thread.
 *
 *     accept -> connection -> exchange (a request and its answer)
 *                               | body.c, upload.c: what comes in
 *                               | request.c: what it asks for
 *                               | job.c: its images in the library's hands
 *                               v answer.c: what goes out
 */
#ifndef FOVEA_SERVER_INSIDE_H
#define FOVEA_SERVER_INSIDE_H

#include <pthread.h>
#include <signal.h>
#include <sys/types.h>

#include <microhttpd.h>

#include "base/clock.h"
#include "base/error.h"
#include "http/body.h"
#include "http/http_log.h"
#include "http/inflate.h"
#include "http/keys.h"
#include "http/listen.h"
#include "server/answer.h"
#include "server/settings.h"
#include "server/tally.h"

enum {
    FOVEA_REQUEST_ID_SIZE = 65,
    FOVEA_PATH_SIZE = 256, /* of a path, for the log */
    FOVEA_METHOD_SIZE = 16,
    FOVEA_PEER_SIZE = 64
};

struct fovea_server;
struct fovea_exchange;
struct fovea_server_job;
struct fovea_upload;
struct fovea_backroom;

/* Something that another thread has finished, on its way to the loop. */
struct fovea_notice {
    struct fovea_notice *next;
    void (*read)(struct fovea_notice *notice); /* by the loop, once */
};

/* A model that is served. */
struct fovea_served {
    struct fovea_model *model;
    char *name; /* owned; what clients call it */
    const struct fovea_model_info
            *info; /* its key and directory are not for them */
};

/* When a connection is given up, by what it is waiting for. */
enum fovea_phase {
    FOVEA_PHASE_HEAD, /* of a request */
    FOVEA_PHASE_BODY,
    FOVEA_PHASE_WORK,   /* ours: nothing is due */
    FOVEA_PHASE_ANSWER, /* going out: libmicrohttpd's own time-out */
};

struct fovea_connection {
    struct fovea_connection *next;
    struct fovea_connection *previous;
    struct fovea_server *server;
    struct MHD_Connection *mhd;
    int fd; /* libmicrohttpd's */
    bool is_control;
    bool is_half_closed; /* its client sends nothing more */
    enum fovea_phase phase;
    int64_t due_ns;
    char peer[FOVEA_PEER_SIZE]; /* "127.0.0.1", "unix" */
    struct fovea_exchange *exchange;
};

/* What is done with a path. */
struct fovea_route {
    const char *path; /* "/v1/models/{id}": and all that is below */
    const char *name; /* of the path, in metrics */
    bool is_post;     /* else GET, and HEAD */
    bool is_open;     /* needs no key */
    bool is_work;     /* refused while draining */
    bool is_probe;    /* machines ask all the time: not logged while all is
                         well */
    void (*handle)(struct fovea_exchange *exchange);
};

enum fovea_stage {
    FOVEA_STAGE_NEW,
    FOVEA_STAGE_RECEIVING,
    FOVEA_STAGE_SWALLOWING, /* the answer is known; the body comes all the
                               same */
    FOVEA_STAGE_WORKING,    /* suspended */
    FOVEA_STAGE_ANSWERED,   /* known; not sent yet, or being sent */
};

/* A request and its answer. */
struct fovea_exchange {
    struct fovea_server *server;
    struct fovea_connection *connection;
    char id[FOVEA_REQUEST_ID_SIZE];
    char method[FOVEA_METHOD_SIZE];
    char path[FOVEA_PATH_SIZE];      /* as it came; for the log */
    char target[FOVEA_PATH_SIZE];    /* simplified; what the route is of */
    const char *uri_end;             /* as it was received; compared only */
    const char *flaw;                /* of the target; static; NULL: none */
    const struct fovea_route *route; /* NULL: none has the path */
    enum fovea_stage stage;
    int64_t started_ns;
    uint64_t announced_bytes; /* 0: not said */
    uint64_t received_bytes;
    struct fovea_http_inflate *inflate; /* of a packed body; owned */
    uint64_t unpacked_bytes;
    struct fovea_http_body body;
    struct fovea_upload *upload;  /* of a form; owned */
    struct fovea_server_job *job; /* owned */
    struct fovea_answer answer;
    size_t n_items; /* for the log */
    size_t n_bad;
    uint64_t n_noted[FOVEA_N_NOTES]; /* good ones with each note */
    uint64_t sent_bytes;
    bool is_gone;    /* the client is */
    bool is_last;    /* the connection ends with it */
    bool has_logged; /* what is not told of a failure */
};

struct fovea_server {
    struct fovea_server_settings settings;
    struct fovea *library;
    struct fovea_served *models;
    size_t n_models;
    struct fovea_http_listeners listeners;
    struct fovea_http_log log;
    struct fovea_http_keys keys;
    bool needs_key;
    int64_t started_ns;
    uint64_t id_seed;
    pid_t pid;

    /* loop */
    struct MHD_Daemon *daemon;
    int epoll;
    int wake;    /* eventfd: notices */
    int signals; /* signalfd */
    struct fovea_connection *connections;
    unsigned n_connections;
    bool is_accepting;
    const struct fovea_http_listener
            *arriving; /* of the connection being added */
    struct fovea_http_body_budget budget;
    struct fovea_tally tally;
    uint64_t last_id;
    size_t n_working;                 /* exchanges that are suspended */
    size_t n_images;                  /* of theirs that are not done */
    size_t n_in_flight;               /* of those, in the library's hands */
    struct fovea_server_job *waiting; /* for room in the queue; oldest first */
    bool is_draining;
    bool is_stopping; /* the time for draining is over */
    int64_t drain_until_ns;
    struct fovea_backroom *backroom;

    /* guarded by mu */
    pthread_mutex_t mu;
    struct fovea_notice *first_notice;
    struct fovea_notice *last_notice;
};

/* loop.c */
FOVEA_NODISCARD enum fovea_status fovea_server_loop(struct fovea_server *server,
        struct fovea_error *err);
/** Hand a notice to the loop. Any thread. */
void fovea_notice_post(struct fovea_server *server,
        struct fovea_notice *notice);
/** Watch, or no longer, for the moment in which a client sends nothing more:
 *  libmicrohttpd does not see it where it comes along with data. */
void fovea_loop_watch_client(struct fovea_connection *connection);
void fovea_loop_unwatch_client(const struct fovea_connection *connection);

/* connection.c: what libmicrohttpd calls. */
void fovea_connection_changed(void *context, struct MHD_Connection *mhd,
        void **socket_context, enum MHD_ConnectionNotificationCode code);
/** Its client sends nothing more: it is taken as gone once what it sent has
 *  been read. */
void fovea_connection_half_close(struct fovea_connection *connection);
/** Give up connections whose time is over; the next time to look. */
int64_t fovea_connection_expire(struct fovea_server *server, int64_t now_ns);
void fovea_connection_enter(struct fovea_connection *connection,
        enum fovea_phase phase);
/** Send the answer that the exchange has where libmicrohttpd will not, because
 *  the request is not all here, and end the connection. */
void fovea_connection_hang_up(struct fovea_connection *connection);

/* exchange.c: a request's way. */
void *fovea_exchange_begin(void *context, const char *uri,
        struct MHD_Connection *mhd);
enum MHD_Result fovea_exchange_go_on(void *context, struct MHD_Connection *mhd,
        const char *url, const char *method, const char *version,
        const char *data, size_t *size, void **slot);
void fovea_exchange_end(void *context, struct MHD_Connection *mhd, void **slot,
        enum MHD_RequestTerminationCode code);
/** The handler has no answer yet: fovea_exchange_resume() will come. */
void fovea_exchange_suspend(struct fovea_exchange *exchange);
void fovea_exchange_resume(struct fovea_exchange *exchange);
/** Nobody waits for its answer any more. It must be suspended. */
void fovea_exchange_lose_client(struct fovea_exchange *exchange);
/** Free what came in: its body, or its form. Fine twice. */
void fovea_exchange_forget_input(struct fovea_exchange *exchange);
/** It ends before it is complete: say so and hang up. */
void fovea_exchange_cut_short(struct fovea_exchange *exchange);
/** A header of the request; NULL if there is none. */
const char *fovea_exchange_header(const struct fovea_exchange *exchange,
        const char *name);

/* head.c: heads that can be read in two ways. */
/** What is wrong with a target as it was received; static; NULL: nothing. */
const char *fovea_head_target_flaw(const char *uri);
/** The path of a target, which may name its host before it. */
const char *fovea_head_path(const char *url);
/** Whether a head is unambiguous; else the answer says why not, and the
 *  connection ends with it. All as libmicrohttpd gives it to
 *  fovea_exchange_go_on(). */
FOVEA_NODISCARD bool fovea_head_check(struct fovea_exchange *exchange,
        const char *url, const char *method, const char *version);

/* gate.c: who may ask, and what. */
/** Whether a request's head is fine; else the answer says why not. */
FOVEA_NODISCARD bool fovea_gate_check(struct fovea_exchange *exchange);
/** Whether the rest of a body whose answer is known is read and dropped, so that
 *  the client comes to read the answer. */
bool fovea_gate_swallows(const struct fovea_exchange *exchange);
/** Headers that a page of another origin needs. */
void fovea_gate_add_cors(const struct fovea_exchange *exchange,
        struct MHD_Response *response);

/* reply.c: an answer goes out. */
enum MHD_Result fovea_reply(struct fovea_exchange *exchange);

/* route.c */
/** A path as routes are looked up by: one slash where there are several, and
 *  none at the end. No route is as long as what does not fit. */
void fovea_route_simplify(const char *url, char target_out[FOVEA_PATH_SIZE]);
/** By a simplified path; NULL if none has it. */
const struct fovea_route *fovea_route_find(const char *target);
/** What a simplified path has in the place of a route's "{id}", slashes
 *  included; NULL of other routes. */
const char *fovea_route_rest(const struct fovea_route *route,
        const char *target);
/** For metrics: a number below FOVEA_TALLY_ROUTES, and its name. */
unsigned fovea_route_index(const struct fovea_route *route);
const char *fovea_route_name(unsigned index);

/* embed.c: handlers of the two routes that embed. */
void fovea_handle_embeddings(struct fovea_exchange *exchange);
void fovea_handle_upload(struct fovea_exchange *exchange);

/* views.c and others: handlers that look. */
void fovea_handle_livez(struct fovea_exchange *exchange);
void fovea_handle_readyz(struct fovea_exchange *exchange);
void fovea_handle_health(struct fovea_exchange *exchange);
void fovea_handle_models(struct fovea_exchange *exchange);
void fovea_handle_model(struct fovea_exchange *exchange);
void fovea_handle_pool(struct fovea_exchange *exchange);
void fovea_handle_metrics(struct fovea_exchange *exchange);
void fovea_handle_asset(struct fovea_exchange *exchange);

/* health.c */
enum fovea_health {
    FOVEA_HEALTH_READY, /* a worker is there */
    FOVEA_HEALTH_COLD,  /* a cold start would serve */
    FOVEA_HEALTH_DRAINING,
    FOVEA_HEALTH_UNAVAILABLE, /* reason says why */
};
/** Of the whole server: the worst of its models'. */
enum fovea_health fovea_server_health(const struct fovea_server *server,
        struct fovea_error *reason_out);
const char *fovea_health_name(enum fovea_health health);

/* served.c */
/** The model of a name; NULL: the first one. NULL if it is not served. */
#define FOVEA_UNKNOWN_MODEL_TEXT \
    "no model \"%.100s\" is served here; /v1/models lists them"
const struct fovea_served *fovea_server_model(const struct fovea_server *server,
        const char *name);

/* server.c */
void fovea_server_reload(struct fovea_server *server);
/** Those that the loop takes, blocked for everybody. */
void fovea_server_signals(sigset_t *signals_out);

#endif
