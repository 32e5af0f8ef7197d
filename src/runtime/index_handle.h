/*
 * A handle of an index: the folder of src/index, and the models of its sets.
 *
 *   index.c          opening, describing, removing, closing
 *   index_add.c      what is kept of images
 *   index_search.c   queries
 *   index_flights.c  images under way, to their digests and vectors
 *   index_hits.c     what a search hands out
 *   index_models.c   models as the sets want them
 *
 * The folder is one thread's at a time: whoever uses it holds the mutex. Nobody
 * waits for workers meanwhile.
 */
#ifndef FOVEA_RUNTIME_INDEX_HANDLE_H
#define FOVEA_RUNTIME_INDEX_HANDLE_H

#include <pthread.h>

#include "fovea/index.h"

#include "index/folder.h"
#include "index/set.h"
#include "runtime/library.h"

struct fovea_index_model; /* index_models.h */

struct fovea_index {
    /* Never changes. */
    pid_t owner;
    struct fovea *library; /* NULL: nothing is embedded */
    bool is_writable;

    pthread_mutex_t mutex;
    struct fovea_index_folder *folder; /* guarded by mutex */

    pthread_mutex_t models_mutex;
    struct fovea_index_model *models; /* guarded by models_mutex */
};

/** FOVEA_ERR_FORKED in a process that did not open it; FOVEA_ERR_ARGUMENT of
 *  NULL. */
FOVEA_NODISCARD enum fovea_status fovea_index_check_handle(
        const struct fovea_index *index, struct fovea_error *err);

/** Have the folder to oneself, and no longer. */
void fovea_index_enter(struct fovea_index *index);
void fovea_index_leave(struct fovea_index *index);

/** The keys of all sets, in order; owned by the caller (free()). Under the
 *  lock. */
struct fovea_index_set_id {
    int64_t id;
    struct fovea_index_set_key key;
};
FOVEA_NODISCARD enum fovea_status fovea_index_set_ids(struct fovea_index *index,
        struct fovea_index_set_id **sets_out, size_t *n_out,
        struct fovea_error *err);

#endif
