/*
 * Memory for single items, beside what workers have anyway.
 *
 * A worker that is to decode a picture that must be in memory as a whole asks
 * for that memory first (NEED), and waits. Requests are served in the order in
 * which they came, from the same account that workers are started from: what
 * fits is reserved and granted; what could never fit is refused at once; what
 * does not fit now waits for other grants, and for workers without work, which
 * are asked to end. Nobody holds a part of what it needs, and where all
 * workers wait for each other the last one is ended; an item's deadline ends
 * its waiting too.
 *
 * A grant is released with the item's DECODED or RESULT, or, whatever way the
 * worker ends, when its process is gone.
 */
#include "pool/grant.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/size.h"
#include "option/limits.h"
#include "pool/inflight.h"
#include "pool/life.h"
#include "pool/poll.h"
#include "pool/pressure.h"
#include "pool/room.h"
#include "pool/slot.h"

static bool
is_waiting(const struct fovea_slot *slot)
{
    return slot->channel_state == FOVEA_CHANNEL_ASKED &&
            !slot->is_disconnected && slot->state == FOVEA_WORKER_PROCESSING;
}

/* Who has waited for longest. */
static struct fovea_slot *
find_first(struct fovea_pool *pool)
{
    struct fovea_slot *first = NULL;
    for (unsigned i = 0; i < pool->n_slots; i++) {
        struct fovea_slot *slot = &pool->slots[i];
        if (is_waiting(slot) && (!first || slot->asked < first->asked)) {
            first = slot;
        }
    }
    return first;
}

bool
fovea_grant_is_awaited(struct fovea_pool *pool)
{
    return find_first(pool) != NULL;
}

bool
fovea_grant_is_awaited_since(struct fovea_pool *pool, int64_t time_ns)
{
    const struct fovea_slot *first = find_first(pool);
    return first && first->asked_ns < time_ns;
}

/* An answer that cannot be sent is no answer: the worker is ended. */
static void
answer(struct fovea_slot *slot, enum fovea_status status, const char *message)
{
    struct fovea_grant grant = { .index = slot->need.index, .status = status };
    (void)snprintf(grant.message, sizeof grant.message, "%s", message);
    uint8_t bytes[sizeof grant + 16];
    struct fovea_writer writer;
    fovea_writer_init(&writer, bytes, sizeof bytes);
    fovea_grant_write(&grant, &writer);
    FOVEA_ASSERT(!writer.overflow);
    fovea_channel_send(&slot->channel_state, FOVEA_FRAME_GRANT);
    fovea_inflight_answered(slot);
    struct fovea_error error;
    if (fovea_frame_send(slot->channel, FOVEA_FRAME_GRANT, slot->job_id, bytes,
                writer.size, NULL, 0, &error)) {
        fovea_life_send_failed(slot, &error);
    }
}

static void
refuse(struct fovea_slot *slot, const struct fovea_error *why)
{
    fovea_inflight_refused(slot);
    answer(slot, why->code, why->message);
}

/* What the item could have if nobody else had anything. */
static uint64_t
most_bytes(const struct fovea_slot *slot)
{
    const struct fovea_pool *pool = slot->group->pool;
    uint64_t own = fovea_sum_bytes(slot->own.bytes, slot->group->shared.bytes);
    return fovea_bytes_left(fovea_governor_limit(&pool->governor), own);
}

static void
refuse_for_ever(struct fovea_slot *slot)
{
    struct fovea_error why;
    (void)fovea_fail(&why, FOVEA_ERR_IMAGE_TOO_MUCH_MEMORY,
            "decoding it takes %" PRIu64 " MB, and beside its worker the limit "
            "leaves %" PRIu64 " MB %s",
            fovea_whole_mib(slot->need.bytes + FOVEA_DECODE_FREE_BYTES),
            (most_bytes(slot) + FOVEA_DECODE_FREE_BYTES) >> 20,
            fovea_limit_by(FOVEA_OPTION_MEMORY));
    refuse(slot, &why);
}

static void
refuse_now(struct fovea_slot *slot)
{
    const struct fovea_governor *governor = &slot->group->pool->governor;
    struct fovea_error why;
    (void)fovea_fail(&why, FOVEA_ERR_NO_MEMORY,
            "decoding it takes %" PRIu64 " MB, and only %" PRIu64
            " MB are available",
            fovea_whole_mib(slot->need.bytes + FOVEA_DECODE_FREE_BYTES),
            (fovea_governor_room(governor) + FOVEA_DECODE_FREE_BYTES) >> 20);
    refuse(slot, &why);
}

/* What comes back by itself: other grants, workers that end, the weights of
   models that keep nobody. */
static uint64_t
coming_bytes(const struct fovea_pool *pool)
{
    uint64_t sum = 0;
    for (const struct fovea_group *group = pool->groups; group;
            group = group->next) {
        bool keeps_one = false;
        for (unsigned i = 0; i < pool->n_slots; i++) {
            const struct fovea_slot *slot = &pool->slots[i];
            if (slot->group == group && slot->state != FOVEA_WORKER_DEAD) {
                sum += slot->granted_bytes;
                sum += fovea_slot_is_ending(slot) ? slot->own.bytes : 0;
                keeps_one = keeps_one || !fovea_slot_is_ending(slot);
            }
        }
        sum += keeps_one ? 0 : group->shared.bytes;
    }
    return sum;
}

