/* See group.h. */
#include "pool/group.h"

#include <inttypes.h>
#include <string.h>

#include "option/limits.h"
#include "pool/close.h"
#include "pool/failure.h"
#include "pool/inflight.h"
#include "pool/internal.h"
#include "pool/loop.h"
#include "pool/poll.h"
#include "pool/room.h"
#include "pool/slot.h"

static enum fovea_status
refuse_fork(struct fovea_error *err)
{
    return fovea_fail(err, FOVEA_ERR_FORKED,
            "the library was opened in the parent of this process; open it "
            "again here");
}

static enum fovea_status
refuse_close(struct fovea_error *err)
{
    return fovea_fail(err, FOVEA_ERR_SHUTTING_DOWN,
            "the library is being closed");
}

static struct fovea_group *
create_group(struct fovea_pool *pool,
        const struct fovea_group_settings *settings)
{
    struct fovea_group *group = calloc(1, sizeof *group);
    if (!group) {
        return NULL;
    }
    group->pool = pool;
    group->settings = *settings;
    group->n_handles = 1;
    group->weights_files = (struct fovea_shared_files)FOVEA_SHARED_FILES_INIT;
    fovea_queue_init(&group->queue);
    fovea_breaker_init(&group->breaker, pool->settings.breaker_open_ns);
    bool is_good = fovea_pool_settings_keep(&group->settings.key, &group->key);
    is_good = fovea_pool_settings_keep(&group->settings.directory,
                      &group->directory) &&
            is_good;
    if (!is_good) {
        free(group->key);
        free(group->directory);
        free(group);
        return NULL;
    }
    return group;
}

enum fovea_status
fovea_group_open(struct fovea_pool *pool,
        const struct fovea_group_settings *settings,
        struct fovea_group **group_out, struct fovea_error *err)
{
    if (fovea_pool_is_forked(pool)) {
        return refuse_fork(err);
    }
    if (strlen(settings->directory) >= FOVEA_WIRE_PATH_SIZE) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "the path of the model's directory is longer than %d bytes",
                FOVEA_WIRE_PATH_SIZE - 1);
    }
    enum fovea_status status = FOVEA_OK;
    fovea_lock(pool);
    struct fovea_group *group = pool->groups;
    while (group &&
            (group->settings.kind != settings->kind ||
                    strcmp(group->settings.directory, settings->directory) !=
                            0)) {
        group = group->next;
    }
    if (group) {
        group->n_handles++;
    } else {
        group = create_group(pool, settings);
        if (group) {
            group->next = pool->groups;
            pool->groups = group;
        } else {
            status = fovea_fail_memory(err, sizeof *group, "a model");
        }
    }
    fovea_unlock(pool);
    if (!status) {
        *group_out = group;
    }
    return status;
}

void
fovea_group_close(struct fovea_group *group)
{
    if (!group || fovea_pool_is_forked(group->pool)) {
        return;
    }
    struct fovea_pool *pool = group->pool;
    fovea_lock(pool);
    FOVEA_ASSERT(group->n_handles > 0);
    group->n_handles--;
    bool has_thread = pool->has_thread;
    if (has_thread) {
        fovea_poll_wake(pool);
    }
    fovea_unlock(pool);
    if (!has_thread) {
        fovea_close_groups(pool, false);
    }
}

uint64_t
fovea_group_ticket(struct fovea_group *group)
{
    struct fovea_pool *pool = group->pool;
    if (fovea_pool_is_forked(pool)) {
        return UINT64_MAX; /* of nothing: submitting will be refused */
    }
    fovea_lock(pool);
    uint64_t ticket = ++pool->last_ticket;
    fovea_unlock(pool);
    return ticket;
}

/* Bytes that ended two workers do not get a third. Reads the file only if one
   of that size did. */
static enum fovea_status
check_quarantine(const struct fovea_group *group,
        const struct fovea_pool_request *request, struct fovea_error *err)
{
    struct fovea_pool *pool = group->pool;
    int64_t now = fovea_clock_ns();
    fovea_lock(pool);
    bool may_be =
            fovea_quarantine_has_size(&pool->quarantine, request->size, now);
    fovea_unlock(pool);
    char digest[FOVEA_SHA256_SIZE];
    if (!may_be ||
            fovea_quarantine_digest(request->fd, request->size,
                    fovea_group_judge(group), digest, NULL)) {
        return FOVEA_OK; /* not readable: the worker will say so */
    }
    enum fovea_status status = FOVEA_OK;
    fovea_lock(pool);
    const struct fovea_quarantined *known = fovea_quarantine_find(
            &pool->quarantine, request->size, digest, now);
    if (known) {
        int64_t left_ns = known->since_ns + pool->quarantine.time_ns - now;
        status = known->result.code;
        (void)fovea_fail(err, status,
                "%s; it is not tried again for %" PRId64 " s",
                known->result.message, left_ns / FOVEA_NS_PER_S + 1);
    }
    fovea_unlock(pool);
    return status;
}

