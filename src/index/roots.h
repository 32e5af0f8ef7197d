/*
 * Folders that are indexed. A root that the index lies inside of (DIR/.fovea in
 * DIR) is kept relative to the index, and moves with it; others by their whole
 * path.
 */
#ifndef FOVEA_INDEX_ROOTS_H
#define FOVEA_INDEX_ROOTS_H

#include "index/folder.h"

struct fovea_index_root {
    int64_t id;
    const char *path; /* whole, as of where the index lies now; bytes */
    /* What the folder was when it was last seen; what they mean is the
       caller's. */
    uint64_t device;
    uint64_t inode;
    uint64_t n_files;
};

/**
 * All roots, in the order in which they were added.
 *
 * @param roots_out  Owned by the caller, one block (free()), names included;
 *                   NULL without any.
 */
FOVEA_NODISCARD enum fovea_status fovea_index_roots(
        struct fovea_index_folder *folder, struct fovea_index_root **roots_out,
        size_t *n_out, struct fovea_error *err);

/** Add a root, or write down anew what it is.
 *
 *  @param path  Whole, without links and without a slash at its end. */
FOVEA_NODISCARD enum fovea_status fovea_index_root_put(
        struct fovea_index_folder *folder, const char *path, uint64_t device,
        uint64_t inode, int64_t *id_out, struct fovea_error *err);

/** Remove a root with all its files. Their contents stay until
 *  fovea_index_sweep(). FOVEA_ERR_NO_ITEM if there is none. */
FOVEA_NODISCARD enum fovea_status fovea_index_root_remove(
        struct fovea_index_folder *folder, int64_t id, struct fovea_error *err);

/**
 * Roots at or below a folder are at or below another one from now on; files and
 * vectors stay as they are.
 *
 * @return FOVEA_OK; FOVEA_ERR_NO_ITEM if no root is there; FOVEA_ERR_ARGUMENT if
 *         two roots would be one, or a path is not whole.
 */
FOVEA_NODISCARD enum fovea_status fovea_index_relocate(
        struct fovea_index_folder *folder, const char *old_path,
        const char *new_path, size_t *n_out, struct fovea_error *err);

#endif
