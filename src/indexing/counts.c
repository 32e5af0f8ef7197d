/* See counts.h. */
#include "indexing/counts.h"

#include "base/macros.h"

void
fovea_counts_clear(struct fovea_counts *counts)
{
    atomic_uint_least64_t *const all[] = { &counts->n_same,
        &counts->n_known_bad, &counts->n_to_read, &counts->n_done,
        &counts->n_embedded, &counts->n_known, &counts->n_skipped,
        &counts->n_bad, &counts->n_unsettled, &counts->n_gone,
        &counts->n_removed, &counts->n_unread, &counts->n_commits,
        &counts->n_first };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(all); i++) {
        atomic_store(all[i], 0);
    }
    atomic_store(&counts->first_ns, 0);
}
