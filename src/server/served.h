/* The models of a server, by the names that clients know. */
#ifndef FOVEA_SERVER_SERVED_H
#define FOVEA_SERVER_SERVED_H

#include "server/internal.h"

/**
 * Open one more.
 *
 * @param word  KEY, NAME=KEY, DIR or NAME=DIR.
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT for a name that cannot be one, or that
 *         another model has, for a model that is there already, and beyond
 *         FOVEA_MAX_SERVED_MODELS; what fovea_model_open() returns.
 */
FOVEA_NODISCARD enum fovea_status fovea_served_open(struct fovea_server *server,
        const char *word, struct fovea_error *err);

/** The model that a key of the library's leads to, which is opened if it is not
 *  there yet. Before the loop runs. As fovea_served_open(). */
FOVEA_NODISCARD enum fovea_status fovea_served_obtain(
        struct fovea_server *server, const char *key,
        const struct fovea_served **served_out, struct fovea_error *err);

/** Close all. */
void fovea_served_close(struct fovea_server *server);

/** The model of a name; NULL: the first one. NULL if it is not served. */
const struct fovea_served *fovea_served_find(const struct fovea_server *server,
        const char *name);

/** The first model with a text tower; NULL if none has one. */
const struct fovea_served *fovea_served_with_text(
        const struct fovea_server *server);

#define FOVEA_UNKNOWN_MODEL_TEXT \
    "no model \"%.100s\" is served here; /v1/models lists them"

/** The model with a key of the library's; NULL if none has it. */
const struct fovea_served *fovea_served_by_key(
        const struct fovea_server *server, const char *key);

/** The name of the model with a key of the library's; "" if none has it. */
const char *fovea_served_name(const struct fovea_server *server,
        const char *key);

#endif
