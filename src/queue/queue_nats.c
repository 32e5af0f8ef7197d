/*
 * A queue at a NATS server with JetStream (2.9 or later).
 *
 * The client library brings connections, TLS and keys; JetStream itself is messages of
 * JSON, which nats_api.c writes and checks. nats_job.c is about the job, nats_publish.c
 * publishes shards, nats_pull.c fetches them, nats_reports.c carries what nodes say.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "queue/kind.h"
#include "queue/nats_job.h"
#include "queue/nats_link.h"
#include "queue/nats_publish.h"
#include "queue/nats_pull.h"
#include "queue/nats_reports.h"

struct nats_queue {
    struct fovea_queue queue;
    struct fovea_nats_link link;
    struct fovea_nats_job job;
    struct fovea_nats_pull pull;
    struct fovea_nats_publisher publisher;
    struct fovea_nats_reports reports;
};

static struct nats_queue *
of(struct fovea_queue *queue)
{
    return (struct nats_queue *)queue;
}

static const struct nats_queue *
of_const(const struct fovea_queue *queue)
{
    return (const struct nats_queue *)queue;
}

static void
nats_close(struct fovea_queue *queue)
{
    struct nats_queue *self = of(queue);
    if (self->link.connection) {
        fovea_nats_pull_end(&self->pull);
    }
    fovea_nats_link_close(&self->link);
    fovea_nats_reports_finish(&self->reports);
    natsSubscription_Destroy(self->publisher.sub);
    fovea_nats_pull_finish(&self->pull);
    free(self);
}

static enum fovea_status
nats_open(const struct fovea_queue_settings *settings, const char *job,
        struct fovea_queue **q_out, struct fovea_error *err)
{
    struct nats_queue *self = calloc(1, sizeof *self);
    if (!self) {
        return fovea_fail_memory(err, sizeof *self, "a queue");
    }
    self->queue.kind = &fovea_queue_nats;
    (void)snprintf(self->queue.job, sizeof self->queue.job, "%s", job);
    self->job.link = &self->link;
    self->job.job = self->queue.job;
    self->pull.link = &self->link;
    self->pull.job = self->queue.job;
    self->publisher.link = &self->link;
    self->publisher.job = self->queue.job;
    self->reports.link = &self->link;
    self->reports.job = self->queue.job;
    enum fovea_status status = fovea_nats_link_open(settings, &self->link, err);
    if (status) {
        nats_close(&self->queue);
        return status;
    }
    *q_out = &self->queue;
    return FOVEA_OK;
}

static int
nats_descriptor(const struct fovea_queue *queue)
{
    return of_const(queue)->link.event_fd;
}

static void
nats_seen(struct fovea_queue *queue)
{
    uint64_t n;
    (void)!read(of(queue)->link.event_fd, &n, sizeof n);
}

static int64_t
nats_away_ns(const struct fovea_queue *queue)
{
    struct fovea_nats_link *link =
            &of((struct fovea_queue *)(uintptr_t)queue)->link;
    (void)pthread_mutex_lock(&link->mutex);
    int64_t since_ns = link->away_since_ns;
    (void)pthread_mutex_unlock(&link->mutex);
    int64_t away_ns = since_ns ? fovea_clock_ns() - since_ns : 0;
    return since_ns && away_ns == 0 ? 1 : away_ns;
}

static enum fovea_status
nats_publish(struct fovea_queue *queue, uint64_t shard, const char *message,
        size_t size, struct fovea_error *err)
{
    return fovea_nats_publish(&of(queue)->publisher, shard, message, size, err);
}

static enum fovea_status
nats_publish_end(struct fovea_queue *queue, uint64_t *n_new_out,
        uint64_t *n_there_out, struct fovea_error *err)
{
    return fovea_nats_publish_end(&of(queue)->publisher, n_new_out, n_there_out,
            err);
}

static enum fovea_status
nats_create(struct fovea_queue *queue, const struct fovea_queue_job *job,
        struct fovea_error *err)
{
    return fovea_nats_job_create(&of(queue)->job, job, err);
}

static enum fovea_status
nats_look(struct fovea_queue *queue, struct fovea_queue_job *job_out,
        struct fovea_error *err)
{
    return fovea_nats_job_look(&of(queue)->job, job_out, err);
}

static enum fovea_status
nats_remove(struct fovea_queue *queue, struct fovea_error *err)
{
    return fovea_nats_job_remove(&of(queue)->job, err);
}

static enum fovea_status
nats_count(struct fovea_queue *queue, struct fovea_queue_counts *counts_out,
        struct fovea_error *err)
{
    return fovea_nats_job_count(&of(queue)->job, counts_out, err);
}

static enum fovea_status
nats_list(struct fovea_queue *queue,
        bool (*on_job)(void *context, const char *name), void *context,
        struct fovea_error *err)
{
    return fovea_nats_job_list(&of(queue)->job, on_job, context, err);
}

static enum fovea_status
nats_purge(struct fovea_queue *queue, uint64_t shard, struct fovea_error *err)
{
    return fovea_nats_job_purge(&of(queue)->job, shard, err);
}

static enum fovea_status
nats_place(struct fovea_queue *queue, uint64_t shard,
        enum fovea_queue_place *place_out, struct fovea_error *err)
{
    return fovea_nats_job_place(&of(queue)->job, shard, place_out, err);
}

static enum fovea_status
nats_fetch(struct fovea_queue *queue, struct fovea_queue_delivery *delivery_out,
        bool *has_one_out, struct fovea_error *err)
{
    return fovea_nats_pull_fetch(&of(queue)->pull, delivery_out, has_one_out,
            err);
}

static void
nats_stop_fetching(struct fovea_queue *queue)
{
    fovea_nats_pull_stop(&of(queue)->pull);
}

static uint64_t
nats_n_refused(const struct fovea_queue *queue)
{
    struct nats_queue *self = of((struct fovea_queue *)(uintptr_t)queue);
    (void)pthread_mutex_lock(&self->link.mutex);
    uint64_t n = self->pull.n_refused;
    (void)pthread_mutex_unlock(&self->link.mutex);
    return n;
}

/* What is said of a delivery while the broker is away is said of none: it is handed
   out again. */
