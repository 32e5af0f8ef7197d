/* See inflight.h. */
#include "pool/inflight.h"

#include "pool/poll.h"

/* How long the worker may be at an item without a word. */
static void
expect_progress(struct fovea_slot *slot)
{
    struct fovea_pool *pool = slot->group->pool;
    slot->progress_ns = pool->now_ns;
    fovea_poll_due(pool, fovea_later(pool->now_ns, pool->settings.image_ns));
}

void
fovea_inflight_begin(struct fovea_slot *slot, struct fovea_items *items,
        bool is_trial)
{
    struct fovea_pool *pool = slot->group->pool;
    slot->job_id = ++pool->last_job;
    slot->job_ns = pool->now_ns;
    if (is_trial) {
        slot->is_on_trial = true;
        slot->group->trial.is_running = true;
    }
    slot->inflight_due_ns = FOVEA_NEVER;
    fovea_lock(pool);
    slot->n_inflight = (uint32_t)items->n;
    slot->n_left = slot->n_inflight;
    for (uint32_t i = 0; i < slot->n_inflight; i++) {
        struct fovea_pool_item *item = fovea_items_pop(items);
        item->dispatched_ns = pool->now_ns;
        slot->has_isolated = item->n_deaths > 0; /* they go alone */
        slot->inflight[i] = (struct fovea_inflight){
            .item = is_trial ? NULL : item, /* nobody waits for the canary */
            .is_raw = item->request.flags.raw,
        };
        if (item->request.deadline_ns < slot->inflight_due_ns) {
            slot->inflight_due_ns = item->request.deadline_ns;
        }
    }
    fovea_unlock(pool);
    fovea_poll_due(pool, slot->inflight_due_ns);
    expect_progress(slot);
}

struct fovea_inflight *
fovea_inflight_find(struct fovea_slot *slot, uint64_t job_id, uint32_t index)
{
    bool waits = slot->channel_state == FOVEA_CHANNEL_ASKED; /* for memory */
    if (job_id != slot->job_id || index >= slot->n_inflight ||
            slot->inflight[index].is_done ||
            (waits && index == slot->need.index)) {
        return NULL;
    }
    return &slot->inflight[index];
}

static void
release(struct fovea_slot *slot, struct fovea_inflight *inflight)
{
    struct fovea_pool *pool = slot->group->pool;
    if (inflight->grant.bytes > 0) {
        fovea_lock(pool);
        slot->granted_bytes -= inflight->grant.bytes;
        fovea_governor_release(&pool->governor, &inflight->grant);
        fovea_unlock(pool);
        fovea_poll_due(pool, pool->now_ns); /* others may wait for it */
    }
}

void
fovea_inflight_decoded(struct fovea_slot *slot, struct fovea_inflight *inflight)
{
    inflight->is_decoded = true;
    release(slot, inflight);
    slot->progress_ns = slot->group->pool->now_ns;
}

struct fovea_pool_item *
fovea_inflight_done(struct fovea_slot *slot, struct fovea_inflight *inflight)
{
    struct fovea_pool *pool = slot->group->pool;
    slot->progress_ns = pool->now_ns;
    inflight->is_done = true;
    release(slot, inflight);
    fovea_lock(pool);
    struct fovea_pool_item *item = FOVEA_TAKE(inflight->item);
    slot->n_left--;
    slot->n_items += !slot->is_on_trial;
    fovea_unlock(pool);
    return item;
}

void
fovea_inflight_end_trial(struct fovea_slot *slot)
{
    if (slot->is_on_trial) {
        slot->is_on_trial = false;
        slot->group->trial.is_running = false;
    }
}

void
fovea_inflight_end(struct fovea_slot *slot)
{
    struct fovea_pool *pool = slot->group->pool;
    fovea_lock(pool);
    slot->n_inflight = 0;
    fovea_unlock(pool);
    fovea_inflight_end_trial(slot);
}

