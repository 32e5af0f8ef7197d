/*
 * `fovea serve`: images to embeddings over HTTP.
 *
 * The shapes are those that the field's clients speak (docs/HTTP.md). Uses the
 * library through its public API only.
 */
#ifndef FOVEA_SERVER_SERVER_H
#define FOVEA_SERVER_SERVER_H

#include "server/server_settings.h"

/**
 * Serve until SIGTERM or SIGINT, then drain. SIGHUP reads the keys again and
 * opens the log anew.
 *
 * Blocks those signals in the calling thread and its children, and ignores
 * SIGPIPE. One server a process at a time.
 *
 * @return FOVEA_OK after a drain; FOVEA_ERR_ARGUMENT (a public address without
 *         keys among others), FOVEA_ERR_IO, a model status, a file status,
 *         FOVEA_ERR_NO_MEMORY where it could not start.
 */
FOVEA_NODISCARD enum fovea_status fovea_serve(
        const struct fovea_server_settings *settings, struct fovea_error *err);

#endif
