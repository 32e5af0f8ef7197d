/* GET of the page's files and of the API's description. */
#include <string.h>

#include "server/inside.h"

enum {
    HTTP_OK = 200
};

void
fovea_handle_asset(struct fovea_exchange *exchange)
{
    /* The route was found by this path. */
    exchange->answer.asset = fovea_asset_find(exchange->target);
    exchange->answer.http = HTTP_OK;
}