static void
say(struct fovea_queue *queue, const struct fovea_queue_delivery *delivery,
        const char *verdict)
{
    if (nats_away_ns(queue) == 0) {
        (void)natsConnection_PublishString(of(queue)->link.connection,
                delivery->handle, verdict);
    }
}

static void
nats_keep(struct fovea_queue *queue,
        const struct fovea_queue_delivery *delivery)
{
    say(queue, delivery, "+WPI");
}

static enum fovea_status
nats_done(struct fovea_queue *queue,
        const struct fovea_queue_delivery *delivery, struct fovea_error *err)
{
    FOVEA_AUTO(natsMsg_Destroy_auto) natsMsg *message = NULL;
    if (nats_away_ns(queue) > 0) {
        return fovea_fail(err, FOVEA_ERR_QUEUE,
                "%s: the broker is out of reach", queue->job);
    }
    return fovea_nats_link_request(&of(queue)->link, delivery->handle, "+ACK",
            strlen("+ACK"), &message, err);
}

static void
nats_later(struct fovea_queue *queue,
        const struct fovea_queue_delivery *delivery, int64_t delay_ns)
{
    char verdict[48] = "-NAK";
    if (delay_ns > 0) {
        (void)snprintf(verdict, sizeof verdict, "-NAK {\"delay\": %" PRId64 "}",
                delay_ns);
    }
    say(queue, delivery, verdict);
}

static void
nats_drop(struct fovea_queue *queue,
        const struct fovea_queue_delivery *delivery)
{
    say(queue, delivery, "+TERM");
}

static void
nats_report(struct fovea_queue *queue, const char *node, const char *text,
        size_t size)
{
    if (nats_away_ns(queue) == 0) {
        fovea_nats_reports_send(&of(queue)->reports, node, text, size);
    }
}

static bool
nats_asked(struct fovea_queue *queue)
{
    return fovea_nats_reports_asked(&of(queue)->reports);
}

static enum fovea_status
nats_ask(struct fovea_queue *queue, struct fovea_error *err)
{
    return fovea_nats_reports_ask(&of(queue)->reports, err);
}

static bool
nats_heard(struct fovea_queue *queue, struct fovea_queue_report *report_out)
{
    return fovea_nats_reports_heard(&of(queue)->reports, report_out);
}

const struct fovea_queue_kind fovea_queue_nats = {
    .schemes = "nats:// or tls://",
    .takes = fovea_nats_takes,
    .open = nats_open,
    .close = nats_close,
    .descriptor = nats_descriptor,
    .seen = nats_seen,
    .away_ns = nats_away_ns,
    .create = nats_create,
    .look = nats_look,
    .remove = nats_remove,
    .count = nats_count,
    .list = nats_list,
    .publish = nats_publish,
    .publish_end = nats_publish_end,
    .purge = nats_purge,
    .place = nats_place,
    .fetch = nats_fetch,
    .stop_fetching = nats_stop_fetching,
    .n_refused = nats_n_refused,
    .keep = nats_keep,
    .done = nats_done,
    .later = nats_later,
    .drop = nats_drop,
    .report = nats_report,
    .asked = nats_asked,
    .ask = nats_ask,
    .heard = nats_heard,
};
