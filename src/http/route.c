/* Looking routes up: see route.h. */
#include "http/route.h"

#include <string.h>

#include "base/macros.h"

enum {
    MAX_VARIABLES = 2 /* of a path */
};

/* What variables stand for. */
struct match {
    unsigned n;
    const char *begins[MAX_VARIABLES];
    size_t sizes[MAX_VARIABLES];
};

void
fovea_http_route_simplify(const char *url,
        char target_out[FOVEA_HTTP_PATH_SIZE])
{
    size_t size = 0;
    const char *at = url;
    for (; *at && size < FOVEA_HTTP_PATH_SIZE - 1; at++) {
        if (*at != '/' || size == 0 || target_out[size - 1] != '/') {
            target_out[size++] = *at;
        }
    }
    if (*at) {
        size = 0; /* what is cut could be another's path */
    }
    if (size > 1 && target_out[size - 1] == '/') {
        size--;
    }
    target_out[size] = '\0';
}

/* The size of a variable at the start of a target; rest: what the path has
 * behind it. 0: it does not fit. */
static size_t
variable_size(const char *rest, const char *target)
{
    if (strchr(rest, '{')) {
        return strcspn(target, "/");
    }
    size_t size = strlen(target);
    size_t n_rest = strlen(rest);
    return size > n_rest && strcmp(target + size - n_rest, rest) == 0
            ? size - n_rest
            : 0;
}

/* Whether a target has a path; what its variables stand for. */
static bool
match(const char *path, const char *target, struct match *match_out)
{
    *match_out = (struct match){ .n = 0 };
    const char *variable = strchr(path, '{');
    while (variable) {
        size_t size = (size_t)(variable - path);
        if (strncmp(path, target, size) != 0) {
            return false;
        }
        target += size;
        path = strchr(variable, '}') + 1;
        size = variable_size(path, target);
        if (size == 0) {
            return false;
        }
        FOVEA_ASSERT(match_out->n < MAX_VARIABLES);
        match_out->begins[match_out->n] = target;
        match_out->sizes[match_out->n++] = size;
        target += size;
        variable = strchr(path, '{');
    }
    return strcmp(path, target) == 0;
}

const char *
fovea_http_route_variable(const struct fovea_http_route *route,
        const char *target, unsigned index, size_t *size_out)
{
    struct match found;
    for (const char *const *path = route->paths; *path; path++) {
        if (match(*path, target, &found) && index < found.n) {
            *size_out = found.sizes[index];
            return found.begins[index];
        }
    }
    return NULL;
}

/* Which of a route's paths a target has; "" of a simplified one that it has beside
 * those; NULL: none. */
static const char *
path_of(const struct fovea_http_route *route, const char *target)
{
    struct match found;
    for (const char *const *path = route->paths; *path; path++) {
        if (match(*path, target, &found)) {
            return *path;
        }
    }
    return route->has && route->has(target) ? "" : NULL;
}

/* The path that routes must have to be a target's: the first row that fits says
 * it. NULL: none does. */
static const char *
find_path(const struct fovea_http_routes *routes, const char *target)
{
    const char *path = NULL;
    for (size_t i = 0; i < routes->n && !path; i++) {
        path = path_of(&routes->rows[i], target);
    }
    return path;
}

static bool
has(const struct fovea_http_route *route, const char *target, const char *path)
{
    const char *own = path_of(route, target);
    return own && strcmp(own, path) == 0;
}

const struct fovea_http_route *
fovea_http_route_find(const struct fovea_http_routes *routes,
        const char *target, const char *method)
{
    const struct fovea_http_route *first = NULL;
    const char *path = find_path(routes, target);
    for (size_t i = 0; path && i < routes->n; i++) {
        const struct fovea_http_route *route = &routes->rows[i];
        if (!has(route, target, path)) {
            continue;
        }
        if (fovea_http_route_takes(route, method)) {
            return route;
        }
        first = first ? first : route;
    }
    return first;
}

bool
fovea_http_route_takes(const struct fovea_http_route *route, const char *method)
{
    return strcmp(route->method, method) == 0 ||
            (strcmp(route->method, "GET") == 0 && strcmp(method, "HEAD") == 0);
}

const char *
fovea_http_route_allow(const struct fovea_http_routes *routes,
        const char *target)
{
    static const char *const methods[] = { "GET", "POST", "DELETE" };
    static const char *const values[] = { "OPTIONS", "GET, HEAD, OPTIONS",
        "POST, OPTIONS", "GET, HEAD, POST, OPTIONS", "DELETE, OPTIONS",
        "GET, HEAD, DELETE, OPTIONS", "POST, DELETE, OPTIONS",
        "GET, HEAD, POST, DELETE, OPTIONS" };
    const char *path = find_path(routes, target);
    unsigned all = 0;
    for (size_t i = 0; path && i < routes->n; i++) {
        for (unsigned j = 0; has(&routes->rows[i], target, path) &&
                j < FOVEA_ARRAY_LEN(methods);
                j++) {
            bool is_its = strcmp(routes->rows[i].method, methods[j]) == 0;
            all |= is_its ? 1U << j : 0;
        }
    }
    return values[all];
}
