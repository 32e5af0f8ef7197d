/* GET of the page's files and of the API's description. */
#ifndef FOVEA_SERVER_ROUTE_ASSETS_H
#define FOVEA_SERVER_ROUTE_ASSETS_H

#include "http/exchange.h"

/** Answer with the asset at the exchange's path. */
void fovea_handle_asset(struct fovea_http_exchange *exchange);

#endif
