/* A thumbnail is made in a sealed worker, and is the exchange's answer. */
#ifndef FOVEA_SERVER_THUMBNAIL_H
#define FOVEA_SERVER_THUMBNAIL_H

#include "server/internal.h"

/**
 * Begin; the exchange is suspended, or has its answer already. One that was
 * suspended before stays so, or is resumed with its answer.
 *
 * @param item     An image; borrowed for the call.
 * @param etag     With its quotes, of a thumbnail that may be kept; "".
 * @param headers  Of the answer, where it has an ETag; static.
 */
void fovea_server_thumbnail_start(struct fovea_http_exchange *exchange,
        const struct fovea_item *item, const char *etag,
        const struct fovea_http_header *headers);

#endif
