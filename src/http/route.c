/* Looking routes up: see route.h. */
#include "http/route.h"

#include <string.h>

void
fovea_http_route_simplify(const char *url,
        char target_out[FOVEA_HTTP_PATH_SIZE])
{
    size_t size = 0;
    for (const char *at = url; *at && size < FOVEA_HTTP_PATH_SIZE - 1; at++) {
        if (*at != '/' || size == 0 || target_out[size - 1] != '/') {
            target_out[size++] = *at;
        }
    }
    if (size > 1 && target_out[size - 1] == '/') {
        size--;
    }
    target_out[size] = '\0';
}

static const char *
rest_of(const char *path, const char *target)
{
    const char *variable = strchr(path, '{');
    size_t size = variable ? (size_t)(variable - path) : 0;
    return variable && strncmp(path, target, size) == 0 && target[size]
            ? target + size
            : NULL;
}

const char *
fovea_http_route_rest(const struct fovea_http_route *route, const char *target)
{
    const char *rest = NULL;
    for (const char *const *path = route->paths; *path && !rest; path++) {
        rest = rest_of(*path, target);
    }
    return rest;
}

static bool
has(const struct fovea_http_route *route, const char *target)
{
    for (const char *const *path = route->paths; *path; path++) {
        if (strcmp(*path, target) == 0 || rest_of(*path, target)) {
            return true;
        }
    }
    return route->has && route->has(target);
}

const struct fovea_http_route *
fovea_http_route_find(const struct fovea_http_routes *routes,
        const char *target)
{
    for (size_t i = 0; i < routes->n; i++) {
        if (has(&routes->rows[i], target)) {
            return &routes->rows[i];
        }
    }
    return NULL;
}

static bool
is_get(const struct fovea_http_route *route)
{
    return strcmp(route->method, "GET") == 0;
}

bool
fovea_http_route_takes(const struct fovea_http_route *route, const char *method)
{
    return strcmp(route->method, method) == 0 ||
            (is_get(route) && strcmp(method, "HEAD") == 0);
}

const char *
fovea_http_route_allow(const struct fovea_http_route *route)
{
    return is_get(route) ? "GET, HEAD, OPTIONS" : "POST, OPTIONS";
}
