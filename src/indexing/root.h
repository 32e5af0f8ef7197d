/*
 * Folders that are indexed: what each is, and whether it is still the one that it
 * was. A disk that is not plugged in must not look like pictures that were
 * removed.
 */
#ifndef FOVEA_INDEXING_ROOT_H
#define FOVEA_INDEXING_ROOT_H

#include <stdbool.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

#include "index/roots.h"

/** What stands at a root's path. */
struct fovea_root {
    int fd;          /* owned; -1: not open */
    uint64_t device; /* the file system's own number, which stays when it is
                        mounted again; of one without, the device's */
    uint64_t inode;
};

#define FOVEA_ROOT_INIT \
    {                   \
        .fd = -1        \
    }

/**
 * Open a folder and tell what it is.
 *
 * @return FOVEA_OK; FOVEA_ERR_FILE_NOT_FOUND, FOVEA_ERR_FILE_DENIED,
 *         FOVEA_ERR_NOT_A_FILE if it is no folder, FOVEA_ERR_IO. The message
 *         names it.
 */
FOVEA_NODISCARD enum fovea_status fovea_root_open(const char *path,
        struct fovea_root *root_out, struct fovea_error *err);

/** Fine on FOVEA_ROOT_INIT, and twice. */
void fovea_root_finish(struct fovea_root *root);

/**
 * Open a root that the index knows, and check that it is still the one.
 *
 * One whose index lies in it, on the same file system, is the one wherever that
 * is: folder and index have moved together.
 *
 * @param index_path  The index's folder.
 * @return FOVEA_OK; FOVEA_ERR_ROOT_MISSING if it is not there, or on another file
 *         system than it was; else as fovea_root_open().
 */
FOVEA_NODISCARD enum fovea_status fovea_root_find(
        const struct fovea_index_root *stored, const char *index_path,
        struct fovea_root *root_out, struct fovea_error *err);

/** FOVEA_ERR_ROOT_MISSING of a root that has files in the index and none on the
 *  disk, nor folders: nothing but what is hidden. */
FOVEA_NODISCARD enum fovea_status fovea_root_check_empty(
        const struct fovea_root *root, const struct fovea_index_root *stored,
        struct fovea_error *err);

#endif
