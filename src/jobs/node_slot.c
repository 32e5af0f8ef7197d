/* A shard that a node has: see node_slot.h. */
#include "jobs/node_slot.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/event_fd.h"
#include "base/thread.h"

/* A verdict that counts: written down before anything is said of the shard. */
static enum fovea_status
write_down(const struct fovea_node_slot *slot, unsigned number,
        enum fovea_status status, bool hung, struct fovea_node_outcome *outcome,
        struct fovea_error *err)
{
    const struct fovea_node_work *work = slot->work;
    uint64_t shard = slot->delivery.shard;
    uint64_t n = 0;
    enum fovea_status written =
            work->count(work->context, number, shard, &outcome->error, &n, err);
    if (written) {
        return written;
    }
    outcome->decision = fovea_node_decide(status, hung, n - 1, slot->pause_ns);
    return outcome->decision.answer == FOVEA_NODE_ANSWER_DROP
            ? work->fail(work->context, number, shard, n, &outcome->error, err)
            : FOVEA_OK;
}

/* Of a shard that came to a status, with the outcome's error. number: of who
   writes. */
static void
decide(const struct fovea_node_slot *slot, unsigned number,
        enum fovea_status status, bool hung, struct fovea_node_outcome *outcome)
{
    struct fovea_error error;
    outcome->decision = fovea_node_decide(status, hung, 0, slot->pause_ns);
    if (!outcome->decision.counts) {
        return;
    }
    if (hung) {
        (void)fovea_fail(&outcome->error, FOVEA_ERR_DEADLINE,
                "nothing went on for longer than --stall-time");
    }
    enum fovea_status written =
            write_down(slot, number, status, hung, outcome, &error);
    if (written) {
        outcome->decision = fovea_node_decide_unwritten(written);
        outcome->error = error;
    }
}

static void *
run(void *context)
{
    struct fovea_node_slot *slot = context;
    fovea_error_clear(&slot->outcome.error);
    enum fovea_status status = slot->work->run(slot->work->context,
            slot->number, slot->delivery.shard, &slot->outcome.error);
    decide(slot, slot->number, status, atomic_load(&slot->hangs),
            &slot->outcome);
    int phase = FOVEA_NODE_PHASE_RUNS;
    if (atomic_compare_exchange_strong(&slot->phase, &phase,
                FOVEA_NODE_PHASE_ENDED)) {
        fovea_event_raise(slot->event_fd);
    } else {
        slot->let_go(slot->owner);
    }
    return NULL;
}

enum fovea_status
fovea_node_slot_begin(struct fovea_node_slot *slot,
        struct fovea_queue_delivery *delivery, struct fovea_error *err)
{
    slot->delivery = *delivery;
    *delivery = (struct fovea_queue_delivery){ .shard = 0 };
    slot->is_left = false;
    slot->seen = (struct fovea_node_look){ .progress = 0 };
    slot->hung_ns = 0;
    slot->began_ns = fovea_clock_ns();
    atomic_store(&slot->hangs, false);
    atomic_store(&slot->phase, FOVEA_NODE_PHASE_RUNS);
    slot->work->begin(slot->work->context, slot->number, slot->delivery.shard);
    int error = fovea_thread_create(&slot->thread, run, slot);
    slot->is_busy = error == 0;
    return error ? fovea_fail_errno(err, FOVEA_ERR_NO_MEMORY, error,
                           "cannot start a thread")
                 : FOVEA_OK;
}

void
fovea_node_slot_cancel(struct fovea_node_slot *slot, bool hangs)
{
    if (hangs) {
        atomic_store(&slot->hangs, true);
    }
    slot->work->cancel(slot->work->context, slot->number);
}

int64_t
fovea_node_slot_leave_ns(const struct fovea_node_slot *slot)
{
    /* As long as it could stand still before that was called a hang. */
    return fovea_later(slot->hung_ns, slot->watch.stall_ns);
}

bool
fovea_node_slot_abandon(struct fovea_node_slot *slot)
{
    int phase = FOVEA_NODE_PHASE_RUNS;
    slot->hold(slot->owner);
    slot->is_left = atomic_compare_exchange_strong(&slot->phase, &phase,
            FOVEA_NODE_PHASE_LEFT);
    if (slot->is_left) {
        (void)pthread_detach(slot->thread);
    } else {
        slot->let_go(slot->owner);
    }
    return slot->is_left;
}

void
fovea_node_slot_decide(struct fovea_node_slot *slot,
        struct fovea_node_outcome *outcome_out)
{
    fovea_error_clear(&outcome_out->error);
    decide(slot, FOVEA_NODE_LOOP, FOVEA_ERR_DEADLINE, true, outcome_out);
}

bool
fovea_node_slot_take(struct fovea_node_slot *slot)
{
    if (!slot->is_busy || atomic_load(&slot->phase) != FOVEA_NODE_PHASE_ENDED) {
        return false;
    }
    (void)pthread_join(slot->thread, NULL);
    slot->is_busy = false;
    return true;
}

void
fovea_node_slot_clear(struct fovea_node_slot *slot)
{
    fovea_queue_delivery_finish(&slot->delivery);
}
