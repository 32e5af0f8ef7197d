/* Which rows of a set a search may find: tombstones never, others by a filter. */
#ifndef FOVEA_INDEX_MASK_H
#define FOVEA_INDEX_MASK_H

#include "index/sets.h"

/** What a content's files or items must be like; all zero: anything. A content is
 *  let through if one of its files or items is. */
struct fovea_index_filter {
    const int64_t *roots; /* files of these roots alone, no items; n 0: all */
    size_t n_roots;
    /* As fovea_glob_covers() has them (base/glob.h), on a file's path below its
       root and its whole path, or an item's name. One must match where there are
       any; of the others none may. */
    const char *const *globs;
    size_t n_globs;
    const char *const *not_globs;
    size_t n_not_globs;
    /* Seconds since 1970: when the picture was taken, else the file's time of
       change, or when the item was added. */
    bool has_from;
    int64_t from_s; /* at or after */
    bool has_until;
    int64_t until_s; /* before */
};

/**
 * The rows that may be found.
 *
 * @param filter    NULL: all live rows.
 * @param mask_out  A bit a row, row i is bit i % 64 of word i / 64, set: it may be
 *                  found; owned by the caller (free()). NULL: all rows may.
 * @param n_out     How many.
 */
FOVEA_NODISCARD enum fovea_status fovea_index_mask(
        struct fovea_index_folder *folder, const struct fovea_index_set *set,
        const struct fovea_index_filter *filter, uint64_t **mask_out,
        uint64_t *n_out, struct fovea_error *err);

#endif
