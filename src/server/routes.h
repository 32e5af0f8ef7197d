/* The table of routes, from routes.def and the page's files. */
#ifndef FOVEA_SERVER_ROUTES_H
#define FOVEA_SERVER_ROUTES_H

#include "http/route.h"

extern const struct fovea_http_routes fovea_server_routes;

#endif
