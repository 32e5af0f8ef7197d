/*
 * A server of HTTP: routes in, exchanges out.
 *
 * Whoever serves hands over a table of routes (route.h) and handles exchanges
 * (exchange.h). Nothing here knows what is served.
 *
 * All functions are for the thread that runs the loop, but where they say
 * otherwise.
 */
#ifndef FOVEA_HTTP_HTTP_H
#define FOVEA_HTTP_HTTP_H

#include "http/completion.h"
#include "http/http_settings.h"
#include "http/route_counters.h"

struct fovea_http;

/**
 * Open the log, read the keys, and listen. Nobody is answered before
 * fovea_http_run().
 *
 * Blocks SIGTERM, SIGINT and SIGHUP in the calling thread and its children,
 * unless the settings leave them to the program, and ignores SIGPIPE.
 *
 * @param settings  copied; what they point to outlives the server.
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT (a public address without keys among
 *         others), FOVEA_ERR_IO, FOVEA_ERR_OUTPUT_REFUSED, a file status,
 *         FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_http_open(
        const struct fovea_http_settings *settings,
        struct fovea_http **http_out, struct fovea_error *err);

/** Listen at a path for the owner alone, without asking for a key. As
 *  fovea_http_listen_unix(). */
FOVEA_NODISCARD enum fovea_status fovea_http_add_control(
        struct fovea_http *http, const char *path, struct fovea_error *err);

/** Serve until SIGTERM or SIGINT, then drain. SIGHUP reads the keys again and
 *  opens the log anew. FOVEA_ERR_IO, FOVEA_ERR_NO_MEMORY where it cannot start.
 *  Every exchange has ended when it returns. */
FOVEA_NODISCARD enum fovea_status fovea_http_run(struct fovea_http *http,
        struct fovea_error *err);

/** NULL is fine. */
void fovea_http_close(struct fovea_http *http);

/** Drain, as SIGTERM does; a second time: at once. Any thread. */
void fovea_http_stop(struct fovea_http *http);

/** Its log. Any thread, until it is closed. */
struct fovea_http_log *fovea_http_log_of(struct fovea_http *http);

/** Hand something that is finished to the loop. Any thread. */
void fovea_http_post(struct fovea_http *http,
        struct fovea_http_completion *completion);

/** The loop calls woken(). Any thread. */
void fovea_http_wake(struct fovea_http *http);

/** Requests are finished, none is taken that needs work. */
bool fovea_http_is_draining(const struct fovea_http *http);

/** Whether there is a key that may write. */
bool fovea_http_has_writer(const struct fovea_http *http);

/** The name of what is listened at, by number: "http://127.0.0.1:8080",
 *  "unix:/run/fovea.sock"; NULL past the last. Control sockets are left out. */
const char *fovea_http_listener_name(const struct fovea_http *http,
        unsigned index);

struct fovea_http_counts {
    unsigned n_connections;
    unsigned max_connections;
    size_t n_working;    /* requests that wait for their answer */
    uint64_t body_bytes; /* of all bodies */
    uint64_t max_body_bytes;
};

void fovea_http_count(const struct fovea_http *http,
        struct fovea_http_counts *counts_out);

/** Requests, ever. */
const struct fovea_http_counters *fovea_http_counters_of(
        const struct fovea_http *http);

#endif
