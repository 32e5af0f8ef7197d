/*
 * Where a user's running servers can be found: each has a Unix socket,
 * <pid>.sock, in a folder that nobody else may enter. It speaks the same HTTP
 * and asks for no key. `fovea ps` and `fovea stop` look there.
 */
#ifndef FOVEA_SERVER_CONTROL_H
#define FOVEA_SERVER_CONTROL_H

#include <stddef.h>

#include "fovea/export.h"
#include "fovea/status.h"

enum {
    FOVEA_CONTROL_PATH_SIZE = 100, /* of a socket's path */
    FOVEA_CONTROL_FOLDERS = 3
};

/**
 * The folders to look in: $RUNTIME_DIRECTORY (a service's own),
 * $XDG_RUNTIME_DIR/fovea, /run/fovea, and /tmp/fovea-<uid> last.
 *
 * @return How many there are; they need not exist.
 */
size_t fovea_control_folders(
        char folders_out[FOVEA_CONTROL_FOLDERS][FOVEA_CONTROL_PATH_SIZE]);

/** The path of this process's own socket; the folder is made if need be.
 *  FOVEA_ERR_IO where it is not ours alone. */
FOVEA_NODISCARD enum fovea_status fovea_control_path(
        char path_out[FOVEA_CONTROL_PATH_SIZE], struct fovea_error *err);

#endif
