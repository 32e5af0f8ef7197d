/* Inside of http/: signals. SIGTERM and SIGINT end the server once what it has
   accepted is answered, SIGHUP reads its keys again and opens its log anew. */
#ifndef FOVEA_HTTP_DRAIN_H
#define FOVEA_HTTP_DRAIN_H

#include "http/internal.h"

/** Block these signals in the calling thread and its children. */
void fovea_http_drain_block_signals(void);

/** Ignore SIGPIPE. */
void fovea_http_drain_ignore_pipes(void);

/** Open http->signals. FOVEA_ERR_IO. */
FOVEA_NODISCARD enum fovea_status fovea_http_drain_open(struct fovea_http *http,
        struct fovea_error *err);

/** Do what the signals that came ask for. */
void fovea_http_drain_take_signals(struct fovea_http *http);

/** Do what fovea_http_stop() asked for. */
void fovea_http_drain_take_stops(struct fovea_http *http);

/** Whether it is over. Cancels what is under way when its time is. */
bool fovea_http_drain_is_over(struct fovea_http *http, int64_t now_ns);

#endif
