/*
 * Changes in folders, as the kernel tells them (inotify): which roots something has
 * happened in. What it was an update finds out, so that no event has to be
 * understood, and none is missed for good: where the kernel drops some, all roots
 * have changed.
 *
 * What other machines do to files of a network file system it does not tell.
 */
#ifndef FOVEA_INDEXING_WATCHER_H
#define FOVEA_INDEXING_WATCHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

struct fovea_watcher;

/** FOVEA_OK; FOVEA_ERR_IO, naming the limit that is reached if one is;
 *  FOVEA_ERR_NO_MEMORY. */
FOVEA_NODISCARD enum fovea_status fovea_watcher_create(
        struct fovea_watcher **watcher_out, struct fovea_error *err);

/** NULL is fine. */
void fovea_watcher_destroy(struct fovea_watcher *watcher);

/** Watch a folder of a root, that is open; once more is fine. What keeps it from
 *  that is told by fovea_watcher_check(). */
void fovea_watcher_add(struct fovea_watcher *watcher, int64_t root, int fd);

/** What kept a folder from being watched: FOVEA_ERR_IO, naming the limit that is
 *  reached if one is; FOVEA_ERR_NO_MEMORY. */
FOVEA_NODISCARD enum fovea_status fovea_watcher_check(
        const struct fovea_watcher *watcher, struct fovea_error *err);

/** Readable while there is something to be read. */
int fovea_watcher_fd(const struct fovea_watcher *watcher);

/** Take all that there is. Whether it is about anything that counts. */
bool fovea_watcher_read(struct fovea_watcher *watcher);

/** The roots that have changed since the last call, until the next one; n 0: any
 *  may have. */
const int64_t *fovea_watcher_take(struct fovea_watcher *watcher, size_t *n_out);

#endif
