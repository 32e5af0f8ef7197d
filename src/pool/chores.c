/* The thread for what takes time: see chores.h. */
#include "pool/chores.h"

#include <signal.h>
#include <string.h>

#include "pool/complete.h"
#include "pool/poll.h"
#include "pool/weights.h"

struct fovea_chores {
    struct fovea_pool *pool;
    pthread_t thread;
    pthread_cond_t added;
    unsigned n; /* loop: added and not yet collected */
    /* guarded by the pool's mu */
    struct fovea_chore *waiting;
    struct fovea_chore *done;
    bool is_closing;
};

static void
append(struct fovea_chore **list, struct fovea_chore *chore)
{
    while (*list) {
        list = &(*list)->next;
    }
    chore->next = NULL;
    *list = chore;
}

static void
run(const struct fovea_pool *pool, struct fovea_chore *chore)
{
    struct fovea_error *err = &chore->result;
    enum fovea_status status = FOVEA_OK;
    switch (chore->kind) {
    case FOVEA_CHORE_DIGEST:
        status = fovea_cache_digest(&pool->cache,
                chore->group->settings.directory, chore->text, err);
        break;
    case FOVEA_CHORE_OPEN:
        status = fovea_cache_open(&pool->cache, chore->text, &chore->fd, err);
        break;
    case FOVEA_CHORE_STORE:
        status = fovea_cache_store(&pool->cache, chore->text, chore->fd,
                &chore->is_stored, err);
        break;
    case FOVEA_CHORE_REMOVE:
        status = fovea_cache_remove(&pool->cache, chore->text, err);
        break;
    case FOVEA_CHORE_QUARANTINE:
        status = fovea_quarantine_digest(chore->item->request.fd,
                chore->item->request.size, chore->quarantined.digest, err);
        break;
    }
    chore->result.code = status;
}

static void *
work(void *context)
{
    struct fovea_chores *chores = context;
    struct fovea_pool *pool = chores->pool;
    fovea_lock(pool);
    for (;;) {
        struct fovea_chore *chore = chores->waiting;
        if (!chore) {
            if (chores->is_closing) {
                break;
            }
            pthread_cond_wait(&chores->added, &pool->mu);
            continue;
        }
        chores->waiting = chore->next;
        fovea_unlock(pool);
        run(pool, chore);
        fovea_lock(pool);
        append(&chores->done, chore);
        fovea_poll_wake(pool);
    }
    fovea_unlock(pool);
    return NULL;
}

static bool
start(struct fovea_pool *pool)
{
    struct fovea_chores *chores = calloc(1, sizeof *chores);
    if (!chores) {
        return false;
    }
    chores->pool = pool;
    if (pthread_cond_init(&chores->added, NULL)) {
        free(chores);
        return false;
    }
    /* The loop thread has all signals blocked, so this one has too. */
    if (pthread_create(&chores->thread, NULL, work, chores)) {
        (void)pthread_cond_destroy(&chores->added);
        free(chores);
        return false;
    }
    pool->chores = chores;
    return true;
}

bool
fovea_chores_add(struct fovea_pool *pool, const struct fovea_chore *chore)
{
    if (!pool->chores && !start(pool)) {
        return false;
    }
    struct fovea_chore *copy = malloc(sizeof *copy);
    if (!copy) {
        return false;
    }
    *copy = *chore;
    copy->group->n_chores++;
    pool->chores->n++;
    fovea_lock(pool);
    append(&pool->chores->waiting, copy);
    pthread_cond_signal(&pool->chores->added);
    fovea_unlock(pool);
    return true;
}

static void
finish_quarantined(struct fovea_chore *chore)
{
    struct fovea_pool *pool = chore->group->pool;
    bool is_released =
            chore->quarantined.since_ns <= chore->group->trial.released_ns;
    if (chore->result.code == FOVEA_OK && !is_released) {
        fovea_lock(pool);
        fovea_quarantine_add(&pool->quarantine, &chore->quarantined);
        fovea_unlock(pool);
    }
    struct fovea_timings none = { 0 };
    fovea_complete(chore->item, &chore->quarantined.result, NULL, none);
}

void
fovea_chores_collect(struct fovea_pool *pool)
{
    if (!pool->chores) {
        return;
    }
    fovea_lock(pool);
    struct fovea_chore *done = pool->chores->done;
    pool->chores->done = NULL;
    fovea_unlock(pool);
    while (done) {
        FOVEA_AUTO_FREE struct fovea_chore *chore = done;
        done = chore->next;
        if (chore->kind == FOVEA_CHORE_QUARANTINE) {
            finish_quarantined(chore);
        } else {
            fovea_group_weights_chore_done(chore);
        }
        chore->group->n_chores--;
        pool->chores->n--;
    }
}

bool
fovea_chores_are_done(const struct fovea_pool *pool)
{
    return !pool->chores || pool->chores->n == 0;
}

void
fovea_chores_destroy(struct fovea_pool *pool)
{
    struct fovea_chores *chores = FOVEA_TAKE(pool->chores);
    if (!chores) {
        return;
    }
    fovea_lock(pool);
    chores->is_closing = true;
    pthread_cond_signal(&chores->added);
    fovea_unlock(pool);
    (void)pthread_join(chores->thread, NULL);
    (void)pthread_cond_destroy(&chores->added);
    free(chores);
}
