/*
 * What is done with a path: a row of the table that whoever serves hands over.
 *
 * A new route is a row; nothing here knows one of them.
 */
#ifndef FOVEA_HTTP_ROUTE_H
#define FOVEA_HTTP_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

enum {
    FOVEA_HTTP_PATH_SIZE = 256, /* of a path, for the log and for routes */
    FOVEA_HTTP_ALIASES = 3      /* paths of a route */
};

struct fovea_http_exchange;

/** What a body that comes as a form goes to, piece by piece (form.h). */
struct fovea_http_form_sink {
    /** A form begins: *form_out is the exchange's until destroy. */
    enum fovea_status (*begin)(struct fovea_http_exchange *exchange,
            void **form_out, struct fovea_error *err);
    /** A piece of the body. */
    enum fovea_status (*add)(void *form, const char *data, size_t size,
            struct fovea_error *err);
    void (*destroy)(void *form);
};

/** What bodies a route takes. */
struct fovea_http_body_policy {
    const char *const *types; /* of content; "image/": all of them; NULL ends */
    const char *expected;     /* "this path takes ..." */
    const struct fovea_http_form_sink *form; /* NULL: a form is kept as it is */
};

enum fovea_http_trait {
    FOVEA_HTTP_OPEN = 1,  /* needs no key */
    FOVEA_HTTP_WORK = 2,  /* refused while draining */
    FOVEA_HTTP_PROBE = 4, /* machines ask all the time: not logged while all is
                             well */
    FOVEA_HTTP_WRITE = 8, /* needs the key of a writer */
};

struct fovea_http_route {
    const char *method; /* "POST", "DELETE", or "GET", which answers HEAD too */
    /* "/v1/shelves/{name}/books/{id}/cover": the last variable stands for all
       that is there, slashes included, others for what has none. NULL ends
       them. */
    const char *paths[FOVEA_HTTP_ALIASES + 1];
    const char *name; /* in metrics; several routes may share one */
    void (*handle)(struct fovea_http_exchange *exchange);
    const struct fovea_http_body_policy *body; /* NULL: none is kept */
    unsigned traits;                           /* enum fovea_http_trait */
    /* Whether it has a simplified path beside those above; NULL: no. */
    bool (*has)(const char *target);
};

/** The table. Borrowed; outlives the server. */
struct fovea_http_routes {
    const struct fovea_http_route *rows;
    size_t n;
    const char *listed_at; /* where clients find what there is; for messages */
};

/** A path as routes are looked up by: one slash where there are several, and
 *  none at the end; "", which no route has, of one that does not fit. */
void fovea_http_route_simplify(const char *url,
        char target_out[FOVEA_HTTP_PATH_SIZE]);

/** By a simplified path and a method: the first row that has the path says which
 *  of its paths it is; of the rows with that one it is the first that has the
 *  method, else the first. NULL if none has the path. */
const struct fovea_http_route *fovea_http_route_find(
        const struct fovea_http_routes *routes, const char *target,
        const char *method);

/** What a simplified path has in the place of a route's variable, by its number
 *  from 0: size_out bytes. NULL if the route has no such variable, or not that
 *  path. */
const char *fovea_http_route_variable(const struct fovea_http_route *route,
        const char *target, unsigned index, size_t *size_out);

/** Whether a method, less OPTIONS, is the route's. */
bool fovea_http_route_takes(const struct fovea_http_route *route,
        const char *method);

/** The value of Allow: the methods of all routes that a simplified path may be
 *  of; static. */
const char *fovea_http_route_allow(const struct fovea_http_routes *routes,
        const char *target);

#endif
