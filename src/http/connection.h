/* Inside of http/: connections, and the times they may take. */
#ifndef FOVEA_HTTP_CONNECTION_H
#define FOVEA_HTTP_CONNECTION_H

#include "http/internal.h"

/** One that libmicrohttpd has begun; NULL without memory. */
struct fovea_http_connection *fovea_http_connection_begin(
        struct fovea_http *http, struct MHD_Connection *mhd);

/** libmicrohttpd closes it. */
void fovea_http_connection_end(struct fovea_http_connection *connection);

void fovea_http_connection_enter(struct fovea_http_connection *connection,
        enum fovea_http_phase phase);

/** Its client sends nothing more: it is taken as gone once what it sent has
 *  been read. */
void fovea_http_connection_half_close(struct fovea_http_connection *connection);

/** Send the answer that the exchange has where libmicrohttpd will not, because
 *  the request is not all here, and end the connection. */
void fovea_http_connection_hang_up(struct fovea_http_connection *connection);

/** The request ends before it is complete: say so and hang up. */
void fovea_http_connection_cut_short(struct fovea_http_connection *connection);

/** Give up connections whose time is over; the next time to look. */
int64_t fovea_http_connection_expire(struct fovea_http *http, int64_t now_ns);

#endif
