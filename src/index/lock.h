/*
 * One writer: a lock on a file of the index folder, held for as long as it is
 * open. Not of SQLite's locks, because whoever comes second is to be refused at
 * once and told who is first. The kernel drops it when its holder ends, however
 * that happens. It belongs to the open file and not to the process (OFD lock), so
 * that two handles of one process keep each other out, too; and unlike that of
 * flock(2) it holds on network file systems.
 */
#ifndef FOVEA_INDEX_LOCK_H
#define FOVEA_INDEX_LOCK_H

#include <stdbool.h>
#include <sys/types.h>

#include "fovea/export.h"
#include "fovea/status.h"

/**
 * Take the lock of a folder.
 *
 * @param path    Of the folder, for messages.
 * @param fd_out  Owned by the caller; closing it lets go.
 * @return FOVEA_OK; FOVEA_ERR_OUTPUT_REFUSED if a file of somebody else's has the
 *         lock's name; FOVEA_ERR_INDEX_BUSY, with the process number of whoever has
 *         it; FOVEA_ERR_INDEX_READ_ONLY, FOVEA_ERR_DISK_FULL, FOVEA_ERR_IO.
 */
FOVEA_NODISCARD enum fovea_status fovea_index_lock(int folder_fd,
        const char *path, int *fd_out, struct fovea_error *err);

/** Whether a folder has the file of a lock that was taken, now or once. */
bool fovea_index_was_locked(int folder_fd);

/** Whether somebody has the lock of a folder now. */
bool fovea_index_is_locked(int folder_fd);

#endif
