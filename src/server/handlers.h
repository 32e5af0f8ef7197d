/* The handlers of the routes, one of each row of routes.def. Loop thread. */
#ifndef FOVEA_SERVER_HANDLERS_H
#define FOVEA_SERVER_HANDLERS_H

#include "server/internal.h"

#define X(method, paths, name, handler, body, traits) \
    void handler(struct fovea_http_exchange *exchange);
#include "server/routes.def"
#undef X

#endif
