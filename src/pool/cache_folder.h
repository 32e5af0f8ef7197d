/*
 * Folders of the cache: made for the user alone, opened only if they are, and
 * kept to a size.
 */
#ifndef FOVEA_POOL_CACHE_FOLDER_H
#define FOVEA_POOL_CACHE_FOLDER_H

#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

#include "sys/atomic_file.h"

/**
 * Open <cache>/<name>.
 *
 * @param fd_out  Owned by the caller; -1 if one of them is not there, which is
 *                no failure.
 * @return FOVEA_OK; FOVEA_ERR_FILE_DENIED if one is not the user's own, or
 *         others may write to it; FOVEA_ERR_IO.
 */
FOVEA_NODISCARD enum fovea_status fovea_cache_folder_open(const char *cache,
        const char *name, int *fd_out, struct fovea_error *err);

/**
 * The same, made for the user alone if it is missing, with what is missing
 * above it.
 *
 * @param path_out  Owned by the caller.
 */
FOVEA_NODISCARD enum fovea_status fovea_cache_folder_need(const char *cache,
        const char *name, char **path_out, int *fd_out,
        struct fovea_error *err);

/** Begin a file for the user alone, whatever the umask is. The caller abandons
 *  it, also on failure. As fovea_atomic_file_open() otherwise. */
FOVEA_NODISCARD enum fovea_status fovea_cache_folder_begin_file(
        const char *folder, const char *name, struct fovea_atomic_file *file,
        struct fovea_error *err);

/** Open a file of a folder for reading; -1 if it is not there, no regular file,
 *  not the user's own or open to the writing of others. */
int fovea_cache_folder_open_file(int folder_fd, const char *name);

/**
 * Remove the files that were not used for the longest time until what stays
 * keeps to the limits; also what writers that were killed left behind.
 *
 * @param keep  A name that stays in any case; NULL: none.
 */
FOVEA_NODISCARD enum fovea_status fovea_cache_folder_trim(int folder_fd,
        uint64_t max_bytes, size_t max_files, const char *keep,
        struct fovea_error *err);

#endif
