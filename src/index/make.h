/* An index where there is none. */
#ifndef FOVEA_INDEX_MAKE_H
#define FOVEA_INDEX_MAKE_H

#include "fovea/export.h"
#include "fovea/status.h"

/** Make a folder, unless it is there. Private: 0700. */
FOVEA_NODISCARD enum fovea_status fovea_make_folder(const char *path,
        bool is_private, struct fovea_error *err);

/** FOVEA_ERR_OUTPUT_REFUSED if something is in a folder that is no index's. */
FOVEA_NODISCARD enum fovea_status fovea_make_check(int folder_fd,
        const char *path, struct fovea_error *err);

/**
 * Put an empty index into an empty folder, by whoever holds its lock; it is there
 * whole or not at all.
 *
 * @return FOVEA_OK; FOVEA_ERR_OUTPUT_REFUSED if something else is in the folder;
 *         FOVEA_ERR_DISK_FULL, FOVEA_ERR_IO, FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_make_database(int folder_fd,
        const char *path, struct fovea_error *err);

#endif
