/* A node's loop: see node.h. */
#include "jobs/node.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/clock.h"
#include "base/error.h"
#include "http/notify.h"
#include "jobs/node_broker.h"
#include "jobs/node_round.h"

/* Of a round without an event: a shard that is asked for is looked for so often, and
   reports and progress are as fresh as that. */
#define ROUND_NS FOVEA_NS_PER_S

/* No shard is taken from here on. */
static void
stop(struct fovea_node *node, int64_t now_ns)
{
    if (node->is_stopping) {
        return;
    }
    node->is_stopping = true;
    node->grace_until_ns = fovea_later(now_ns, node->settings->grace_ns);
    fovea_http_notify("STOPPING=1");
    fovea_node_round_stop(node);
}

static void
take_wishes(struct fovea_node *node, int64_t now_ns)
{
    struct fovea_error error;
    switch (node->settings->wish(node->settings->context)) {
    case FOVEA_NODE_STOP:
        stop(node, now_ns);
        break;
    case FOVEA_NODE_STOP_NOW:
        fovea_node_round_abandon(node);
        (void)fovea_fail(&error, FOVEA_ERR_CANCELLED, "stopped at once");
        fovea_node_end(node, error.code, &error);
        break;
    case FOVEA_NODE_GO_ON:
    default:
        break;
    }
}

/* The time for shards in hand is over. */
static void
mind_grace(struct fovea_node *node, int64_t now_ns)
{
    if (!node->is_stopping || now_ns < node->grace_until_ns) {
        return;
    }
    for (size_t i = 0; i < FOVEA_NODE_SHARDS; i++) {
        if (node->slots[i].is_busy) {
            fovea_node_slot_cancel(&node->slots[i], false);
        }
    }
}

/* Whether nothing is left to do. One that ends for a reason of its own gives the other
   shard in hand its time. */
static bool
is_through(struct fovea_node *node, int64_t now_ns)
{
    if (node->is_left) {
        return true;
    }
    if (node->is_over) {
        stop(node, now_ns);
    }
    if (fovea_node_round_is_busy(node)) {
        return false;
    }
    return node->is_stopping ||
            (node->settings->until_done &&
                    fovea_node_broker_is_done(node, now_ns));
}

static int64_t
earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t
next_round(const struct fovea_node *node, int64_t now_ns)
{
    int64_t due_ns = now_ns + ROUND_NS;
    due_ns = earlier(due_ns, fovea_node_round_due_ns(node));
    if (!node->broker.is_joined) {
        due_ns = earlier(due_ns, node->broker.next_try_ns);
    }
    if (node->rest_until_ns > now_ns) {
        due_ns = earlier(due_ns, node->rest_until_ns);
    }
    if (node->is_stopping && node->grace_until_ns > now_ns) {
        due_ns = earlier(due_ns, node->grace_until_ns);
    }
    return due_ns;
}

static void
wait_for_more(struct fovea_node *node, int64_t now_ns)
{
    struct fovea_queue *queue = node->broker.queue;
    struct pollfd fds[] = {
        { .fd = node->settings->stop_fd, .events = POLLIN },
        { .fd = node->event_fd, .events = POLLIN },
        { .fd = queue ? fovea_queue_descriptor(queue) : -1, .events = POLLIN },
    };
    int64_t wait_ns = next_round(node, now_ns) - fovea_clock_ns();
    int64_t wait_ms = wait_ns > 0 ? (wait_ns - 1) / FOVEA_NS_PER_MS + 1 : 0;
    (void)poll(fds, FOVEA_ARRAY_LEN(fds), (int)wait_ms);
    uint64_t n;
    (void)!read(node->event_fd, &n, sizeof n);
    if (queue && fds[2].revents) {
        fovea_queue_seen(queue);
    }
}

static void
run(struct fovea_node *node)
{
    int64_t watchdog_ns = fovea_http_notify_watchdog_ns();
    int64_t watched_ns = 0;
    int64_t now_ns = fovea_clock_ns();
    for (;;) {
        take_wishes(node, now_ns);
        if (!node->is_over && !node->is_stopping) {
            fovea_node_broker_tend(node, now_ns);
        }
        now_ns = fovea_clock_ns();
        fovea_node_round_collect(node, now_ns);
        fovea_node_round_watch(node, now_ns);
        mind_grace(node, now_ns);
        fovea_node_round_fetch(node, now_ns);
        fovea_node_round_post(node, now_ns);
        fovea_node_broker_report(node, now_ns);
        if (watchdog_ns && now_ns - watched_ns >= watchdog_ns) {
            fovea_http_notify("WATCHDOG=1");
            watched_ns = now_ns;
        }
        if (is_through(node, now_ns)) {
            return;
        }
        wait_for_more(node, now_ns);
        now_ns = fovea_clock_ns();
    }
}

static void
hold(void *owner)
{
    struct fovea_node *node = owner;
    (void)atomic_fetch_add(&node->n_owners, 1);
}

static void
let_go(void *owner)
{
    struct fovea_node *node = owner;
    if (atomic_fetch_sub(&node->n_owners, 1) > 1) {
        return;
    }
    for (size_t i = 0; i < FOVEA_NODE_SHARDS; i++) {
        fovea_node_slot_clear(&node->slots[i]);
    }
    (void)close(node->event_fd);
    free(node);
}

static void
begin(struct fovea_node *node)
{
    atomic_store(&node->n_owners, 1);
    node->started_ns = fovea_clock_ns();
    (void)snprintf(node->report.version, sizeof node->report.version, "%s",
            node->settings->version);
    fovea_node_rate_begin(&node->rate, node->started_ns);
    for (unsigned i = 0; i < FOVEA_NODE_SHARDS; i++) {
        struct fovea_node_slot *slot = &node->slots[i];
        slot->number = i;
        slot->work = node->settings->work;
        slot->pause_ns = node->settings->pause_ns;
        slot->event_fd = node->event_fd;
        slot->hold = hold;
        slot->let_go = let_go;
        slot->owner = node;
    }
}

enum fovea_status
fovea_node_run(const struct fovea_node_settings *settings, bool *is_left_out,
        struct fovea_error *err)
{
    struct fovea_node *node = calloc(1, sizeof *node);
    *is_left_out = false;
    if (!node) {
        return fovea_fail_memory(err, sizeof *node, "the node");
    }
    node->settings = settings;
    node->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (node->event_fd < 0) {
        free(node);
        return fovea_fail_errno(err, FOVEA_ERR_IO, errno,
                "cannot make an event descriptor");
    }
    begin(node);
    run(node);
    fovea_node_broker_close(node);
    enum fovea_status status = node->status;
    *is_left_out = node->is_left;
    if (status && err) {
        *err = node->error;
    }
    let_go(node);
    return status;
}