/* Has the item waited, and the other worked, for long enough? */
static bool
has_had_its_turn(const struct fovea_slot *slot, const struct fovea_slot *asker)
{
    int64_t now_ns = slot->group->pool->now_ns;
    return slot != asker && now_ns - asker->asked_ns >= FOVEA_TURN_NS &&
            now_ns - slot->ready_ns >= FOVEA_TURN_NS;
}

/* The worker, of any model, that has been without work for longest, or that had
   its turn; NULL if all have some. mu held. */
static struct fovea_slot *
find_idle(struct fovea_pool *pool, const struct fovea_slot *asker)
{
    struct fovea_slot *oldest = NULL;
    for (unsigned i = 0; i < pool->n_slots; i++) {
        struct fovea_slot *slot = &pool->slots[i];
        if (slot->state != FOVEA_WORKER_DEAD &&
                fovea_slot_is_free_to_work(slot) &&
                (fovea_queue_size(&slot->group->queue) == 0 ||
                        has_had_its_turn(slot, asker)) &&
                (!oldest || slot->used_ns < oldest->used_ns)) {
            oldest = slot;
        }
    }
    return oldest;
}

static uint64_t
room_to_come(const struct fovea_pool *pool)
{
    return fovea_sum_bytes(fovea_governor_room(&pool->governor),
            coming_bytes(pool));
}

bool
fovea_grant_must_yield(const struct fovea_slot *slot)
{
    struct fovea_pool *pool = slot->group->pool;
    const struct fovea_slot *first = find_first(pool);
    if (!first || !has_had_its_turn(slot, first)) {
        return false;
    }
    fovea_lock(pool);
    bool must_yield = room_to_come(pool) < first->need.bytes;
    fovea_unlock(pool);
    return must_yield;
}

/* Ask as many to end as it takes. */
static void
make_room(const struct fovea_slot *asker)
{
    struct fovea_pool *pool = asker->group->pool;
    for (;;) {
        fovea_lock(pool);
        uint64_t room = room_to_come(pool);
        struct fovea_slot *idle = find_idle(pool, asker);
        fovea_unlock(pool);
        if (room >= asker->need.bytes || !idle) {
            return;
        }
        idle->group->yielded_ns = pool->now_ns;
        fovea_life_stop(idle, FOVEA_STOP_MEMORY);
        fovea_poll_due(pool, idle->due_ns);
    }
}

/* Whether more room is to be hoped for: grants come back, and so does the
   memory of workers that end or will be without work. Those that wait in line
   release nothing. */
static bool
has_hope(const struct fovea_slot *slot)
{
    const struct fovea_pool *pool = slot->group->pool;
    for (unsigned i = 0; i < pool->n_slots; i++) {
        const struct fovea_slot *other = &pool->slots[i];
        if (other != slot && other->state != FOVEA_WORKER_DEAD &&
                (other->granted_bytes > 0 || !is_waiting(other))) {
            return true;
        }
    }
    return slot->granted_bytes > 0; /* of its other threads */
}

/* All that are here wait for each other: the last one gives way. Its items are
   tried again, and nothing is held against them. False: there is none but this
   one. */
static bool
end_last(const struct fovea_slot *first)
{
    struct fovea_pool *pool = first->group->pool;
    struct fovea_slot *last = NULL;
    for (unsigned i = 0; i < pool->n_slots; i++) {
        struct fovea_slot *slot = &pool->slots[i];
        if (slot != first && is_waiting(slot) &&
                (!last || slot->asked > last->asked)) {
            last = slot;
        }
    }
    if (last) {
        struct fovea_error why;
        (void)fovea_fail(&why, FOVEA_ERR_NO_MEMORY,
                "%ss wait for each other's memory",
                fovea_group_item(last->group));
        fovea_life_kill(last, FOVEA_STOP_MEMORY, &why);
    }
    return last != NULL;
}

/* False: this one must wait, and so must those behind it. */
static bool
serve(struct fovea_slot *slot)
{
    if (slot->need.bytes > most_bytes(slot)) {
        refuse_for_ever(slot);
        return true;
    }
    if (fovea_inflight_reserve(slot)) {
        answer(slot, FOVEA_OK, "");
        return true;
    }
    make_room(slot);
    if (has_hope(slot) || end_last(slot)) {
        return false;
    }
    refuse_now(slot);
    return true;
}

/* Items that were answered already, cancelled or too late, are done with at
   once: their workers have others. */
static void
dismiss(struct fovea_pool *pool)
{
    for (unsigned i = 0; i < pool->n_slots; i++) {
        struct fovea_slot *slot = &pool->slots[i];
        if (is_waiting(slot) && !fovea_inflight_asker(slot)->item) {
            answer(slot, FOVEA_ERR_NO_MEMORY, "nobody waits for it any more");
        }
    }
}

void
fovea_grant_round(struct fovea_pool *pool)
{
    dismiss(pool);
    for (struct fovea_slot *slot; (slot = find_first(pool));) {
        fovea_pressure_refresh(pool, FOVEA_SCALE_AGAIN_NS);
        if (!serve(slot)) {
            /* Memory of others may be free without a word of theirs. */
            fovea_poll_due(pool, pool->now_ns + FOVEA_SCALE_AGAIN_NS);
            return;
        }
    }
}

bool
fovea_grant_ask(struct fovea_slot *slot, const struct fovea_frame *frame)
{
    struct fovea_need need;
    /* Its limit on an item is for the worker to keep. */
    if (!fovea_need_read(frame, &need) ||
            need.bytes > slot->group->settings.limits.max_decode_bytes ||
            !fovea_inflight_ask(slot, frame->id, &need)) {
        return false;
    }
    fovea_grant_round(slot->group->pool);
    return true;
}
