/*
 * Differences between the files that a folder has and those that an index knows
 * of it: two lists in the order of their paths' bytes, one step at a time. No
 * file is touched here.
 */
#ifndef FOVEA_INDEXING_DIFFER_H
#define FOVEA_INDEXING_DIFFER_H

#include <stdbool.h>
#include <stddef.h>

#include "bulk/filter.h"
#include "index/files.h"
#include "indexing/stamp.h"

/** What the two heads of the lists come to, and which of them are done. */
enum fovea_difference {
    FOVEA_DIFFERENCE_NONE,    /* both lists are at their ends */
    FOVEA_DIFFERENCE_SAME,    /* both: nothing is to be done */
    FOVEA_DIFFERENCE_CHANGED, /* both: it is to be read */
    FOVEA_DIFFERENCE_NEW,     /* the file: it is to be read */
    FOVEA_DIFFERENCE_GONE,    /* the stored one: it is not there any more */
    FOVEA_DIFFERENCE_UNSEEN,  /* the stored one: nobody has looked for it */
};

/** A file that was found. */
struct fovea_found {
    const char *path;
    struct fovea_stamp stamp;
};

struct fovea_differ {
    const struct fovea_filter *filter; /* of what is looked for; or NULL */
    bool retry;                        /* what failed before is to be read */
    /* Folders that cannot be read, each with a slash at its end ("": the top) and
       a NUL behind it. */
    const char *unread;
    size_t unread_size; /* of all; 0: none yet */
};

/** found, stored: NULL at the end of the list. */
enum fovea_difference fovea_differ_step(const struct fovea_differ *differ,
        const struct fovea_found *found, const struct fovea_index_file *stored);

/** Whether a path is looked for: it counts, and so do all folders that lead to
 *  it; none of its names begins with a dot. */
bool fovea_differ_looks_for(const struct fovea_differ *differ,
        const char *path);

#endif
