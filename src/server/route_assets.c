/* See route_assets.h. */
#include "server/route_assets.h"

#include "server/asset.h"

enum {
    HTTP_OK = 200
};

/* Nothing from elsewhere, nothing inline, in nobody's frame. */
static const struct fovea_http_header page_headers[] = {
    { "Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; "
            "img-src 'self' blob: data:; connect-src 'self'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'" },
    { "X-Frame-Options", "DENY" },
    { "Cross-Origin-Opener-Policy", "same-origin" },
    { "Cross-Origin-Resource-Policy", "same-origin" },
    { "Permissions-Policy", "camera=(), microphone=(), geolocation=()" },
    { "Cache-Control", "no-cache" }, /* ask whether it changed */
    { NULL, NULL },
};

void
fovea_handle_asset(struct fovea_http_exchange *exchange)
{
    /* The route was found by this path. */
    exchange->answer.file = fovea_asset_find(exchange->target);
    exchange->answer.headers = page_headers;
    exchange->answer.http = HTTP_OK;
}
