/* The shards that a node has in hand: see node_round.h. */
#include "jobs/node_round.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "jobs/node_broker.h"

/* What was said of a shard, counted. */
static void
count(struct fovea_node *node, const struct fovea_node_decision *decision)
{
    struct fovea_node_report *report = &node->report;
    report->n_done += decision->answer == FOVEA_NODE_ANSWER_DONE;
    report->n_failed +=
            decision->answer == FOVEA_NODE_ANSWER_DROP && decision->counts;
    report->n_returned += decision->answer == FOVEA_NODE_ANSWER_LATER;
}

static void
rest(struct fovea_node *node, const struct fovea_error *why, int64_t now_ns)
{
    int64_t pause_ns = fovea_node_pause(node, ++node->n_rests);
    node->rest_until_ns = fovea_later(now_ns, pause_ns);
    (void)snprintf(node->report.reason, sizeof node->report.reason, "%s",
            why->message);
    fovea_node_say(node, "resting for %.1f s: %s",
            (double)pause_ns / (double)FOVEA_NS_PER_S, why->message);
}

static void
say_what_failed(const struct fovea_node *node,
        const struct fovea_node_slot *slot)
{
    const struct fovea_node_decision *decision = &slot->outcome.decision;
    const struct fovea_error *error = &slot->outcome.error;
    if (decision->answer == FOVEA_NODE_ANSWER_DROP && decision->counts) {
        fovea_node_say(node, "shard %" PRIu64 " has failed: %s",
                slot->delivery.shard, error->message);
    } else if (decision->answer == FOVEA_NODE_ANSWER_LATER &&
            error->code != FOVEA_ERR_CANCELLED) {
        fovea_node_say(node, "shard %" PRIu64 " was given back: %s",
                slot->delivery.shard, error->message);
    }
}

/* A slot's thread has decided. */
static void
settle(struct fovea_node *node, struct fovea_node_slot *slot, int64_t now_ns)
{
    const struct fovea_node_decision *decision = &slot->outcome.decision;
    const struct fovea_error *error = &slot->outcome.error;
    struct fovea_node_look look;
    slot->work->look(slot->work->context, slot->number, &look);
    node->n_items += look.n_done;
    node->n_errors += look.n_errors;
    fovea_node_broker_answer(node, &slot->delivery, decision);
    count(node, decision);
    say_what_failed(node, slot);
    switch (decision->mood) {
    case FOVEA_NODE_MOOD_REST:
        rest(node, error, now_ns);
        break;
    case FOVEA_NODE_MOOD_END:
        fovea_node_end(node, error->code, error);
        break;
    case FOVEA_NODE_MOOD_WORK:
    default:
        if (decision->answer == FOVEA_NODE_ANSWER_DONE) {
            node->n_rests = 0;
        }
        break;
    }
    fovea_node_slot_clear(slot);
}

void
fovea_node_round_collect(struct fovea_node *node, int64_t now_ns)
{
    for (size_t i = 0; i < FOVEA_NODE_SHARDS; i++) {
        if (fovea_node_slot_take(&node->slots[i])) {
            settle(node, &node->slots[i], now_ns);
        }
    }
}

/* Its work hangs, was cancelled, and does not end: the shard goes back all the same,
   and the process ends, as nothing in it can be relied on. */
static void
leave(struct fovea_node *node, struct fovea_node_slot *slot)
{
    struct fovea_error error;
    struct fovea_node_outcome outcome;
    (void)fovea_fail(&error, FOVEA_ERR_DEADLINE,
            "shard %" PRIu64 " hangs, and its work cannot be ended",
            slot->delivery.shard);
    if (!fovea_node_slot_abandon(slot)) {
        return; /* it has ended after all */
    }
    fovea_node_slot_decide(slot, &outcome);
    fovea_node_broker_answer(node, &slot->delivery, &outcome.decision);
    count(node, &outcome.decision);
    node->is_left = true;
    fovea_node_end(node, error.code, &error);
}

