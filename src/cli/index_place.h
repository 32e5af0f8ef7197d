/* Where the index is that `fovea index` keeps, and whole paths of folders. */
#ifndef FOVEA_CLI_INDEX_PLACE_H
#define FOVEA_CLI_INDEX_PLACE_H

#include "fovea/export.h"
#include "fovea/status.h"

/**
 * The whole path of what somebody named, without links; of what is not there, as
 * far as it is. Owned by the caller.
 *
 * @return FOVEA_OK, also if nothing is there; FOVEA_ERR_FILE_DENIED, FOVEA_ERR_IO,
 *         FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_whole_path(const char *path,
        char **whole_out, struct fovea_error *err);

/** The user's own index of all places; folders above it are made. Owned by the
 *  caller. FOVEA_ERR_ARGUMENT if the environment names no place for it;
 *  FOVEA_ERR_FILE_DENIED, FOVEA_ERR_IO, FOVEA_ERR_NO_MEMORY. */
FOVEA_NODISCARD enum fovea_status fovea_central_index(char **path_out,
        struct fovea_error *err);

/** The index in a folder; owned by the caller, NULL without memory. */
char *fovea_index_in(const char *folder);

#endif
