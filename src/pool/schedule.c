/*
 * A model's round: what is late is answered, what waits goes to workers that
 * have nothing to do, and if some is left, workers are started.
 */
#include "pool/schedule.h"

#include <fcntl.h>
#include <string.h>

#include "option/limits.h"
#include "pool/canary.h"
#include "pool/complete.h"
#include "pool/failure.h"
#include "pool/grant.h"
#include "pool/life.h"
#include "pool/poll.h"
#include "pool/room.h"
#include "pool/slot.h"
#include "pool/start.h"
#include "pool/weights.h"
#include "sys/memfd.h"

/* Every image has to give its size and one yes or no. */
enum {
    JOB_SIZE = 4 + FOVEA_MAX_BATCH * 9
};

static struct fovea_slot *
find_worker(const struct fovea_group *group)
{
    /* The one that worked last: the others can go idle, and its memory is
       warm. */
    struct fovea_pool *pool = group->pool;
    struct fovea_slot *latest = NULL;
    for (unsigned i = 0; i < pool->n_slots; i++) {
        struct fovea_slot *slot = &pool->slots[i];
        if (slot->group == group && fovea_slot_is_free_to_work(slot) &&
                !fovea_turn_is_over(slot) && !fovea_grant_is_owed(slot) &&
                (!latest || slot->used_ns > latest->used_ns)) {
            latest = slot;
        }
    }
    return latest;
}

/* Where the rows of a job's pixels go, and where one is copied to. The worker
   cannot make it smaller under our reading. */
static enum fovea_status
make_output(const struct fovea_group *group, size_t n, int *fd_out,
        struct fovea_error *err)
{
    struct fovea_pool *pool = group->pool;
    if (pool->row_size < group->settings.row_bytes) {
        free(pool->row);
        pool->row_size = 0;
        pool->row = malloc(group->settings.row_bytes);
        if (!pool->row) {
            return fovea_fail_memory(err, group->settings.row_bytes, "pixels");
        }
        pool->row_size = group->settings.row_bytes;
    }
    FOVEA_AUTO_FD int fd = -1;
    enum fovea_status status = fovea_memfd_create("fovea-pixels", &fd, err);
    if (status) {
        return status;
    }
    if (ftruncate(fd, (off_t)(n * group->settings.row_bytes)) ||
            fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL)) {
        return fovea_fail(err, FOVEA_ERR_NO_MEMORY,
                "cannot make room for the pixels of %zu images", n);
    }
    *fd_out = fd;
    fd = -1;
    return FOVEA_OK;
}

static enum fovea_status
send_job(struct fovea_slot *slot, const struct fovea_items *items, int output,
        struct fovea_error *err)
{
    struct fovea_job_frame job = { .n = (uint32_t)items->n };
    int fds[FOVEA_MAX_BATCH + 1];
    size_t n = 0;
    for (const struct fovea_pool_item *item = items->first; item;
            item = item->next) {
        job.items[n].size = item->request.size;
        job.items[n].raw = item->request.raw;
        fds[n++] = item->request.fd;
    }
    if (output >= 0) {
        fds[n++] = output;
    }
    uint8_t bytes[JOB_SIZE];
    struct fovea_writer writer;
    fovea_writer_init(&writer, bytes, sizeof bytes);
    fovea_job_write(&job, &writer);
    FOVEA_ASSERT(!writer.overflow);
    return fovea_frame_send(slot->channel, FOVEA_FRAME_JOB,
            slot->group->pool->last_job + 1, bytes, writer.size, fds, n, err);
}

static void
put_back(struct fovea_group *group, struct fovea_items *items)
{
    fovea_lock(group->pool);
    while (items->last) {
        struct fovea_pool_item *item = items->last;
        fovea_items_remove(items, item);
        fovea_queue_push_front(&group->queue, item);
    }
    fovea_unlock(group->pool);
}