static void
watch(struct fovea_node *node, struct fovea_node_slot *slot, int64_t now_ns)
{
    slot->work->look(slot->work->context, slot->number, &slot->seen);
    switch (fovea_node_watch_look(&slot->watch, slot->seen.progress, now_ns)) {
    case FOVEA_NODE_WATCH_KEEP:
        if (node->broker.queue) {
            fovea_queue_keep(node->broker.queue, &slot->delivery);
        }
        break;
    case FOVEA_NODE_WATCH_STALLED:
        if (!slot->hung_ns) {
            slot->hung_ns = now_ns;
            fovea_node_slot_cancel(slot, true);
        } else if (now_ns >= fovea_node_slot_leave_ns(slot)) {
            leave(node, slot);
        }
        break;
    case FOVEA_NODE_WATCH_WAIT:
    default:
        break;
    }
}

void
fovea_node_round_watch(struct fovea_node *node, int64_t now_ns)
{
    for (size_t i = 0; i < FOVEA_NODE_SHARDS; i++) {
        if (node->slots[i].is_busy && !node->slots[i].is_left) {
            watch(node, &node->slots[i], now_ns);
        }
    }
}

/* Whether less than one pool-width of work is left, and there is a slot for more. */
static struct fovea_node_slot *
find_room(struct fovea_node *node)
{
    struct fovea_node_slot *free_slot = NULL;
    uint64_t n_left = 0;
    for (size_t i = 0; i < FOVEA_NODE_SHARDS; i++) {
        struct fovea_node_slot *slot = &node->slots[i];
        if (!slot->is_busy) {
            free_slot = slot;
            continue;
        }
        if (slot->hung_ns || slot->seen.n_items == 0) {
            return NULL; /* a sick one; or nobody knows how much is left */
        }
        n_left += slot->seen.n_items > slot->seen.n_done
                ? slot->seen.n_items - slot->seen.n_done
                : 0;
    }
    return n_left < node->settings->width ? free_slot : NULL;
}

/* A message that is not of the job's manifest is not handed out again. */
static bool
is_good(struct fovea_node *node, const struct fovea_queue_delivery *delivery)
{
    static const struct fovea_node_decision drop = {
        .answer = FOVEA_NODE_ANSWER_DROP,
    };
    const struct fovea_node_work *work = node->settings->work;
    struct fovea_error error;
    if (!work->check(work->context, delivery, &error)) {
        return true;
    }
    node->n_refused++;
    fovea_node_say(node, "a message for shard %" PRIu64 " is refused: %s",
            delivery->shard, error.message);
    fovea_node_broker_answer(node, delivery, &drop);
    return false;
}

static void
begin(struct fovea_node *node, struct fovea_node_slot *slot,
        struct fovea_queue_delivery *delivery, int64_t now_ns)
{
    static const struct fovea_node_decision later = {
        .answer = FOVEA_NODE_ANSWER_LATER,
    };
    struct fovea_error error;
    fovea_node_watch_begin(&slot->watch, node->broker.ack_wait_ns,
            node->settings->stall_ns, now_ns);
    if (fovea_node_slot_begin(slot, delivery, &error)) {
        fovea_node_broker_answer(node, &slot->delivery, &later);
        count(node, &later);
        rest(node, &error, now_ns);
        fovea_node_slot_clear(slot);
    }
}

/* Ask once. True: something came and was refused, so that there may be more. */
static bool
fetch_one(struct fovea_node *node, int64_t now_ns)
{
    struct fovea_queue_delivery delivery = { .shard = 0 };
    struct fovea_node_slot *slot = NULL;
    if (!node->is_stopping && !node->is_over && now_ns >= node->rest_until_ns) {
        slot = find_room(node);
    }
    if (!fovea_node_broker_fetch(node, slot != NULL, &delivery, now_ns)) {
        return false;
    }
    bool is_refused = !is_good(node, &delivery);
    if (!is_refused) {
        node->report.n_redeliveries += delivery.n_deliveries > 1;
        begin(node, slot, &delivery, now_ns);
    }
    fovea_queue_delivery_finish(&delivery);
    return is_refused;
}

