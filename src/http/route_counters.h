/* Requests, by route and status, and how long they took. Loop thread. */
#ifndef FOVEA_HTTP_ROUTE_COUNTERS_H
#define FOVEA_HTTP_ROUTE_COUNTERS_H

#include "fovea/fovea.h"

#include "http/route.h"

enum {
    FOVEA_HTTP_FIRST = 100, /* status codes that are counted */
    FOVEA_HTTP_END = 600
};

/** All routes of one name. */
struct fovea_http_route_counters {
    const char *name;
    uint64_t answers[FOVEA_HTTP_END - FOVEA_HTTP_FIRST]; /* by status */
    struct fovea_histogram seconds;
};

/** All zero: finished. The first is "other": paths that no route has. */
struct fovea_http_counters {
    size_t n;
    struct fovea_http_route_counters *routes; /* [n], owned */
};

/** FOVEA_ERR_NO_MEMORY. */
FOVEA_NODISCARD enum fovea_status fovea_http_counters_init(
        struct fovea_http_counters *counters,
        const struct fovea_http_routes *routes, struct fovea_error *err);

/** A request was answered; route: NULL, none has its path. */
void fovea_http_counters_add(struct fovea_http_counters *counters,
        const struct fovea_http_route *route, unsigned http, int64_t time_ns);

void fovea_http_counters_finish(struct fovea_http_counters *counters);

#endif
