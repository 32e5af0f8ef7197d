/* Who is told while an index is checked or compacted. */
#ifndef FOVEA_INDEX_CHECK_CALLS_H
#define FOVEA_INDEX_CHECK_CALLS_H

#include <stdbool.h>
#include <stdint.h>

/** Something that is wrong, and what can be done about it: each a sentence, one
 *  line, borrowed for the call. False ends the check. */
typedef bool fovea_index_fault_fn(void *context, const char *fault,
        const char *remedy);

/** How far it is: rows of vectors checked, of how many. False ends it. May be
 *  NULL. */
typedef bool fovea_index_progress_fn(void *context, uint64_t n_done,
        uint64_t n_total);

struct fovea_index_check_calls {
    fovea_index_fault_fn *on_fault;
    fovea_index_progress_fn *on_progress;
    void *context;
};

#endif
