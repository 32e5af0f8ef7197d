/*
 * Groups of rows that are alike, made of pairs: a centre and rows that are within
 * the threshold of it, never a chain (a row that is like another that is like the
 * centre does not count).
 *
 * Rows become centres in the order of how many others are within the threshold
 * of them; whoever is within the threshold of a centre becomes none itself. Then
 * each row goes to the centre that it is most alike. On photographs that were
 * changed in sixteen ways (docs/DUPLICATES.md) this keeps pictures that happen to
 * be a little alike out of groups of others, which taking them with the first
 * centre that they are near does not.
 *
 * The result depends on the set of pairs alone, not on their order: between
 * equals a hash of the row's number decides, so that a long row of rows, each
 * like the next, takes few rounds. Pure; no threads.
 */
#ifndef FOVEA_FIND_GROUPS_H
#define FOVEA_FIND_GROUPS_H

#include <stdbool.h>

#include "find/pair_list.h"

struct fovea_group_member {
    uint32_t row;
    float cosine;     /* to the best, once measured; 1 of itself */
    bool reaches_all; /* all others of the group are within the threshold of it */
};

struct fovea_group {
    struct fovea_group_member *members; /* into the array of all */
    size_t n;                           /* 2 at least */
    size_t best; /* a member that reaches all; at first the centre */
};

/** All zero is empty. */
struct fovea_groups {
    struct fovea_group *all; /* in the order of their centres' rows */
    size_t n;
    struct fovea_group_member *members; /* of a group in the order of rows */
    size_t n_members;
};

/**
 * Make groups.
 *
 * @param pairs   Each pair once, of two rows below n_rows.
 * @return FOVEA_OK; FOVEA_ERR_NO_MEMORY; as fovea_pair_list_each().
 */
FOVEA_NODISCARD enum fovea_status fovea_groups_make(
        struct fovea_pair_list *pairs, uint32_t n_rows,
        struct fovea_groups *groups_out, struct fovea_error *err);

/** Find the members' cosines to the best of their group, which the caller may
 *  have chosen among those that reach all. As above. */
FOVEA_NODISCARD enum fovea_status fovea_groups_measure(
        struct fovea_groups *groups, struct fovea_pair_list *pairs,
        uint32_t n_rows, struct fovea_error *err);

void fovea_groups_finish(struct fovea_groups *groups);

#endif
