/* See auto_dtype.h. */
#include "runtime/auto_dtype.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "pool/cache_choice.h"

struct fovea_auto_known {
    struct fovea_auto_known *next;
    struct fovea_choice_shape shape;
    struct fovea_choice_times times;
};

void
fovea_auto_init(struct fovea_auto *known, const struct fovea_cache *cache,
        fovea_measure_fn *measure, void *context)
{
    *known = (struct fovea_auto){ .cache = cache,
        .measure = measure,
        .context = context };
    FOVEA_ASSERT(pthread_mutex_init(&known->mutex, NULL) == 0);
}

void
fovea_auto_finish(struct fovea_auto *known)
{
    while (known->known) {
        struct fovea_auto_known *first = known->known;
        known->known = first->next;
        free(first);
    }
    (void)pthread_mutex_destroy(&known->mutex);
}

static bool
is_same(const struct fovea_choice_shape *a, const struct fovea_choice_shape *b)
{
    return a->width == b->width && a->mlp == b->mlp &&
            a->n_heads == b->n_heads && a->grid == b->grid;
}

static bool
recall(const struct fovea_auto *known, const struct fovea_choice_shape *shape,
        struct fovea_choice_times *times_out)
{
    const struct fovea_auto_known *at = known->known;
    while (at && !is_same(&at->shape, shape)) {
        at = at->next;
    }
    if (at) {
        *times_out = at->times;
    }
    return at != NULL;
}

/* Without memory it is found again. */
static void
remember(struct fovea_auto *known, const struct fovea_choice_shape *shape,
        const struct fovea_choice_times *times)
{
    struct fovea_auto_known *added = malloc(sizeof *added);
    if (added) {
        *added = (struct fovea_auto_known){ known->known, *shape, *times };
        known->known = added;
    }
}

/* Somebody else may have measured it while the lock was waited for. */
static enum fovea_status
measure(struct fovea_auto *known, const struct fovea_choice_shape *shape,
        const char *key, struct fovea_choice_times *times_out,
        struct fovea_error *err)
{
    FOVEA_AUTO_FD int lock = fovea_cache_choice_lock(known->cache);
    if (lock >= 0 && fovea_cache_choice_read(known->cache, key, times_out)) {
        return FOVEA_OK;
    }
    enum fovea_status status =
            known->measure(known->context, shape, times_out, err);
    if (!status) {
        fovea_cache_choice_write(known->cache, key, times_out);
    }
    return status;
}

/* mutex held. */
static enum fovea_status
find_times(struct fovea_auto *known, const struct fovea_choice_shape *shape,
        struct fovea_choice_times *times_out, struct fovea_error *err)
{
    char key[FOVEA_CACHE_KEY_SIZE];
    if (recall(known, shape, times_out)) {
        return FOVEA_OK;
    }
    fovea_cache_choice_key(shape, key);
    enum fovea_status status =
            fovea_cache_choice_read(known->cache, key, times_out)
            ? FOVEA_OK
            : measure(known, shape, key, times_out, err);
    if (!status) {
        remember(known, shape, times_out);
    }
    return status;
}

void
fovea_auto_find(struct fovea_auto *known,
        const struct fovea_choice_shape *shape,
        struct fovea_auto_answer *answer_out)
{
    struct fovea_choice_times times;
    struct fovea_error error;
    (void)pthread_mutex_lock(&known->mutex);
    const enum fovea_status status = find_times(known, shape, &times, &error);
    (void)pthread_mutex_unlock(&known->mutex);
    if (status) {
        answer_out->dtype = FOVEA_DTYPE_F32;
        (void)snprintf(answer_out->reason, sizeof answer_out->reason,
                "not measured: %s", error.message);
        return;
    }
    answer_out->dtype = fovea_choice_decide(&times);
    (void)snprintf(answer_out->reason, sizeof answer_out->reason,
            "measured: a layer takes %.2f ms in float32, %.2f ms in bfloat16",
            (double)times.f32_ns / 1e6, (double)times.bf16_ns / 1e6);
}
