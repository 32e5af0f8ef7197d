/* Inside of http/: the loop. */
#ifndef FOVEA_HTTP_HTTP_LOOP_H
#define FOVEA_HTTP_HTTP_LOOP_H

#include "http/internal.h"

/** Watch what there is before the daemon. FOVEA_ERR_IO. */
FOVEA_NODISCARD enum fovea_status fovea_http_loop_open(struct fovea_http *http,
        struct fovea_error *err);

/** Watch libmicrohttpd's own epoll. */
FOVEA_NODISCARD bool fovea_http_loop_add_daemon(struct fovea_http *http);

/** Serve until a drain is over. */
void fovea_http_loop_run(struct fovea_http *http);

#endif
