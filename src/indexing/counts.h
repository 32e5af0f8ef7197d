/* How far an update is. Any thread may read them while it goes on. */
#ifndef FOVEA_INDEXING_COUNTS_H
#define FOVEA_INDEXING_COUNTS_H

#include <stdatomic.h>
#include <stdint.h>

struct fovea_counts {
    atomic_uint_least64_t n_same; /* files that were as they are */
    atomic_uint_least64_t
            n_known_bad; /* that failed before, and are as they were;
                                          those that are no images among them */
    atomic_uint_least64_t n_to_read;  /* that are new or have changed */
    atomic_uint_least64_t n_done;     /* of these */
    atomic_uint_least64_t n_embedded; /* pictures, each once for all models */
    atomic_uint_least64_t n_known;    /* files whose bytes were known: renamed,
                                          copied, touched */
    atomic_uint_least64_t n_skipped;  /* that are no images */
    atomic_uint_least64_t n_bad;      /* that failed */
    atomic_uint_least64_t
            n_unsettled;             /* that changed while they were read: next
                                          time */
    atomic_uint_least64_t n_gone;    /* of the index, and not there any more */
    atomic_uint_least64_t n_removed; /* of these, from the index */
    atomic_uint_least64_t n_unread;  /* folders that cannot be read */
    atomic_uint_least64_t n_commits;
    /* Since the update began: when the first came back, and how many had by then;
       0 before. */
    atomic_int_least64_t first_ns;
    atomic_uint_least64_t n_first;
};

/** Count from 0 again. */
void fovea_counts_clear(struct fovea_counts *counts);

static inline void
fovea_counts_add(atomic_uint_least64_t *count, uint64_t n)
{
    (void)atomic_fetch_add_explicit(count, n, memory_order_relaxed);
}

#endif
