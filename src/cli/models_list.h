/* The models that fovea knows by name, for people and as JSON. */
#ifndef FOVEA_CLI_MODELS_LIST_H
#define FOVEA_CLI_MODELS_LIST_H

#include "fovea/fovea.h"

/** Print a table that fits the terminal, and what licences do not allow. Returns
 *  the exit status. */
int fovea_models_list(struct fovea *library);

/** Print an array of objects. */
int fovea_models_list_json(struct fovea *library);

/** The entry of a key, or NULL. */
const struct fovea_catalogue_entry *fovea_models_entry(const char *key);

#endif
