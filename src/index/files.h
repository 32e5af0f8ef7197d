/*
 * Files of an index, by root and path. Paths are bytes, relative to the root,
 * without a slash at either end. They are ordered as memcmp() orders them: a walk
 * meets them in that order if it takes folders as names that end in a slash.
 */
#ifndef FOVEA_INDEX_FILES_H
#define FOVEA_INDEX_FILES_H

#include "index/file.h"
#include "index/folder.h"

/** Which files a cursor gives; all zero: all. */
struct fovea_index_file_query {
    int64_t root;        /* 0: all, in the order of their numbers */
    int64_t content;     /* not 0: those of this content alone */
    int64_t missing_set; /* not 0: those whose content has no vector in this
                            set */
    bool failed;         /* those with a failure alone */
};

struct fovea_index_files;

/**
 * Read files in order of root and path.
 *
 * Changes that are made meanwhile by the same handle are fine: no file is given
 * twice, and none is left out that was there all the time.
 */
FOVEA_NODISCARD enum fovea_status fovea_index_files_open(
        struct fovea_index_folder *folder,
        const struct fovea_index_file_query *query,
        struct fovea_index_files **files_out, struct fovea_error *err);

/** The next file, borrowed until the next call; NULL at the end. */
FOVEA_NODISCARD enum fovea_status fovea_index_files_next(
        struct fovea_index_files *files,
        const struct fovea_index_file **file_out, struct fovea_error *err);

/** NULL is fine. */
void fovea_index_files_close(struct fovea_index_files *files);

/** One file; FOVEA_ERR_NO_ITEM if the index does not have it. Borrowed until the
 *  next call of this function. */
FOVEA_NODISCARD enum fovea_status fovea_index_file_get(
        struct fovea_index_folder *folder, int64_t root, const char *path,
        const struct fovea_index_file **file_out, struct fovea_error *err);

/** Write down a file, in place of what was known of it. Paths are borrowed for
 *  the call. */
FOVEA_NODISCARD enum fovea_status fovea_index_file_put(
        struct fovea_index_folder *folder, const struct fovea_index_file *file,
        struct fovea_error *err);

/** Remove a file from the index; its content stays until fovea_index_sweep(), so
 *  that a file that comes back, or was renamed, costs nothing.
 *  FOVEA_ERR_NO_ITEM if the index does not have it. */
FOVEA_NODISCARD enum fovea_status fovea_index_file_remove(
        struct fovea_index_folder *folder, int64_t root, const char *path,
        struct fovea_error *err);

#endif