void
fovea_inflight_take_all(struct fovea_slot *slot, struct fovea_items *items_out)
{
    *items_out = (struct fovea_items){ 0 };
    for (uint32_t i = 0; i < slot->n_inflight; i++) {
        if (slot->inflight[i].item) {
            fovea_items_push(items_out, FOVEA_TAKE(slot->inflight[i].item));
        }
    }
    slot->n_inflight = 0;
    slot->n_left = 0;
}

/* mu held. */
static void
take_expired(struct fovea_slot *slot, struct fovea_items *items)
{
    int64_t now_ns = slot->group->pool->now_ns;
    slot->inflight_due_ns = FOVEA_NEVER;
    for (uint32_t i = 0; i < slot->n_inflight; i++) {
        struct fovea_inflight *inflight = &slot->inflight[i];
        int64_t deadline_ns = inflight->item
                ? inflight->item->request.deadline_ns
                : FOVEA_NEVER;
        if (deadline_ns <= now_ns) {
            fovea_items_push(items, FOVEA_TAKE(inflight->item));
        } else if (deadline_ns < slot->inflight_due_ns) {
            slot->inflight_due_ns = deadline_ns;
        }
    }
}

void
fovea_inflight_take_expired(struct fovea_slot *slot,
        struct fovea_items *items_out)
{
    struct fovea_pool *pool = slot->group->pool;
    *items_out = (struct fovea_items){ 0 };
    if (pool->now_ns >= slot->inflight_due_ns) {
        fovea_lock(pool);
        take_expired(slot, items_out);
        fovea_unlock(pool);
    }
    fovea_poll_due(pool, slot->inflight_due_ns);
}

void
fovea_inflight_take_cancelled(struct fovea_slot *slot,
        struct fovea_items *items_out)
{
    for (uint32_t i = 0; i < slot->n_inflight; i++) {
        struct fovea_inflight *inflight = &slot->inflight[i];
        if (inflight->item && inflight->item->is_cancelled) {
            fovea_items_push(items_out, FOVEA_TAKE(inflight->item));
        }
    }
}

bool
fovea_inflight_cancel(struct fovea_slot *slot, uint64_t ticket)
{
    bool found = false;
    for (uint32_t i = 0; i < slot->n_inflight; i++) {
        struct fovea_pool_item *item = slot->inflight[i].item;
        if (item && item->request.ticket == ticket) {
            item->is_cancelled = true;
            found = true;
        }
    }
    return found;
}

bool
fovea_inflight_ask(struct fovea_slot *slot, uint64_t job_id,
        const struct fovea_need *need)
{
    struct fovea_pool *pool = slot->group->pool;
    if (job_id != slot->job_id || need->index >= slot->n_inflight) {
        return false;
    }
    struct fovea_inflight *inflight = &slot->inflight[need->index];
    if (inflight->is_done || inflight->is_decoded || inflight->has_asked) {
        return false;
    }
    inflight->has_asked = true;
    slot->need = *need;
    slot->asked = ++pool->last_asked;
    slot->asked_ns = pool->now_ns;
    return true;
}

struct fovea_inflight *
fovea_inflight_asker(struct fovea_slot *slot)
{
    return &slot->inflight[slot->need.index];
}

bool
fovea_inflight_reserve(struct fovea_slot *slot)
{
    struct fovea_pool *pool = slot->group->pool;
    struct fovea_inflight *inflight = fovea_inflight_asker(slot);
    fovea_lock(pool);
    bool fits = fovea_governor_reserve(&pool->governor, slot->need.bytes,
            &inflight->grant);
    slot->granted_bytes += inflight->grant.bytes;
    fovea_unlock(pool);
    return fits;
}

void
fovea_inflight_answered(struct fovea_slot *slot)
{
    expect_progress(slot);
}

void
fovea_inflight_refused(struct fovea_slot *slot)
{
    fovea_inflight_asker(slot)->is_refused = true;
}

void
fovea_inflight_release_all(struct fovea_slot *slot)
{
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(slot->inflight); i++) {
        release(slot, &slot->inflight[i]);
    }
}
