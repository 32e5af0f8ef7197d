/*
 * Pairs of rows that are alike, however many: so many in memory, the rest in a
 * file without a name.
 *
 * A folder of ten thousand frames of one scene has fifty million pairs. They are
 * gone through from the first to the last, some times, and nothing else is asked
 * of them.
 */
#ifndef FOVEA_FIND_PAIR_LIST_H
#define FOVEA_FIND_PAIR_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

struct fovea_row_pair {
    uint32_t a; /* two rows, in either order */
    uint32_t b;
    float cosine;
};

struct fovea_pair_list {
    const char *folder;           /* for the file; borrowed */
    size_t capacity;              /* pairs in memory */
    struct fovea_row_pair *pairs; /* what is in memory: the last ones */
    size_t n;
    int fd; /* -1: no file yet */
    uint64_t n_in_file;
    struct fovea_row_pair *read; /* a block of the file, while it is read */
};

/**
 * Begin an empty one.
 *
 * @param folder    Where the file is made, once it is needed.
 * @param capacity  Pairs that are kept in memory, at least 1.
 * @return FOVEA_OK; FOVEA_ERR_NO_MEMORY. It is to be finished in any case.
 */
FOVEA_NODISCARD enum fovea_status fovea_pair_list_init(
        struct fovea_pair_list *list, const char *folder, size_t capacity,
        struct fovea_error *err);

void fovea_pair_list_finish(struct fovea_pair_list *list);

/** Add one. FOVEA_OK; FOVEA_ERR_DISK_FULL; FOVEA_ERR_IO. */
FOVEA_NODISCARD enum fovea_status fovea_pair_list_add(
        struct fovea_pair_list *list, const struct fovea_row_pair *pair,
        struct fovea_error *err);

/** Call see() for each, in the order in which they were added. As above, and
 *  FOVEA_ERR_NO_MEMORY. */
FOVEA_NODISCARD enum fovea_status fovea_pair_list_each(
        struct fovea_pair_list *list,
        void (*see)(void *context, const struct fovea_row_pair *pair),
        void *context, struct fovea_error *err);

#endif
