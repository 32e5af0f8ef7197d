/* Counting requests: see route_counters.h. */
#include "http/route_counters.h"

#include <string.h>

#include "base/error.h"
#include "base/histogram.h"
#include "base/macros.h"

static struct fovea_http_route_counters *
find(const struct fovea_http_counters *counters, const char *name)
{
    for (size_t i = 0; i < counters->n; i++) {
        if (strcmp(counters->routes[i].name, name) == 0) {
            return &counters->routes[i];
        }
    }
    return NULL;
}

enum fovea_status
fovea_http_counters_init(struct fovea_http_counters *counters,
        const struct fovea_http_routes *routes, struct fovea_error *err)
{
    counters->routes = calloc(routes->n + 1, sizeof *counters->routes);
    if (!counters->routes) {
        return fovea_fail_memory(err,
                (routes->n + 1) * sizeof *counters->routes, "counters");
    }
    counters->routes[counters->n++].name = "other";
    for (size_t i = 0; i < routes->n; i++) {
        if (!find(counters, routes->rows[i].name)) {
            counters->routes[counters->n++].name = routes->rows[i].name;
        }
    }
    return FOVEA_OK;
}

void
fovea_http_counters_add(struct fovea_http_counters *counters,
        const struct fovea_http_route *route, unsigned http, int64_t time_ns)
{
    struct fovea_http_route_counters *found =
            route ? find(counters, route->name) : &counters->routes[0];
    FOVEA_ASSERT(found && http >= FOVEA_HTTP_FIRST && http < FOVEA_HTTP_END);
    found->answers[http - FOVEA_HTTP_FIRST]++;
    fovea_histogram_add(&found->seconds, time_ns);
}

void
fovea_http_counters_finish(struct fovea_http_counters *counters)
{
    free(counters->routes);
    *counters = (struct fovea_http_counters){ 0 };
}