/* What keeps the group from taking any item. mu held. */
static enum fovea_status
check_open(const struct fovea_group *group, struct fovea_error *err)
{
    if (group->pool->is_closing) {
        return refuse_close(err);
    }
    int64_t now = fovea_clock_ns();
    if (fovea_breaker_refuses(&group->breaker, now)) {
        struct fovea_error error;
        fovea_failure_refusal(group, now, &error);
        return fovea_fail(err, error.code, "%s", error.message);
    }
    return FOVEA_OK;
}

/* mu held. */
static enum fovea_status
admit(struct fovea_group *group, bool is_admitted, struct fovea_error *err)
{
    struct fovea_pool *pool = group->pool;
    enum fovea_status status = check_open(group, err);
    if (status) {
        return status;
    }
    size_t n = fovea_queue_size(&group->queue);
    if (!is_admitted && n >= pool->settings.max_queue) {
        return fovea_fail(err, FOVEA_ERR_BUSY, "%zu %ss wait for %s already %s",
                n, fovea_group_item(group), group->settings.key,
                fovea_limit_by(FOVEA_OPTION_QUEUE));
    }
    return fovea_pool_loop_start(pool, err);
}

enum fovea_status
fovea_group_submit(struct fovea_group *group,
        const struct fovea_pool_request *request, uint64_t *ticket_out,
        struct fovea_error *err)
{
    struct fovea_pool *pool = group->pool;
    if (fovea_pool_is_forked(pool)) {
        return refuse_fork(err);
    }
    enum fovea_status status = check_quarantine(group, request, err);
    if (status) {
        return status;
    }
    FOVEA_AUTO_FREE struct fovea_pool_item *item = calloc(1, sizeof *item);
    if (!item) {
        return fovea_fail_memory(err, sizeof *item, "a place in line");
    }
    item->group = group;
    item->request = *request;
    item->queued_ns = fovea_clock_ns();
    fovea_lock(pool);
    status = admit(group, request->is_admitted, err);
    if (!status) {
        if (item->request.ticket == 0) {
            item->request.ticket = ++pool->last_ticket;
        }
        if (ticket_out) {
            *ticket_out = item->request.ticket;
        }
        fovea_queue_push(&group->queue, FOVEA_TAKE(item));
        group->counts.n_submitted++;
        fovea_poll_wake(pool);
    }
    fovea_unlock(pool);
    return status;
}

/* mu held. */
static void
cancel_inflight(struct fovea_pool *pool, uint64_t ticket)
{
    for (unsigned i = 0; i < pool->n_slots; i++) {
        if (fovea_inflight_cancel(&pool->slots[i], ticket)) {
            pool->has_cancelled = true;
            fovea_poll_wake(pool);
        }
    }
}

void
fovea_group_cancel(struct fovea_group *group, uint64_t ticket)
{
    struct fovea_pool *pool = group->pool;
    if (fovea_pool_is_forked(pool)) {
        return;
    }
    fovea_lock(pool);
    struct fovea_items waiting;
    fovea_queue_take_ticket(&group->queue, ticket, &waiting);
    if (waiting.n > 0) {
        fovea_items_move(&pool->cancelled, &waiting);
        fovea_poll_wake(pool);
    }
    cancel_inflight(pool, ticket);
    fovea_unlock(pool);
}

bool
fovea_group_has_workers(struct fovea_group *group)
{
    struct fovea_pool *pool = group->pool;
    if (fovea_pool_is_forked(pool)) {
        return false;
    }
    fovea_lock(pool);
    unsigned n = fovea_slot_count(group, fovea_slot_lives);
    fovea_unlock(pool);
    return n > 0;
}

enum fovea_status
fovea_group_check(struct fovea_group *group, struct fovea_error *err)
{
    struct fovea_pool *pool = group->pool;
    if (fovea_pool_is_forked(pool)) {
        return refuse_fork(err);
    }
    struct fovea_memory memory;
    bool is_known = fovea_memory_read(pool->settings.memory_root, &memory);
    fovea_lock(pool);
    enum fovea_status status = check_open(group, err);
    if (!status && fovea_slot_count(group, fovea_slot_lives) == 0) {
        status = fovea_room_check(group, is_known ? &memory : NULL, err);
    }
    fovea_unlock(pool);
    return status;
}

enum fovea_status
fovea_group_prewarm(struct fovea_group *group, struct fovea_error *err)
{
    struct fovea_pool *pool = group->pool;
    if (fovea_pool_is_forked(pool)) {
        return refuse_fork(err);
    }
    struct fovea_prewarm prewarm = { .result = { .code = FOVEA_OK } };
    fovea_lock(pool);
    enum fovea_status status = admit(group, true, err);
    if (!status) {
        prewarm.next = group->prewarms;
        group->prewarms = &prewarm;
        fovea_poll_wake(pool);
        while (!prewarm.is_done) {
            (void)pthread_cond_wait(&pool->prewarmed, &pool->mu);
        }
        status = prewarm.result.code;
        if (status && err) {
            *err = prewarm.result;
        }
    }
    fovea_unlock(pool);
    return status;
}
