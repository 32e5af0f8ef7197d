/* The pool as a whole: see pool.h. */
#include "pool/pool.h"

#include <inttypes.h>
#include <string.h>

#include "option/limits.h"
#include "pool/close.h"
#include "pool/internal.h"
#include "pool/poll.h"
#include "sys/child.h"

/* A job in the background is over. */
static void
wake(void *context)
{
    struct fovea_pool *pool = context;
    fovea_lock(pool);
    fovea_poll_wake(pool);
    fovea_unlock(pool);
}

/* Everything but the thread, in reverse. Fine on a half-built one. */
static void
dismantle(struct fovea_pool *pool)
{
    if (!pool) {
        return;
    }
    fovea_background_finish(&pool->background);
    fovea_close_groups(pool, true);
    fovea_poll_close(pool);
    fovea_cache_finish(&pool->cache);
    fovea_child_environment_free(pool->environment);
    free(pool->program);
    free(pool->worker_program);
    free(pool->memory_root);
    free(pool->slots);
    free(pool->buffer);
    free(pool->vector);
    free(pool->row);
    (void)pthread_cond_destroy(&pool->prewarmed);
    (void)pthread_mutex_destroy(&pool->mu);
    free(pool);
}

FOVEA_DEFINE_AUTO(struct fovea_pool *, dismantle);

static enum fovea_status
copy_settings(struct fovea_pool *pool,
        const struct fovea_pool_settings *settings, struct fovea_error *err)
{
    pool->settings = *settings;
    pool->settings.cache_directory = NULL; /* the cache has its own copy */
    bool is_good = fovea_pool_settings_keep(&pool->settings.worker_program,
            &pool->worker_program);
    is_good = fovea_pool_settings_keep(&pool->settings.memory_root,
                      &pool->memory_root) &&
            is_good;
    pool->slots = calloc(FOVEA_MAX_WORKERS, sizeof *pool->slots);
    pool->buffer = malloc(FOVEA_FRAME_MAX_SIZE);
    pool->vector = malloc(FOVEA_FRAME_MAX_PAYLOAD);
    if (!is_good || !pool->slots || !pool->buffer || !pool->vector) {
        return fovea_fail_memory(err, sizeof *pool->slots * FOVEA_MAX_WORKERS,
                "the pool");
    }
    enum fovea_status status = fovea_child_environment(&pool->environment, err);
    if (status) {
        return status;
    }
    return fovea_cache_init(&pool->cache, settings->cache_directory,
            settings->max_cache_bytes, err);
}

enum fovea_status
fovea_pool_create(const struct fovea_pool_settings *settings,
        struct fovea_pool **pool_out, struct fovea_error *err)
{
    struct fovea_pool *bare = calloc(1, sizeof *bare);
    if (!bare) {
        return fovea_fail_memory(err, sizeof *bare, "the pool");
    }
    bare->epoll = -1;
    bare->wake = -1;
    bare->owner = getpid();
    FOVEA_ASSERT(pthread_mutex_init(&bare->mu, NULL) == 0);
    FOVEA_ASSERT(pthread_cond_init(&bare->prewarmed, NULL) == 0);
    fovea_background_init(&bare->background, "fovea-pool-work", wake, bare);
    FOVEA_AUTO(dismantle_auto) struct fovea_pool *pool = bare;
    enum fovea_status status = copy_settings(pool, settings, err);
    if (status) {
        return status;
    }
    fovea_quarantine_init(&pool->quarantine, settings->quarantine_ns);
    fovea_governor_init(&pool->governor, settings->memory_limit_pct,
            settings->memory_limit_bytes);
    status = fovea_poll_open(pool, err);
    if (status) {
        return status;
    }
    *pool_out = FOVEA_TAKE(pool);
    return FOVEA_OK;
}

const struct fovea_cache *
fovea_pool_cache(const struct fovea_pool *pool)
{
    return &pool->cache;
}

void
fovea_pool_destroy(struct fovea_pool *pool)
{
    if (!pool || fovea_pool_is_forked(pool)) {
        return; /* the parent's, with locks that nobody may hold here */
    }
    fovea_lock(pool);
    bool has_thread = pool->has_thread;
    pool->is_closing = true;
    pool->drain_until_ns =
            fovea_later(fovea_clock_ns(), pool->settings.drain_ns);
    fovea_poll_wake(pool);
    fovea_unlock(pool);
    if (has_thread) {
        (void)pthread_join(pool->thread, NULL);
    }
    /* Every way in which a worker ends gave its memory back. */
    FOVEA_ASSERT(pool->governor.reserved_bytes == 0);
    dismantle(pool);
}
