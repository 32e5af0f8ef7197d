/* The table of routes. */
#include <string.h>

#include "server/inside.h"

static const struct fovea_route routes[] = {
    { .path = "/v1/embeddings",
            .name = "/v1/embeddings",
            .is_post = true,
            .is_work = true,
            .handle = fovea_handle_embeddings },
    { .path = "/embeddings",
            .name = "/v1/embeddings",
            .is_post = true,
            .is_work = true,
            .handle = fovea_handle_embeddings },
    { .path = "/embeddings_image", /* infinity's */
            .name = "/v1/embeddings",
            .is_post = true,
            .is_work = true,
            .handle = fovea_handle_embeddings },
    { .path = "/v1/embeddings/image",
            .name = "/v1/embeddings/image",
            .is_post = true,
            .is_work = true,
            .handle = fovea_handle_upload },
    { .path = "/v1/models",
            .name = "/v1/models",
            .handle = fovea_handle_models },
    { .path = "/models", .name = "/v1/models", .handle = fovea_handle_models },
    { .path = "/v1/models/{id}",
            .name = "/v1/models",
            .handle = fovea_handle_model },
    { .path = "/models/{id}",
            .name = "/v1/models",
            .handle = fovea_handle_model },
    { .path = "/v1/pool", .name = "/v1/pool", .handle = fovea_handle_pool },
    { .path = "/metrics",
            .name = "/metrics",
            .is_probe = true,
            .handle = fovea_handle_metrics },
    { .path = "/livez",
            .name = "/livez",
            .is_open = true,
            .is_probe = true,
            .handle = fovea_handle_livez },
    { .path = "/readyz",
            .name = "/readyz",
            .is_open = true,
            .is_probe = true,
            .handle = fovea_handle_readyz },
    { .path = "/health",
            .name = "/health",
            .is_open = true,
            .is_probe = true,
            .handle = fovea_handle_health },
};

/* All assets: nothing in them is secret. */
static const struct fovea_route asset_route = { .name = "asset",
    .is_open = true,
    .handle = fovea_handle_asset };

void
fovea_route_simplify(const char *url, char target_out[FOVEA_PATH_SIZE])
{
    size_t size = 0;
    for (const char *at = url; *at && size < FOVEA_PATH_SIZE - 1; at++) {
        if (*at != '/' || size == 0 || target_out[size - 1] != '/') {
            target_out[size++] = *at;
        }
    }
    if (size > 1 && target_out[size - 1] == '/') {
        size--;
    }
    target_out[size] = '\0';
}

const char *
fovea_route_rest(const struct fovea_route *route, const char *target)
{
    const char *variable = strchr(route->path, '{');
    size_t size = variable ? (size_t)(variable - route->path) : 0;
    return variable && strncmp(route->path, target, size) == 0 && target[size]
            ? target + size
            : NULL;
}

const struct fovea_route *
fovea_route_find(const char *target)
{
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(routes); i++) {
        if (strcmp(routes[i].path, target) == 0 ||
                fovea_route_rest(&routes[i], target)) {
            return &routes[i];
        }
    }
    return fovea_asset_find(target) ? &asset_route : NULL;
}

/* Names of metrics, in the order of their numbers. */
static const char *const names[] = { "other", "asset", "/v1/embeddings",
    "/v1/embeddings/image", "/v1/models", "/v1/pool", "/metrics", "/livez",
    "/readyz", "/health" };

_Static_assert(FOVEA_ARRAY_LEN(names) <= FOVEA_TALLY_ROUTES,
        "every route has its counters");

unsigned
fovea_route_index(const struct fovea_route *route)
{
    for (unsigned i = 0; route && i < FOVEA_ARRAY_LEN(names); i++) {
        if (strcmp(names[i], route->name) == 0) {
            return i;
        }
    }
    return 0;
}

const char *
fovea_route_name(unsigned index)
{
    return index < FOVEA_ARRAY_LEN(names) ? names[index] : NULL;
}
