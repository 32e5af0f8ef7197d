/*
 * What FOVEA_DTYPE_AUTO means for the models of a library, by the rule of
 * spec/choice.h.
 *
 * The times of a shape of layers are found in this order: known already; kept in the
 * cache by an earlier start or another process; measured, and kept. Who measures holds
 * a lock of the cache, so that processes that begin together measure once and agree.
 * Without a cache they are measured once a library. What was not to be measured is
 * float32, which is right everywhere, and is tried again by the next model.
 */
#ifndef FOVEA_RUNTIME_AUTO_DTYPE_H
#define FOVEA_RUNTIME_AUTO_DTYPE_H

#include <pthread.h>

#include "pool/cache.h"
#include "spec/choice.h"

enum {
    FOVEA_DTYPE_REASON_SIZE = FOVEA_ERROR_MESSAGE_SIZE + 32
};

/** What it came to, and why. */
struct fovea_auto_answer {
    enum fovea_dtype dtype;               /* F32 or BF16 */
    char reason[FOVEA_DTYPE_REASON_SIZE]; /* a clause for people */
};

typedef enum fovea_status fovea_measure_fn(void *context,
        const struct fovea_choice_shape *shape,
        struct fovea_choice_times *times_out, struct fovea_error *err);

struct fovea_auto_known;

struct fovea_auto {
    const struct fovea_cache *cache; /* borrowed */
    fovea_measure_fn *measure;       /* one call at a time */
    void *context;
    pthread_mutex_t mutex;
    struct fovea_auto_known *known; /* owned; guarded by mutex */
};

void fovea_auto_init(struct fovea_auto *known, const struct fovea_cache *cache,
        fovea_measure_fn *measure, void *context);
void fovea_auto_finish(struct fovea_auto *known);

/** Blocks while something is measured, here or in another process. Threads:
 *  safe. */
void fovea_auto_find(struct fovea_auto *known,
        const struct fovea_choice_shape *shape,
        struct fovea_auto_answer *answer_out);

#endif
