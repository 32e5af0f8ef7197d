/*
 * The same picture again: groups of pictures that are alike, and of files with the
 * same bytes.
 *
 * A group is a best picture and those within the threshold of it (find/groups.h);
 * or one picture of which there are several files. The best is, of those that all
 * others of the group are within the threshold of, the one with the most pixels,
 * then with the most bytes, then the oldest, then the first by name. Nothing is
 * changed, and no file is opened.
 *
 * Memory: some 50 bytes a picture, 8 a file, 50 MiB of pairs (more go to a file
 * without a name), and a group at a time.
 *
 * Threads: as the index folder's handle.
 */
#ifndef FOVEA_FIND_DUPLICATES_H
#define FOVEA_FIND_DUPLICATES_H

#include "find/best.h"
#include "index/sets.h"

struct fovea_duplicate {
    struct fovea_picture
            picture; /* of the best: its oldest place is the first */
    float score;     /* cosine to the best; 1 of itself */
    bool is_largest; /* of the group, by pixels, then bytes: one of them */
    bool is_oldest;
};

struct fovea_duplicate_group {
    struct fovea_duplicate *pictures; /* the best, then by their scores */
    size_t n;                         /* 1: files of the same bytes alone */
    size_t n_places;                  /* files and items of all of them */
    enum fovea_best_reason reason;
};

struct fovea_duplicates_request {
    const struct fovea_index_set *set;       /* NULL: the same bytes alone */
    float threshold;                         /* least cosine, -1 to 1 */
    const struct fovea_index_filter *filter; /* NULL: everything */
    unsigned n_threads;                      /* 1 or more */
    const char *temporary_folder;            /* for a file of pairs */

    /** How far the comparing is; by any of the threads, one at a time. NULL:
     *  not told. */
    void (*progress)(void *context, uint64_t done, uint64_t total);
    bool (*is_cancelled)(void *context); /* by any thread; NULL: never */
    /** A group, borrowed for the call; those of the most files first. */
    enum fovea_status (*see)(void *context,
            const struct fovea_duplicate_group *group, struct fovea_error *err);
    void *context;
};

struct fovea_duplicates_totals {
    uint64_t n_compared; /* pictures */
    uint64_t n_groups;
    uint64_t n_places;    /* in groups */
    uint64_t spare_bytes; /* of all of them but the bests' first places */
    uint64_t n_pairs;     /* within the threshold */
    uint64_t n_reranked;  /* pairs that were compared by their stored values */
};

/**
 * Find groups. Within a snapshot, which the set is of.
 *
 * @return FOVEA_OK; FOVEA_ERR_CANCELLED; what see() said; FOVEA_ERR_DISK_FULL;
 *         as fovea_pairs_run() and reading an index.
 */
FOVEA_NODISCARD enum fovea_status fovea_duplicates(
        struct fovea_index_folder *folder,
        const struct fovea_duplicates_request *request,
        struct fovea_duplicates_totals *totals_out, struct fovea_error *err);

#endif
