/*
 * The index folder: what is known of files, of their contents and of the vectors
 * of these, kept by one process at a time and read by many.
 *
 *   index.sqlite   tables (schema.c): roots, files, contents, items, sets, rows
 *   segments/      vectors, in files of src/store
 *   lock           whoever writes holds a lock on it; its process number inside
 *
 * A *content* is what distinct bytes are: a digest, facts about the picture, and at
 * most one vector in each *set*. Files (below a *root*) and items (added by a
 * caller under a name) lead to contents, any number of them to one. A set is a
 * model with its arithmetic, pixels and dimension; nothing is mixed in it. A *row*
 * is a vector's place in its set; what was removed leaves a tombstone until
 * fovea_index_compact().
 *
 * Writing: the first change begins a transaction, fovea_index_commit() ends it:
 * vectors are synced first, then SQLite commits with synchronous=FULL. What was
 * committed is there after a kill or a power cut; what was not is not.
 *
 * Reading: fovea_index_snapshot_begin() fixes what is seen until
 * fovea_index_snapshot_end(), whoever writes meanwhile; no reader waits for the
 * writer, nor it for them. Without one each call sees what is committed then. A
 * writer sees its own changes.
 *
 * Threads: one at a time for each handle; any number of handles, also in one
 * process, where the lock keeps a second writer out as well.
 *
 * The other headers of this folder have what is done with a handle: roots.h,
 * files.h, contents.h, items.h, sets.h, rows.h, mask.h, run.h, check.h, compact.h.
 */
#ifndef FOVEA_INDEX_FOLDER_H
#define FOVEA_INDEX_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

enum fovea_index_access {
    FOVEA_INDEX_READ,
    FOVEA_INDEX_WRITE,
    FOVEA_INDEX_CREATE, /* write; an index is made where there is none */
    FOVEA_INDEX_CREATE_PRIVATE, /* the same, for the user alone (0700) */
};

struct fovea_index_folder;

/** Whether there is an index at path: a folder with index.sqlite in it. */
bool fovea_index_folder_is_there(const char *path);

/**
 * Open an index folder.
 *
 * Reading works in folders that may not be written and on network file systems
 * as well. Creating makes the last folder of path alone, and never takes over one
 * that holds other things.
 *
 * @return FOVEA_OK; FOVEA_ERR_INDEX_NOT_FOUND; FOVEA_ERR_INDEX_BUSY with the
 *         writer's process number in the message, at once;
 *         FOVEA_ERR_INDEX_READ_ONLY; FOVEA_ERR_INDEX_NEWER;
 *         FOVEA_ERR_INDEX_DAMAGED; FOVEA_ERR_OUTPUT_REFUSED for what is there and
 *         is no index; FOVEA_ERR_DISK_FULL; FOVEA_ERR_FILE_DENIED, FOVEA_ERR_IO,
 *         FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_index_folder_open(const char *path,
        enum fovea_index_access access, struct fovea_index_folder **folder_out,
        struct fovea_error *err);

/** Close; what was not committed is dropped. NULL is fine. All that was borrowed
 *  from it goes with it; cursors are closed before. */
void fovea_index_folder_close(struct fovea_index_folder *folder);

/** Its path, whole and without links. Borrowed. */
const char *fovea_index_folder_path(const struct fovea_index_folder *folder);

/**
 * Let all changes since the last commit be there for others, and for good.
 *
 * @return FOVEA_OK, also without changes; FOVEA_ERR_DISK_FULL or FOVEA_ERR_IO:
 *         none of the changes is there then, as after fovea_index_rollback(), and
 *         the index goes on with what was committed before.
 */
FOVEA_NODISCARD enum fovea_status fovea_index_commit(
        struct fovea_index_folder *folder, struct fovea_error *err);

/** Drop all changes since the last commit. */
void fovea_index_rollback(struct fovea_index_folder *folder);

/** See one state of the index until the end is called. Not twice. Sets and rows
 *  (sets.h) are those of that state. */
FOVEA_NODISCARD enum fovea_status fovea_index_snapshot_begin(
        struct fovea_index_folder *folder, struct fovea_error *err);

void fovea_index_snapshot_end(struct fovea_index_folder *folder);

/** How much there is. */
struct fovea_index_counts {
    uint64_t n_files;
    uint64_t n_failed; /* of the files */
    uint64_t n_contents;
    uint64_t n_items;
    uint64_t size_bytes; /* on the disk, of all of the folder's files */
};

FOVEA_NODISCARD enum fovea_status fovea_index_count(
        struct fovea_index_folder *folder,
        struct fovea_index_counts *counts_out, struct fovea_error *err);

#endif
