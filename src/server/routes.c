/* See routes.h. */
#include "server/routes.h"

#include "base/macros.h"
#include "server/asset.h"
#include "server/handlers.h"
#include "server/route_assets.h"
#include "server/upload.h"

static const char *const json_types[] = { "application/json", NULL };

static const struct fovea_http_body_policy json = {
    .types = json_types,
    .expected = "application/json (images as they are go to "
                "/v1/embeddings/image)",
};

/* What curl sends where it was told nothing is the third of these. */
static const char *const image_types[] = { "image/", "application/octet-stream",
    "application/x-www-form-urlencoded", "multipart/form-data", NULL };

static const struct fovea_http_body_policy images = {
    .types = image_types,
    .expected = "an image (image/* or application/octet-stream) or a form of "
                "files (multipart/form-data)",
    .form = &fovea_upload_form,
};

static const char *const item_types[] = { "application/json", "image/",
    "application/octet-stream", "application/x-www-form-urlencoded",
    "multipart/form-data", NULL };

static const struct fovea_http_body_policy items = {
    .types = item_types,
    .expected = "application/json, an image (image/* or "
                "application/octet-stream) or a form of files "
                "(multipart/form-data)",
    .form = &fovea_upload_form,
};

#define LIST(...) __VA_ARGS__

static const struct fovea_http_route rows[] = {
    /* Nothing in the page's files is secret. */
    { .method = "GET",
            .name = "asset",
            .handle = fovea_handle_asset,
            .traits = FOVEA_HTTP_OPEN,
            .has = fovea_asset_is_there },
#define X(method_, paths_, name_, handler_, body_, traits_) \
    { .method = (method_),                                  \
        .paths = { LIST paths_ },                           \
        .name = (name_),                                    \
        .handle = (handler_),                               \
        .body = (body_),                                    \
        .traits = (traits_) },
#include "server/routes.def"
#undef X
};

const struct fovea_http_routes fovea_server_routes = {
    .rows = rows,
    .n = FOVEA_ARRAY_LEN(rows),
    .listed_at = "/openapi.json",
};
