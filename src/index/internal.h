/*
 * What the files of this folder share: the handle. From the bottom to the top:
 *
 *   db, query    SQLite
 *   schema       which tables there are, versions
 *   lock, place  the folder itself
 *   change       the transaction that changes belong to
 *   appender     vectors that are added, until they are committed
 *   set_list     the sets and segments that are open
 *   files, items, contents, roots, run, rows, mask    what an index has
 *   sets, folder, compact, check                      the whole of it
 */
#ifndef FOVEA_INDEX_INTERNAL_H
#define FOVEA_INDEX_INTERNAL_H

#include "index/db.h"
#include "index/folder.h"
#include "index/set.h"

/* Where an index folder's vectors lie, below it. */
#define FOVEA_INDEX_SEGMENTS "segments"
#define FOVEA_INDEX_DATABASE "index.sqlite"
/* What is to become index.sqlite, until it is whole. */
#define FOVEA_INDEX_DRAFT FOVEA_INDEX_DATABASE ".new"

/* The segment of a set that rows are appended to. */
struct fovea_index_appender {
    int64_t set;
    int64_t segment_id;
    struct fovea_segment *segment; /* owned */
    bool is_dirty;                 /* has rows that are not synced */
};

/* A segment that is open for reading. */
struct fovea_index_open_segment {
    int64_t id;
    struct fovea_segment *segment; /* owned */
    bool is_used;                  /* by the list that is being made */
};

/* The sets as of one state of the index. */
struct fovea_index_set_list {
    bool is_loaded;
    int64_t data_version; /* of the state, as SQLite counts */
    struct fovea_index_set *sets;
    size_t n_sets;
    struct fovea_index_open_segment *open;
    size_t n_open;
    size_t n_segments;
    const struct fovea_segment *
            *segments; /* [n_segments], by set and position */
    int64_t *segment_ids;
    uint64_t *first_rows;
};

struct fovea_index_folder {
    char *path; /* whole */
    int fd;     /* of the folder */
    int lock_fd;
    bool can_write;
    bool is_changing; /* a transaction that writes is open */
    bool has_failed;  /* and cannot be committed any more */
    bool in_snapshot;
    struct fovea_db db;
    struct fovea_index_set_list list;
    struct fovea_index_appender *appenders;
    size_t n_appenders;
    void *got_file; /* what fovea_index_file_get() lent; owned */
    void *got_item;
};

#endif
