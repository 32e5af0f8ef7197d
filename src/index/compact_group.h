/* Segments that follow each other become one, without their tombstones. */
#ifndef FOVEA_INDEX_COMPACT_GROUP_H
#define FOVEA_INDEX_COMPACT_GROUP_H

#include "index/check_calls.h"
#include "index/internal.h"

struct fovea_compact_group {
    size_t first; /* of the set's segments */
    size_t n;     /* 0: there is nothing to be done */
    uint64_t n_live;
    uint64_t n_tombstones;
};

/** The next segments of a set, from a place on, that are worth it: with
 *  tombstones, or several that have room in one. */
FOVEA_NODISCARD enum fovea_status fovea_compact_find(
        struct fovea_index_folder *folder, const struct fovea_index_set *set,
        size_t from, struct fovea_compact_group *group_out,
        struct fovea_error *err);

/** How far it is. */
struct fovea_compact_progress {
    const struct fovea_index_check_calls *calls; /* NULL: nobody asks */
    uint64_t n_done;                             /* rows */
    uint64_t n_total;
};

/** Rewrite a group in the transaction that is open. Synced, not committed. */
FOVEA_NODISCARD enum fovea_status fovea_compact_rewrite(
        struct fovea_index_folder *folder, const struct fovea_index_set *set,
        const struct fovea_compact_group *group,
        struct fovea_compact_progress *progress, struct fovea_error *err);

#endif
