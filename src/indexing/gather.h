/*
 * What is to be done about one root: its files and those that the index knows of
 * it, in one ordered pass. Gives the files that are to be read, one at a time, and
 * counts the others. What is gone is kept for the end, so that a file that was
 * renamed finds its content still there.
 */
#ifndef FOVEA_INDEXING_GATHER_H
#define FOVEA_INDEXING_GATHER_H

#include "base/text.h"
#include "bulk/walk.h"
#include "index/roots.h"
#include "indexing/differ.h"
#include "indexing/hooks.h"
#include "indexing/watcher.h"

/** Borrowed as long as the pass. */
struct fovea_gather_settings {
    struct fovea_index_folder *folder;
    const struct fovea_index_root *root;
    const struct fovea_filter *filter; /* or NULL */
    bool retry;                        /* what failed before */
    bool lists_gone;                   /* what is gone, by its path */
    struct fovea_watcher *watcher;     /* gets all folders; or NULL */
    const struct fovea_hooks *hooks; /* folders that cannot be read; or NULL */
};

struct fovea_gathered {
    uint64_t n_same;      /* files that nothing is to be done about */
    uint64_t n_known_bad; /* those that failed before, and are as they were */
    uint64_t n_to_read;
    uint64_t n_gone;
    uint64_t n_unread;      /* folders */
    struct fovea_text gone; /* paths, each with a NUL */
};

struct fovea_gather {
    const struct fovea_gather_settings *settings;
    struct fovea_walk *walk;
    struct fovea_index_files *files;
    struct fovea_differ differ;
    struct fovea_text unread;  /* the differ's */
    size_t last_unread;        /* where the last of them begins */
    enum fovea_walk_step step; /* of entry */
    struct fovea_walk_entry entry;
    const struct fovea_index_file *stored;
    enum fovea_difference difference; /* of the two, to be passed */
    struct fovea_gathered gathered;   /* so far */
};

FOVEA_NODISCARD enum fovea_status fovea_gather_begin(
        struct fovea_gather *gather,
        const struct fovea_gather_settings *settings, struct fovea_error *err);

/**
 * The next file that is to be read.
 *
 * @param most         Files to look at, at most.
 * @param path_out     Until the next call; NULL: none among them.
 * @param is_over_out  Whether all were looked at.
 */
FOVEA_NODISCARD enum fovea_status fovea_gather_next(struct fovea_gather *gather,
        size_t most, const char **path_out, bool *is_over_out,
        struct fovea_error *err);

/** Fine on an all-zero one. */
void fovea_gather_finish(struct fovea_gather *gather);

#endif
