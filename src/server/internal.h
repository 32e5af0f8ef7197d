/*
 * What the files of server/ share: fovea's server, on top of http/.
 *
 *     handlers (route_*.c, the table in routes.def)
 *       | embed_request_parse.c, upload.c: what a request asks for
 *       | job.c: its images in flight in the library
 *       | view.c: statistics
 *       v job_write.c and the handlers themselves: what is answered
 *
 * All on the loop's thread. Images are worked on by the library, statistics are
 * read and long answers written in the background; both come back to the loop.
 */
#ifndef FOVEA_SERVER_INTERNAL_H
#define FOVEA_SERVER_INTERNAL_H

#include <sys/types.h>

#include "base/background.h"
#include "base/clock.h"
#include "base/error.h"
#include "http/exchange.h"
#include "http/http.h"
#include "server/counters.h"
#include "server/server_settings.h"

struct fovea_server_job;
struct fovea_server_index;
struct fovea_queued;

/* Kinds of work about indexes, and about jobs of a broker, each with threads of its
   own: none holds up another. */
enum fovea_server_desk {
    FOVEA_DESK_SEARCH,     /* searches, and looking things up */
    FOVEA_DESK_DUPLICATES, /* one thread: it takes all CPUs */
    FOVEA_DESK_CHANGE,     /* one thread: an index has one writer */
    FOVEA_DESK_JOBS,       /* one thread: it talks to the broker */
    FOVEA_N_DESKS
};

/* A model that is served. */
struct fovea_served {
    struct fovea_model *model;
    char *name;                          /* owned; what clients call it */
    const struct fovea_model_info *info; /* its key and directory are not for
                                            them */
};

struct fovea_server {
    struct fovea_server_settings settings;
    struct fovea_http *http;
    struct fovea_http_log *log; /* http's */
    struct fovea *library;
    struct fovea_served models[FOVEA_MAX_SERVED_MODELS];
    size_t n_models;
    struct fovea_server_index *indexes; /* [n_indexes] */
    size_t n_indexes;
    struct fovea_queued *queued; /* NULL: no broker is asked */
    int64_t started_ns;
    pid_t pid;

    /* loop */
    struct fovea_server_counters counters;
    struct fovea_background background;
    struct fovea_background desks[FOVEA_N_DESKS];
    size_t n_items;                   /* of requests, that are not done */
    size_t n_in_flight;               /* of those, submitted to the library */
    struct fovea_server_job *waiting; /* for room in the queue; oldest first */
};

/** The server that an exchange is one of. */
static inline struct fovea_server *
fovea_server_of(const struct fovea_http_exchange *exchange)
{
    return exchange->context;
}

#endif
