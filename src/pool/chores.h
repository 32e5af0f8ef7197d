/*
 * What takes time and is not to hold the loop up: digests of weights and of
 * images that ended workers, reading and writing the cache. One thread, one
 * chore at a time, in their order; started by the first. What comes of a chore
 * is dealt with by the loop thread.
 */
#ifndef FOVEA_POOL_CHORES_H
#define FOVEA_POOL_CHORES_H

#include "pool/internal.h"

enum fovea_chore_kind {
    FOVEA_CHORE_DIGEST,     /* of the model's files -> text */
    FOVEA_CHORE_OPEN,       /* the packed copy under text -> fd */
    FOVEA_CHORE_STORE,      /* fd under text */
    FOVEA_CHORE_REMOVE,     /* what is under text */
    FOVEA_CHORE_QUARANTINE, /* of an image's bytes -> quarantined.digest */
};

struct fovea_chore {
    struct fovea_chore *next;
    enum fovea_chore_kind kind;
    struct fovea_group *group; /* n_chores counts this one */
    char text[FOVEA_CACHE_KEY_SIZE];
    int fd;                                /* owned; -1: none */
    bool is_stored;                        /* STORE: whatever the result */
    char reason[FOVEA_ERROR_MESSAGE_SIZE]; /* REMOVE: why */
    struct fovea_pool_item *item;          /* QUARANTINE: owned */
    struct fovea_quarantined quarantined;  /* QUARANTINE: digest is filled in */
    struct fovea_error result;
};

/** Takes a copy and what it owns. False: it cannot be done; nothing was
 *  taken. */
FOVEA_NODISCARD bool fovea_chores_add(struct fovea_pool *pool,
        const struct fovea_chore *chore);

/** Deal with what is done. */
void fovea_chores_collect(struct fovea_pool *pool);

/** None is left, begun or not. */
bool fovea_chores_are_done(const struct fovea_pool *pool);

/** Wait for the thread's end; only when none is left. */
void fovea_chores_destroy(struct fovea_pool *pool);

#endif
