/* Which rows of a set a search may find: tombstones never, others by a filter. */
#ifndef FOVEA_INDEX_MASK_H
#define FOVEA_INDEX_MASK_H

#include "index/filter.h"
#include "index/sets.h"

/**
 * The rows that may be found: those of contents of which a file or an item is let
 * through.
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
