/* Which index a command is about that searches one. */
#ifndef FOVEA_CLI_NEAREST_INDEX_H
#define FOVEA_CLI_NEAREST_INDEX_H

#include <stdbool.h>

#include "fovea/export.h"
#include "fovea/status.h"

struct fovea_index_folder;

/**
 * Find an index.
 *
 * @param given     -i: an index, or a folder with one in it; NULL: the nearest
 *                  one of start and the folders above it.
 * @param start     Where to begin without -i: a folder.
 * @param path_out  Owned by the caller; free() it.
 * @return FOVEA_OK; FOVEA_ERR_INDEX_NOT_FOUND, and the message says how one is
 *         made; FOVEA_ERR_FILE_NOT_FOUND and others if start is not there;
 *         FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_nearest_index(const char *given,
        const char *start, char **path_out, struct fovea_error *err);

/**
 * Open the index that flags name, for reading.
 *
 * @param is_central  --central: the user's own, whatever is given.
 * @param given       -i, as above; NULL: the nearest one of this folder and those
 *                    above it.
 * @return As fovea_nearest_index(), fovea_central_index() and
 *         fovea_index_folder_open().
 */
FOVEA_NODISCARD enum fovea_status fovea_nearest_index_open(bool is_central,
        const char *given, struct fovea_index_folder **folder_out,
        struct fovea_error *err);

#endif