void
fovea_node_round_fetch(struct fovea_node *node, int64_t now_ns)
{
    /* A broker that sends rubbish does not keep the loop from its rounds. */
    enum {
        MOST = 16
    };
    for (int i = 0; i < MOST && fetch_one(node, now_ns); i++) {
    }
}

/* The one that was begun last goes back, so that the other has all workers for itself
   in the time that is left. */
void
fovea_node_round_stop(struct fovea_node *node)
{
    struct fovea_node_slot *first = &node->slots[0];
    struct fovea_node_slot *last = &node->slots[1];
    if (!first->is_busy || !last->is_busy) {
        return;
    }
    if (first->began_ns > last->began_ns) {
        last = first;
    }
    fovea_node_slot_cancel(last, false);
}

void
fovea_node_round_abandon(struct fovea_node *node)
{
    static const struct fovea_node_decision later = {
        .answer = FOVEA_NODE_ANSWER_LATER,
    };
    for (size_t i = 0; i < FOVEA_NODE_SHARDS; i++) {
        struct fovea_node_slot *slot = &node->slots[i];
        if (slot->is_busy && !slot->is_left) {
            fovea_node_slot_cancel(slot, false);
            if (fovea_node_slot_abandon(slot)) {
                fovea_node_broker_answer(node, &slot->delivery, &later);
                node->is_left = true;
            }
        }
    }
}

bool
fovea_node_round_is_busy(const struct fovea_node *node)
{
    for (size_t i = 0; i < FOVEA_NODE_SHARDS; i++) {
        if (node->slots[i].is_busy) {
            return true;
        }
    }
    return false;
}

int64_t
fovea_node_round_due_ns(const struct fovea_node *node)
{
    int64_t due_ns = INT64_MAX;
    for (size_t i = 0; i < FOVEA_NODE_SHARDS; i++) {
        const struct fovea_node_slot *slot = &node->slots[i];
        int64_t slot_ns = !slot->is_busy ? INT64_MAX
                : slot->hung_ns          ? fovea_node_slot_leave_ns(slot)
                                : fovea_node_watch_due_ns(&slot->watch);
        due_ns = slot_ns < due_ns ? slot_ns : due_ns;
    }
    return due_ns;
}

static enum fovea_node_state
state_of(const struct fovea_node *node, int64_t now_ns)
{
    return node->is_stopping                  ? FOVEA_NODE_STOPPING
            : !node->broker.has_joined        ? FOVEA_NODE_STARTING
            : fovea_node_broker_is_away(node) ? FOVEA_NODE_AWAY
            : now_ns < node->rest_until_ns    ? FOVEA_NODE_RESTING
            : fovea_node_round_is_busy(node)  ? FOVEA_NODE_WORKING
                                              : FOVEA_NODE_IDLE;
}

void
fovea_node_round_post(struct fovea_node *node, int64_t now_ns)
{
    struct fovea_node_report *report = &node->report;
    bool hangs = false;
    report->n_items = node->n_items;
    report->n_errors = node->n_errors;
    report->n_refused = node->n_refused + fovea_node_broker_n_refused(node);
    report->n_shards = 0;
    for (size_t i = 0; i < FOVEA_NODE_SHARDS; i++) {
        const struct fovea_node_slot *slot = &node->slots[i];
        if (slot->is_busy) {
            hangs |= slot->hung_ns != 0;
            report->n_items += slot->seen.n_done;
            report->n_errors += slot->seen.n_errors;
            report->shards[report->n_shards++] = (struct fovea_node_shard){
                .number = slot->delivery.shard,
                .n_done = slot->seen.n_done,
                .n_items = slot->seen.n_items,
            };
        }
    }
    report->state = state_of(node, now_ns);
    if (now_ns >= node->rest_until_ns) {
        report->reason[0] = '\0';
    }
    report->uptime_s = (uint64_t)((now_ns - node->started_ns) / FOVEA_NS_PER_S);
    report->rate = fovea_node_rate_take(&node->rate, report->n_items, now_ns);
    fovea_node_board_post(node->settings->board, report, hangs, now_ns);
}
