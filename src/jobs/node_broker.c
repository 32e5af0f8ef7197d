/* A node and its broker: see node_broker.h. */
#include "jobs/node_broker.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "http/notify.h"

#define REPORT_NS (5 * FOVEA_NS_PER_S)
#define COUNT_NS  (10 * FOVEA_NS_PER_S)

/* Something went wrong with the broker; it is tried again after a pause. */
static void
pause_broker(struct fovea_node *node, const struct fovea_error *error,
        int64_t now_ns)
{
    struct fovea_node_broker *broker = &node->broker;
    broker->n_troubles++;
    broker->is_joined = false;
    broker->is_asking = false;
    if (broker->n_troubles == 1) {
        broker->trouble_ns = now_ns;
        fovea_node_say(node, "%s; trying again", error->message);
    }
    broker->next_try_ns =
            fovea_later(now_ns, fovea_node_pause(node, broker->n_troubles));
}

/* What a call to the broker came to, where it failed. */
static void
suffer(struct fovea_node *node, enum fovea_status status,
        const struct fovea_error *error, int64_t now_ns)
{
    bool may_pass = status == FOVEA_ERR_QUEUE ||
            status == FOVEA_ERR_NO_MEMORY ||
            (status == FOVEA_ERR_NO_JOB && node->broker.has_joined);
    if (status != FOVEA_ERR_NO_JOB) {
        fovea_node_broker_close(node);
    }
    if (may_pass) {
        pause_broker(node, error, now_ns);
    } else {
        fovea_node_end(node, status, error);
    }
}

/* The job at the broker must be the one of the manifest. */
static enum fovea_status
join(struct fovea_node *node, struct fovea_error *err)
{
    const struct fovea_node_settings *settings = node->settings;
    struct fovea_queue_job job;
    enum fovea_status status = fovea_queue_look(node->broker.queue, &job, err);
    if (status) {
        return status;
    }
    if (strcmp(job.tag, settings->tag) != 0) {
        return fovea_fail(err, FOVEA_ERR_JOB_DIFFERS,
                "the job %s at the broker is not of the manifest at this "
                "output; another -o, or another job?",
                settings->job);
    }
    node->broker.ack_wait_ns = job.ack_wait_ns;
    return FOVEA_OK;
}

static void
has_joined(struct fovea_node *node)
{
    struct fovea_node_broker *broker = &node->broker;
    broker->is_joined = true;
    if (!broker->has_joined) {
        fovea_http_notify("READY=1\nSTATUS=working");
        fovea_node_say(node, "node %s works on the job %s",
                node->settings->name, node->settings->job);
    } else if (broker->n_troubles > 0) {
        fovea_node_say(node, "the broker is there again");
    }
    broker->has_joined = true;
    broker->n_troubles = 0;
    broker->trouble_ns = 0;
}

/* How long the broker has been out of reach. */
static int64_t
away_ns(const struct fovea_node *node, int64_t now_ns)
{
    const struct fovea_node_broker *broker = &node->broker;
    if (broker->trouble_ns) {
        return now_ns - broker->trouble_ns;
    }
    return broker->queue ? fovea_queue_away_ns(broker->queue) : 0;
}

static void
mind_patience(struct fovea_node *node, int64_t now_ns)
{
    struct fovea_error error;
    int64_t patience_ns = node->settings->patience_ns;
    if (patience_ns < INT64_MAX && away_ns(node, now_ns) > patience_ns) {
        (void)fovea_fail(&error, FOVEA_ERR_QUEUE,
                "the broker, or the job there, has been away for longer than "
                "--queue-patience");
        fovea_node_end(node, error.code, &error);
    }
}

void
fovea_node_broker_tend(struct fovea_node *node, int64_t now_ns)
{
    struct fovea_node_broker *broker = &node->broker;
    if (!broker->is_joined && now_ns >= broker->next_try_ns) {
        struct fovea_error error;
        enum fovea_status status = FOVEA_OK;
        if (!broker->queue) {
            status = fovea_queue_open(&node->settings->queue,
                    node->settings->job, &broker->queue, &error);
        }
        if (!status) {
            status = join(node, &error);
        }
        if (status) {
            suffer(node, status, &error, fovea_clock_ns());
        } else {
            has_joined(node);
        }
    }
    mind_patience(node, now_ns);
}

