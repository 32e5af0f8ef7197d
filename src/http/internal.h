/*
 * What the files of http/ share: the server of HTTP and its connections.
 *
 * One thread, the loop, does all of HTTP: it accepts, reads, parses, calls the
 * handlers of routes, and answers. What takes long is done elsewhere, by
 * whoever serves, and comes back to the loop as a completion. While a request
 * waits for one its connection is suspended, and only then; nobody waits in a
 * thread.
 *
 *     accept -> connection -> exchange (a request and its answer)
 *                               | head_check.c, gate.c: whether it is taken
 *                               | intake.c, form.c: what comes in
 *                               | the route's handler
 *                               v reply.c: what goes out
 */
#ifndef FOVEA_HTTP_INTERNAL_H
#define FOVEA_HTTP_INTERNAL_H

#include <stdatomic.h>

#include <microhttpd.h>

#include "base/clock.h"
#include "base/error.h"
#include "http/body.h"
#include "http/completion.h"
#include "http/http_settings.h"
#include "http/keys.h"
#include "http/listen.h"
#include "http/poller.h"
#include "http/route_counters.h"

struct fovea_http_exchange;

enum {
    FOVEA_HTTP_PEER_SIZE = 64,
    FOVEA_HTTP_CONTROL_RESERVE = 16 /* connections beyond the limit, for the
                                       control socket */
};

/* When a connection is given up, by what it is waiting for. */
enum fovea_http_phase {
    FOVEA_HTTP_PHASE_HEAD, /* of a request */
    FOVEA_HTTP_PHASE_BODY,
    FOVEA_HTTP_PHASE_WORK,   /* ours: nothing is due */
    FOVEA_HTTP_PHASE_ANSWER, /* going out: libmicrohttpd's own time-out */
};

struct fovea_http_connection {
    struct fovea_http_watched watched; /* for its client's end */
    struct fovea_http_connection *next;
    struct fovea_http_connection *previous;
    struct fovea_http *http;
    struct MHD_Connection *mhd;
    int fd; /* libmicrohttpd's */
    bool is_control;
    bool is_half_closed; /* its client sends nothing more */
    enum fovea_http_phase phase;
    int64_t due_ns;
    char peer[FOVEA_HTTP_PEER_SIZE]; /* "127.0.0.1", "unix" */
    struct fovea_http_exchange *exchange;
};

struct fovea_http {
    struct fovea_http_settings settings;
    struct fovea_http_listeners listeners;
    struct fovea_http_log log;
    struct fovea_http_keys keys;
    bool needs_key;
    uint64_t id_seed;

    struct MHD_Daemon *daemon;
    int epoll;
    int signals; /* signalfd */
    struct fovea_http_completions completions;
    struct fovea_http_watched watched_completions;
    struct fovea_http_watched watched_signals;
    struct fovea_http_watched watched_daemon;
    struct fovea_http_connection *connections;
    unsigned n_connections;
    bool is_accepting;
    const struct fovea_http_listener *arriving; /* of the connection being
                                                   added */
    struct fovea_http_body_budget budget;
    struct fovea_http_counters counters;
    uint64_t last_id;
    size_t n_working;    /* exchanges that are suspended */
    atomic_uint n_stops; /* asked for by fovea_http_stop(), not yet heard */
    bool is_draining;
    bool is_stopping; /* the time for draining is over */
    int64_t drain_until_ns;
};

#endif
