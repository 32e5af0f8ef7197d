/* How many files and items have the same bytes. */
#ifndef FOVEA_FIND_COPIES_H
#define FOVEA_FIND_COPIES_H

#include "find/picture.h"

/** Contents, each as often as there are files and items of it. All zero is
 *  empty. */
struct fovea_copies {
    int64_t *contents; /* ascending; owned */
    size_t n;
    size_t capacity;
};

/** Count those that a filter lets through (NULL: all). As reading an index. */
FOVEA_NODISCARD enum fovea_status fovea_copies_count(
        struct fovea_index_folder *folder,
        const struct fovea_picture_roots *roots,
        const struct fovea_index_filter *filter,
        struct fovea_copies *copies_out, struct fovea_error *err);

/** Of one content. */
size_t fovea_copies_of(const struct fovea_copies *copies, int64_t content);

void fovea_copies_finish(struct fovea_copies *copies);

#endif