static void
set_inflight(struct fovea_slot *slot, struct fovea_items *items)
{
    struct fovea_pool *pool = slot->group->pool;
    slot->job_id = ++pool->last_job;
    fovea_channel_send(&slot->channel_state, FOVEA_FRAME_JOB);
    slot->progress_ns = pool->now_ns;
    slot->job_ns = pool->now_ns;
    fovea_log_budget_items(&slot->log, (unsigned)items->n);
    slot->inflight_due_ns = FOVEA_NEVER;
    fovea_lock(pool);
    slot->n_inflight = (uint32_t)items->n;
    slot->n_left = slot->n_inflight;
    for (uint32_t i = 0; i < slot->n_inflight; i++) {
        struct fovea_pool_item *item = fovea_items_pop(items);
        item->handed_ns = pool->now_ns;
        slot->has_isolated = item->n_deaths > 0; /* they go alone */
        slot->inflight[i] = (struct fovea_inflight){
            .item = item,
            .is_raw = item->request.raw,
        };
        if (item->request.deadline_ns < slot->inflight_due_ns) {
            slot->inflight_due_ns = item->request.deadline_ns;
        }
    }
    fovea_unlock(pool);
    fovea_slot_set_state(slot, FOVEA_WORKER_PROCESSING);
    fovea_poll_due(pool, slot->inflight_due_ns);
    fovea_poll_due(pool, fovea_later(pool->now_ns, pool->settings.image_ns));
}

static enum fovea_status
give(struct fovea_slot *slot, struct fovea_items *items,
        struct fovea_error *err)
{
    const struct fovea_group *group = slot->group;
    if (fovea_work_facts(group->settings.kind)->output == FOVEA_OUTPUT_FILE &&
            slot->output_fd < 0) {
        enum fovea_status status =
                make_output(group, items->n, &slot->output_fd, err);
        if (status) {
            return status;
        }
    }
    enum fovea_status status = send_job(slot, items, slot->output_fd, err);
    if (!status) {
        set_inflight(slot, items);
    }
    return status;
}

static void
hand_over(struct fovea_slot *slot, struct fovea_items *items)
{
    struct fovea_error error;
    enum fovea_status status = give(slot, items, &error);
    if (status == FOVEA_ERR_NO_MEMORY) {
        fovea_complete_all(items, &error);
    } else if (status) {
        put_back(slot->group, items);
        fovea_life_send_failed(slot, &error);
    }
}

/* An image that a worker had may have damaged it: that says nothing of others. */
static bool
is_fresh(const struct fovea_slot *slot)
{
    return slot->job_id == 0;
}

/* See whether it is the worker that is at fault. False: it cannot be seen. */
static bool
try_out(struct fovea_slot *slot)
{
    struct fovea_group *group = slot->group;
    struct fovea_pool_item *canary = fovea_canary_create(group);
    if (!canary) {
        return false;
    }
    struct fovea_items items = { 0 };
    struct fovea_error error;
    fovea_items_push(&items, canary);
    enum fovea_status status = give(slot, &items, &error);
    if (!status) {
        fovea_lock(group->pool);
        slot->inflight[0].item = NULL; /* nobody waits for it */
        fovea_unlock(group->pool);
        slot->is_on_trial = true;
        group->trial.is_running = true;
    } else if (status != FOVEA_ERR_NO_MEMORY) {
        fovea_life_send_failed(slot, &error);
    }
    fovea_canary_destroy(canary);
    return status != FOVEA_ERR_NO_MEMORY;
}

static bool
has_isolated(const struct fovea_slot *slot)
{
    return slot->state == FOVEA_WORKER_PROCESSING && slot->has_isolated;
}

/* Isolated items may hold half of the workers, but one of them always. */
static bool
may_take_isolated(const struct fovea_group *group)
{
    unsigned n = fovea_slot_count(group, has_isolated) + 1;
    return n == 1 || 2 * n <= fovea_slot_count(group, fovea_slot_is_ready);
}

