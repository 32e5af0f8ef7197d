/*
 * Files that appear whole or not at all.
 *
 * Bytes go to a file without a name (O_TMPFILE) in the target's directory, or
 * to one with a hidden temporary name where the file system has no such thing.
 * Committing syncs it, renames it to the target's name and syncs the directory.
 * Until then nothing is to be seen under the target's name, and what was there
 * before is still there. A process that is killed leaves nothing behind where
 * O_TMPFILE works.
 *
 * A symbolic link at the target's name is replaced, not followed.
 */
#ifndef FOVEA_SYS_ATOMIC_FILE_H
#define FOVEA_SYS_ATOMIC_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "fovea/export.h"
#include "fovea/status.h"

/** What stood at a path when somebody looked at it (lstat). */
struct fovea_file_id {
    bool is_there;
    dev_t device;
    ino_t inode;
};

struct fovea_atomic_file {
    int fd;             /* the new file, for writing and reading; owned */
    int directory_fd;   /* where it will stand; owned */
    char *path;         /* the target as it was given */
    const char *name;   /* its last part, inside path */
    char temporary[32]; /* name in the directory; empty: it has none */
    int place;          /* where it stands now: private to atomic_file.c */
    bool expects;       /* that this stands at the target when it commits */
    struct fovea_file_id expected;
};

#define FOVEA_ATOMIC_FILE_INIT       \
    {                                \
        .fd = -1, .directory_fd = -1 \
    }

/**
 * Begin a file that will replace or become `path`.
 *
 * @return FOVEA_OK; FOVEA_ERR_FILE_NOT_FOUND if the directory does not exist;
 *         FOVEA_ERR_FILE_DENIED; FOVEA_ERR_NOT_A_FILE if something stands there
 *         that is not a regular file; FOVEA_ERR_ARGUMENT for a path without a
 *         file name; FOVEA_ERR_IO; FOVEA_ERR_NO_MEMORY. The message names the
 *         path.
 */
FOVEA_NODISCARD enum fovea_status fovea_atomic_file_open(const char *path,
        struct fovea_atomic_file *file_out, struct fovea_error *err);

/**
 * Replace nothing but what the caller has looked at; or nothing at all, if
 * nothing was there. Otherwise the commit fails with FOVEA_ERR_OUTPUT_REFUSED,
 * and what has come meanwhile stays.
 */
void fovea_atomic_file_expect(struct fovea_atomic_file *file,
        const struct fovea_file_id *id);

/** Append bytes. FOVEA_OK, FOVEA_ERR_DISK_FULL or FOVEA_ERR_IO. */
FOVEA_NODISCARD enum fovea_status fovea_atomic_file_write(
        struct fovea_atomic_file *file, const void *bytes, size_t size,
        struct fovea_error *err);

/** Write bytes at an offset; where write() goes on is not changed. */
FOVEA_NODISCARD enum fovea_status fovea_atomic_file_write_at(
        struct fovea_atomic_file *file, uint64_t offset, const void *bytes,
        size_t size, struct fovea_error *err);

/**
 * A path under which a library that takes no descriptors can write the file: it
 * gets its temporary name now, and keeps that if the process is killed.
 *
 * @param path_out  Owned by the caller.
 * @return FOVEA_OK, FOVEA_ERR_IO, FOVEA_ERR_FILE_DENIED, FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_atomic_file_temporary_path(
        struct fovea_atomic_file *file, char **path_out,
        struct fovea_error *err);

/**
 * Let n files appear, in this order. On failure the ones that had appeared are
 * taken back (what stood there before stands there again); all files are then
 * to be abandoned as after any other failure. On success they are finished and
 * abandoning them does nothing.
 *
 * The renames are separate steps: another process may see the first file's new
 * content beside the second one's old for an instant, and a machine that dies
 * in that instant may keep this. Where the file system cannot exchange two
 * names (RENAME_EXCHANGE), taking back removes the new file and the old one is
 * gone.
 *
 * @return FOVEA_OK, FOVEA_ERR_DISK_FULL, FOVEA_ERR_FILE_DENIED, FOVEA_ERR_IO, or
 *         FOVEA_ERR_OUTPUT_REFUSED (see above).
 */
FOVEA_NODISCARD enum fovea_status fovea_atomic_files_commit(
        struct fovea_atomic_file *const *files, size_t n,
        struct fovea_error *err);

/** Commit a single file. One that is refused may be told to expect something else
 *  and be committed again. */
FOVEA_NODISCARD enum fovea_status fovea_atomic_file_commit(
        struct fovea_atomic_file *file, struct fovea_error *err);

/** Drop what was not committed. Fine on FOVEA_ATOMIC_FILE_INIT, and twice. */
void fovea_atomic_file_abandon(struct fovea_atomic_file *file);

#endif
