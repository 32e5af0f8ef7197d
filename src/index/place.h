/* Where an index folder is, and where the folders are that it has indexed. */
#ifndef FOVEA_INDEX_PLACE_H
#define FOVEA_INDEX_PLACE_H

#include <stdbool.h>

#include "fovea/export.h"
#include "fovea/status.h"

/**
 * Open a folder.
 *
 * @param path_out  Its path without links; owned by the caller.
 * @return FOVEA_OK; FOVEA_ERR_INDEX_NOT_FOUND, FOVEA_ERR_FILE_DENIED,
 *         FOVEA_ERR_IO, FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_place_open(const char *path,
        char **path_out, int *fd_out, struct fovea_error *err);

/** Whether it lies on a file system whose files other machines may change, where
 *  what one machine maps the others do not see. */
bool fovea_place_is_remote(int folder_fd);

/** Let names that were made or renamed in a folder be on the disk. False, with
 *  errno. */
FOVEA_NODISCARD bool fovea_place_sync(int folder_fd);

/**
 * A folder's path as an index keeps it: "..", "../.." (or ".") if the index lies
 * inside, so that both may move together; else whole.
 *
 * @param is_relative_out  Which of the two.
 * @return Owned by the caller; NULL without memory.
 */
char *fovea_place_relate(const char *index, const char *path,
        bool *is_relative_out);

/** The other way round: the whole path. Owned by the caller. NULL without memory,
 *  or (errno EINVAL) for a text that is none. */
char *fovea_place_resolve(const char *index, const char *text,
        bool is_relative);

#endif
