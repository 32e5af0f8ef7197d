/*
 * /metrics and /healthz of a node, over HTTP, by a thread of their own. Nothing else
 * is answered, and nothing of an image is told: no key is asked for.
 */
#ifndef FOVEA_JOBS_NODE_HTTP_H
#define FOVEA_JOBS_NODE_HTTP_H

#include "jobs/node_board.h"

struct fovea_node_http;

/**
 * Listen and answer.
 *
 * @param address  HOST:PORT, [HOST]:PORT for an IPv6 address; port 0: the kernel
 *                 chooses.
 * @param board    Outlives it, and so does job, the label of metrics.
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT; FOVEA_ERR_IO; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_node_http_open(const char *address,
        const char *job, struct fovea_node_board *board,
        struct fovea_node_http **http_out, struct fovea_error *err);

/** What is listened at: "http://127.0.0.1:9464". */
const char *fovea_node_http_name(const struct fovea_node_http *http);

/** NULL is fine. */
void fovea_node_http_close(struct fovea_node_http *http);

#endif
