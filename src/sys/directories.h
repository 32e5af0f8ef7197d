/* Making folders. */
#ifndef FOVEA_SYS_DIRECTORIES_H
#define FOVEA_SYS_DIRECTORIES_H

#include "fovea/export.h"
#include "fovea/status.h"

/**
 * Make a directory and all above it that are not there; each that was made is on
 * the disk then.
 *
 * @return FOVEA_OK; FOVEA_ERR_FILE_DENIED; FOVEA_ERR_DISK_FULL; FOVEA_ERR_IO;
 *         FOVEA_ERR_NO_MEMORY. The message names the directory.
 */
FOVEA_NODISCARD enum fovea_status fovea_make_directories(const char *path,
        struct fovea_error *err);

#endif
