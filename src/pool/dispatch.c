/* See dispatch.h. */
#include "pool/dispatch.h"

#include "pool/canary.h"
#include "pool/complete.h"
#include "pool/grant.h"
#include "pool/inflight.h"
#include "pool/life.h"
#include "pool/output.h"
#include "pool/room.h"
#include "pool/slot.h"

/* Every item has to give its size, and yes or no twice. */
enum {
    JOB_SIZE = 4 + FOVEA_MAX_BATCH * 10
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
                !fovea_room_must_yield(slot) && !fovea_grant_must_yield(slot) &&
                (!latest || slot->used_ns > latest->used_ns)) {
            latest = slot;
        }
    }
    return latest;
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
        job.items[n].flags = item->request.flags;
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
requeue(struct fovea_group *group, struct fovea_items *items)
{
    fovea_lock(group->pool);
    while (items->last) {
        struct fovea_pool_item *item = items->last;
        fovea_items_remove(items, item);
        fovea_queue_push_front(&group->queue, item);
    }
    fovea_unlock(group->pool);
}

static enum fovea_status
send(struct fovea_slot *slot, struct fovea_items *items, bool is_trial,
        struct fovea_error *err)
{
    const struct fovea_group *group = slot->group;
    if (fovea_work_facts(group->settings.kind)->output == FOVEA_OUTPUT_FILE &&
            slot->output_fd < 0) {
        enum fovea_status status = fovea_output_open(slot, items->n, err);
        if (status) {
            return status;
        }
    }
    enum fovea_status status = send_job(slot, items, slot->output_fd, err);
    if (!status) {
        fovea_channel_send(&slot->channel_state, FOVEA_FRAME_JOB);
        fovea_log_budget_items(&slot->log, (unsigned)items->n);
        fovea_inflight_begin(slot, items, is_trial);
        fovea_slot_set_state(slot, FOVEA_WORKER_PROCESSING);
    }
    return status;
}

static void
send_items(struct fovea_slot *slot, struct fovea_items *items)
{
    struct fovea_error error;
    enum fovea_status status = send(slot, items, false, &error);
    if (status == FOVEA_ERR_NO_MEMORY) {
        fovea_complete_all(items, &error);
    } else if (status) {
        requeue(slot->group, items);
        fovea_life_send_failed(slot, &error);
    }
}

/* An item that a worker had may have damaged it: that says nothing of others.
   */
static bool
is_fresh(const struct fovea_slot *slot)
{
    return slot->job_id == 0;
}

/* See whether it is the worker that is at fault. False: it cannot be seen. */
static bool
send_canary(struct fovea_slot *slot)
{
    struct fovea_group *group = slot->group;
    struct fovea_pool_item *canary = fovea_canary_create(group);
    if (!canary) {
        return false;
    }
    struct fovea_items items = { 0 };
    struct fovea_error error;
    fovea_items_push(&items, canary);
    enum fovea_status status = send(slot, &items, true, &error);
    if (status && status != FOVEA_ERR_NO_MEMORY) {
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

void
fovea_dispatch(struct fovea_group *group)
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
                send_canary(slot)) {
            continue;
        }
        fovea_lock(pool);
        fovea_queue_take(&group->queue, &share, &items);
        fovea_unlock(pool);
        if (items.n == 0) {
            return;
        }
        send_items(slot, &items);
    }
}
