/*
 * Updating an index: its folders are walked, what is new or has changed is
 * embedded, what has gone is removed.
 *
 * It may be ended at any moment, also by a kill: what was committed by then stays,
 * and the next update goes on from there. No terminal and no signals are known
 * here: counters may be read meanwhile, and a descriptor says when to stop.
 */
#ifndef FOVEA_INDEXING_UPDATE_H
#define FOVEA_INDEXING_UPDATE_H

#include "bulk/filter.h"
#include "indexing/counts.h"
#include "indexing/hooks.h"
#include "indexing/models.h"
#include "indexing/watcher.h"

/** Borrowed until it has ended. */
struct fovea_update_settings {
    struct fovea_index_folder *folder; /* to be written */
    struct fovea_models_settings models;
    const char *const *roots; /* folders, by their whole paths; added where they
                                 are new. n 0: all that the index knows */
    size_t n_roots;
    const struct fovea_filter *filter; /* of what is looked for; what it leaves
                                          out stays as it is. Or NULL */
    bool keeps_missing;                /* what has gone stays in the index */
    bool prunes;  /* more than half of a root may be removed */
    bool retries; /* what failed before is tried again */
    int64_t commit_ns;
    int stop_fd;                   /* readable once it is to stop; -1: never */
    struct fovea_watcher *watcher; /* gets all folders; or NULL */
    struct fovea_counts *counts;   /* added to */
    const struct fovea_hooks *hooks;
};

struct fovea_updater;

/** Whether an update says only that something is wrong with a root. */
bool fovea_update_is_of_root(enum fovea_status status);

/**
 * Prepare updates of an index: sets are found and added. No worker that embeds is
 * started before there is something to embed; workers stay for the next update.
 *
 * @return FOVEA_OK; as fovea_models_begin().
 */
FOVEA_NODISCARD enum fovea_status fovea_updater_create(
        const struct fovea_update_settings *settings,
        struct fovea_updater **updater_out, struct fovea_error *err);

/** What was not committed is dropped. NULL is fine. */
void fovea_updater_destroy(struct fovea_updater *updater);

/**
 * Update the index.
 *
 * A root that cannot be updated (it is missing, empty, on another file system; more
 * than half of it has gone) does not keep others from it: it is told to the hooks,
 * and its status is returned in the end.
 *
 * @param only  Numbers of roots, to update no other; n 0: all that the settings
 *              say.
 * @return FOVEA_OK, whatever came of single files; FOVEA_ERR_ROOT_MISSING; a file
 *         status of a root that cannot be opened; FOVEA_ERR_CANCELLED if it was
 *         stopped; as fovea_models_open(), fovea_no_worker() and the functions of
 *         the index. After all but the first two the updater is of no use any
 *         more.
 */
FOVEA_NODISCARD enum fovea_status fovea_updater_run(
        struct fovea_updater *updater, const int64_t *only, size_t n_only,
        struct fovea_error *err);

#endif
