/*
 * An index of an older format: it is upgraded in a copy, which takes its place in
 * one step; one that is only read, in a copy in memory.
 */
#ifndef FOVEA_INDEX_UPGRADE_H
#define FOVEA_INDEX_UPGRADE_H

#include "index/db.h"

/** What makes tables of version i + 2 of those of version i + 1. */
struct fovea_upgrade_steps {
    const char *const *texts;
    size_t n;
};

/**
 * Upgrade the index that a connection is open on; it is one on the upgraded index
 * then.
 *
 * @param path  Of its index.sqlite.
 * @return FOVEA_OK; FOVEA_ERR_INDEX_BUSY while others read it;
 *         FOVEA_ERR_INDEX_DAMAGED, FOVEA_ERR_DISK_FULL, FOVEA_ERR_IO: the index
 *         is what it was.
 */
FOVEA_NODISCARD enum fovea_status fovea_upgrade(struct fovea_db *db,
        const char *path, int folder_fd, bool can_write,
        struct fovea_error *err);

/** The same by other steps. */
FOVEA_NODISCARD enum fovea_status fovea_upgrade_by(struct fovea_db *db,
        const char *path, int folder_fd, bool can_write,
        const struct fovea_upgrade_steps *steps, struct fovea_error *err);

#endif