static void
dispatch(struct fovea_group *group)
{
    struct fovea_pool *pool = group->pool;
    struct fovea_slot *slot = NULL;
    while (!group->trial.is_running && (slot = find_worker(group))) {
        struct fovea_items items = { 0 };
        struct fovea_share share = {
            .n_idle = fovea_slot_count(group, fovea_slot_is_free_to_work),
            .max = group->settings.max_batch,
            .no_isolated = !may_take_isolated(group),
        };
        if (is_fresh(slot) && fovea_trial_is_due(&group->trial) &&
                try_out(slot)) {
            continue;
        }
        fovea_lock(pool);
        fovea_queue_take(&group->queue, &share, &items);
        fovea_unlock(pool);
        if (items.n == 0) {
            return;
        }
        hand_over(slot, &items);
    }
}

static void
expire(struct fovea_group *group)
{
    struct fovea_pool *pool = group->pool;
    struct fovea_items expired;
    fovea_lock(pool);
    fovea_queue_take_expired(&group->queue, pool->now_ns, &expired);
    int64_t due = group->queue.due_ns;
    fovea_unlock(pool);
    fovea_poll_due(pool, due);
    struct fovea_error late;
    if (fovea_turn_waits(group)) {
        fovea_room_refusal(group, &late);
    } else {
        (void)fovea_fail(&late, FOVEA_ERR_DEADLINE,
                "the deadline passed before a worker was free %s",
                fovea_limit_by(FOVEA_LIMIT_DEADLINE));
    }
    fovea_complete_all(&expired, &late);
}

/* Nobody has the model open any more, and nothing is left to do. */
static void
stop_workers(struct fovea_group *group)
{
    struct fovea_pool *pool = group->pool;
    for (unsigned i = 0; i < pool->n_slots; i++) {
        struct fovea_slot *slot = &pool->slots[i];
        if (slot->group == group && fovea_slot_lives(slot) &&
                slot->n_inflight == 0) {
            fovea_life_stop(slot, FOVEA_STOP_MODEL);
            fovea_poll_due(pool, slot->due_ns);
        }
    }
}

void
fovea_schedule(struct fovea_group *group)
{
    struct fovea_pool *pool = group->pool;
    expire(group);
    fovea_lock(pool);
    bool is_open = group->n_handles > 0;
    bool has_work = fovea_queue_size(&group->queue) > 0;
    bool is_wanted = has_work || group->prewarms;
    bool refuses =
            is_wanted && fovea_breaker_refuses(&group->breaker, pool->now_ns);
    fovea_unlock(pool);
    if (refuses) {
        struct fovea_error error;
        fovea_failure_refusal(group, pool->now_ns, &error);
        fovea_complete_waiting(group, &error);
        is_wanted = false;
    }
    if (is_wanted) {
        dispatch(group);
        fovea_lock(pool);
        is_wanted = fovea_queue_size(&group->queue) > 0 || group->prewarms;
        fovea_unlock(pool);
    }
    if (is_wanted) {
        fovea_start_workers(group);
    } else {
        fovea_turn_end(group);
        if (!is_open) {
            stop_workers(group);
        }
    }
    fovea_group_weights_send(group);
}

/* mu held. */
static void
take_cancelled(struct fovea_slot *slot, struct fovea_items *cancelled)
{
    for (uint32_t i = 0; i < slot->n_inflight; i++) {
        struct fovea_inflight *inflight = &slot->inflight[i];
        if (inflight->item && inflight->item->is_cancelled) {
            fovea_items_push(cancelled, FOVEA_TAKE(inflight->item));
        }
    }
}

void
fovea_schedule_cancel(struct fovea_pool *pool)
{
    struct fovea_items cancelled = { 0 };
    fovea_lock(pool);
    fovea_items_move(&cancelled, &pool->cancelled);
    for (unsigned i = 0; i < pool->n_slots && pool->has_cancelled; i++) {
        take_cancelled(&pool->slots[i], &cancelled);
    }
    pool->has_cancelled = false;
    fovea_unlock(pool);
    struct fovea_error wish;
    (void)fovea_fail(&wish, FOVEA_ERR_CANCELLED, "the image was cancelled");
    fovea_complete_all(&cancelled, &wish);
}
