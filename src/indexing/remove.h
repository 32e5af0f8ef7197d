/* Taking out of an index what somebody names; no file is touched. */
#ifndef FOVEA_INDEXING_REMOVE_H
#define FOVEA_INDEXING_REMOVE_H

#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

struct fovea_index_folder;

struct fovea_removed {
    uint64_t n_files;
    uint64_t n_items;
    uint64_t n_roots;
};

/**
 * Remove an item of that name; a root of that path, with all its files; a file, or
 * all files in a folder, of that path; or else, where word has a *, ? or [, the
 * files whose name matches, or with a / in it whose path below the root or whole
 * path does. Nothing is committed.
 *
 * @param path  The whole path that word is, if it is one.
 * @return FOVEA_OK; FOVEA_ERR_NO_ITEM if the index has none of that.
 */
FOVEA_NODISCARD enum fovea_status fovea_remove(
        struct fovea_index_folder *folder, const char *word, const char *path,
        struct fovea_removed *removed_out, struct fovea_error *err);

#endif
