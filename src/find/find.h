/*
 * Finding pictures in an index by a vector.
 *
 * A picture is a content of the index: distinct bytes, with all files and items
 * that have them. Which set of vectors is searched, and what vector stands for
 * the query, is the caller's: nothing here embeds.
 *
 * Threads: as the index folder's handle (index/folder.h).
 */
#ifndef FOVEA_FIND_FIND_H
#define FOVEA_FIND_FIND_H

#include "find/picture.h"
#include "index/mask.h"

/** What is searched for. */
struct fovea_find_request {
    const float *query; /* [dimension of the set], finite, not all zeros */
    size_t n_best;      /* 0: all */
    float min_score;    /* and no others than these; -1: all */
    const struct fovea_index_filter *filter; /* NULL: everything */
    const int64_t *without; /* contents that are not to be found */
    size_t n_without;
    bool (*is_cancelled)(void *context); /* asked now and then; NULL: never */
    void *context;
};

struct fovea_find_hit {
    float score; /* cosine, -1 to 1 */
    uint64_t row;
    struct fovea_picture picture;
};

/** All zero is empty. */
struct fovea_findings {
    struct fovea_find_hit *hits; /* best first; of equals the lower row first */
    size_t n;
    uint64_t n_scanned;  /* pictures that the filter left */
    uint64_t n_reranked; /* of them, those whose stored values were read */
};

/**
 * The set to search.
 *
 * @param model      The key of its model; NULL: the first set with words, or,
 *                   unless words are needed, the first of all.
 * @param needs_words  There are words in the query.
 * @param set_out    Borrowed, as of fovea_index_sets().
 * @return FOVEA_OK; FOVEA_ERR_INDEX_MODEL: there is none, and the message says
 *         how one is made; as fovea_index_sets().
 */
FOVEA_NODISCARD enum fovea_status fovea_find_set(
        struct fovea_index_folder *folder, const char *model, bool needs_words,
        const struct fovea_index_set **set_out, struct fovea_error *err);

/**
 * Search. Within a snapshot, which the set is of.
 *
 * The hits equal those of a scan of all stored vectors, always (store/scan.h).
 * Of a picture those files are told that the filter lets through.
 *
 * @return FOVEA_OK; as fovea_scan_run() and fovea_index_mask().
 */
FOVEA_NODISCARD enum fovea_status fovea_find(struct fovea_index_folder *folder,
        const struct fovea_index_set *set,
        const struct fovea_find_request *request,
        struct fovea_findings *findings_out, struct fovea_error *err);

void fovea_findings_finish(struct fovea_findings *findings);

#endif