bool
fovea_node_broker_is_away(const struct fovea_node *node)
{
    const struct fovea_node_broker *broker = &node->broker;
    return broker->has_joined &&
            (!broker->is_joined || fovea_queue_away_ns(broker->queue) > 0);
}

bool
fovea_node_broker_fetch(struct fovea_node *node, bool wants,
        struct fovea_queue_delivery *delivery_out, int64_t now_ns)
{
    struct fovea_node_broker *broker = &node->broker;
    struct fovea_error error;
    bool has_one = false;
    if (!broker->is_joined) {
        return false;
    }
    if (!wants) {
        if (broker->is_asking) {
            fovea_queue_stop_fetching(broker->queue);
            broker->is_asking = false;
        }
        return false;
    }
    broker->is_asking = true;
    enum fovea_status status =
            fovea_queue_fetch(broker->queue, delivery_out, &has_one, &error);
    if (status) {
        suffer(node, status, &error, now_ns);
        return false;
    }
    return has_one;
}

void
fovea_node_broker_answer(struct fovea_node *node,
        const struct fovea_queue_delivery *delivery,
        const struct fovea_node_decision *decision)
{
    struct fovea_queue *queue = node->broker.queue;
    struct fovea_error error;
    node->broker.counted_ns = 0; /* it may have been the last one */
    if (!queue) {
        return; /* it comes again; the markers say what became of it */
    }
    switch (decision->answer) {
    case FOVEA_NODE_ANSWER_DONE:
        /* Where that is lost the shard comes again, and its marker is found. */
        if (fovea_queue_done(queue, delivery, &error)) {
            fovea_node_say(node, "shard %" PRIu64 " is done, unconfirmed: %s",
                    delivery->shard, error.message);
        }
        break;
    case FOVEA_NODE_ANSWER_DROP:
        fovea_queue_drop(queue, delivery);
        break;
    case FOVEA_NODE_ANSWER_LATER:
    default:
        fovea_queue_later(queue, delivery, decision->wait_ns);
        break;
    }
}

void
fovea_node_broker_report(struct fovea_node *node, int64_t now_ns)
{
    struct fovea_node_broker *broker = &node->broker;
    if (!broker->queue) {
        return;
    }
    bool is_due =
            !broker->reported_ns || now_ns >= broker->reported_ns + REPORT_NS;
    if (!fovea_queue_asked(broker->queue) && !is_due) {
        return;
    }
    FOVEA_AUTO(fovea_text_finish) struct fovea_text text = { 0 };
    fovea_node_report_write(&node->report, &text);
    if (!fovea_text_failed(&text)) {
        fovea_queue_send_report(broker->queue, node->settings->name, text.data,
                text.size);
    }
    broker->reported_ns = now_ns;
}

bool
fovea_node_broker_is_done(struct fovea_node *node, int64_t now_ns)
{
    struct fovea_node_broker *broker = &node->broker;
    struct fovea_queue_counts counts;
    struct fovea_error error;
    if (!broker->is_joined || fovea_queue_away_ns(broker->queue) > 0 ||
            (broker->counted_ns && now_ns < broker->counted_ns + COUNT_NS)) {
        return false;
    }
    broker->counted_ns = now_ns;
    enum fovea_status status =
            fovea_queue_count(broker->queue, &counts, &error);
    if (status) {
        suffer(node, status, &error, fovea_clock_ns());
        return false;
    }
    return counts.n_waiting == 0 && counts.n_handed_out == 0;
}

uint64_t
fovea_node_broker_n_refused(const struct fovea_node *node)
{
    const struct fovea_node_broker *broker = &node->broker;
    return broker->n_refused +
            (broker->queue ? fovea_queue_n_refused(broker->queue) : 0);
}

void
fovea_node_broker_close(struct fovea_node *node)
{
    struct fovea_node_broker *broker = &node->broker;
    broker->n_refused = fovea_node_broker_n_refused(node);
    fovea_queue_close(broker->queue);
    broker->queue = NULL;
    broker->is_joined = false;
    broker->is_asking = false;
}
