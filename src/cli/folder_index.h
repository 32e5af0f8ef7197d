/* The index of a folder that is named alone: one that has it, or a new one. */
#ifndef FOVEA_CLI_FOLDER_INDEX_H
#define FOVEA_CLI_FOLDER_INDEX_H

#include "cli/search_request.h"

/**
 * Open the nearest index of a folder or above it, for reading, if the folder is
 * indexed there; else make one in the folder first.
 *
 * @param path        The folder's whole path.
 * @param folder_out  Owned by the caller, also on failure; NULL: none.
 * @return the exit code; what went wrong is reported.
 */
int fovea_folder_index_open(const struct fovea_search_request *request,
        const char *path, struct fovea_index_folder **folder_out);

#endif
