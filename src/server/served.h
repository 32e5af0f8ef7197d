/* The models of a server, by the names that clients know. */
#ifndef FOVEA_SERVER_SERVED_H
#define FOVEA_SERVER_SERVED_H

#include "server/inside.h"

/**
 * Open one more; server->models has room.
 *
 * @param word  KEY, NAME=KEY, DIR or NAME=DIR.
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT for a name that cannot be one, or that
 *         another model has, and for a model that is there already; what
 *         fovea_model_open() gives.
 */
FOVEA_NODISCARD enum fovea_status fovea_served_open(struct fovea_server *server,
        const char *word, struct fovea_error *err);

/** Close all. */
void fovea_served_close(struct fovea_server *server);

/** The name of the model with a key of the library's; "" if none has it. */
const char *fovea_served_name(const struct fovea_server *server,
        const char *key);

#endif
