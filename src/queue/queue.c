/* See queue.h. */
#include "queue/queue.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "queue/kind.h"

static const struct fovea_queue_kind *const kinds[] = {
#define X(name) &fovea_queue_##name,
#include "queue/queue.def"
#undef X
};

static const struct fovea_queue_kind *
find_kind(const char *url, struct fovea_error *err)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text schemes = { 0 };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(kinds); i++) {
        if (kinds[i]->takes(url)) {
            return kinds[i];
        }
        fovea_text_format(&schemes, "%s%s", i ? ", " : "", kinds[i]->schemes);
    }
    /* Not shown: somebody may have written a password into it. */
    (void)fovea_fail(err, FOVEA_ERR_ARGUMENT,
            "--queue takes the URL of a broker: %s",
            fovea_text_failed(&schemes) ? "" : schemes.data);
    return NULL;
}

enum fovea_status
fovea_queue_open(const struct fovea_queue_settings *settings, const char *job,
        struct fovea_queue **q_out, struct fovea_error *err)
{
    struct fovea_queue *queue = NULL;
    if (job && !fovea_queue_is_name(job)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "%s: no name of a job; it has up to %d letters, digits, - and "
                "_",
                job, FOVEA_QUEUE_MAX_NAME);
    }
    const struct fovea_queue_kind *kind = find_kind(settings->url, err);
    enum fovea_status status = kind
            ? kind->open(settings, job ? job : "", &queue, err)
            : FOVEA_ERR_ARGUMENT;
    if (!status) {
        *q_out = queue;
    }
    return status;
}

void
fovea_queue_close(struct fovea_queue *queue)
{
    if (queue) {
        queue->kind->close(queue);
    }
}

int
fovea_queue_descriptor(const struct fovea_queue *queue)
{
    return queue->kind->descriptor(queue);
}

void
fovea_queue_seen(struct fovea_queue *queue)
{
    queue->kind->seen(queue);
}

int64_t
fovea_queue_away_ns(const struct fovea_queue *queue)
{
    return queue->kind->away_ns(queue);
}

enum fovea_status
fovea_queue_create(struct fovea_queue *queue, const struct fovea_queue_job *job,
        struct fovea_error *err)
{
    FOVEA_ASSERT(queue->job[0] && job->ack_wait_ns > 0 && job->n_replicas > 0);
    return queue->kind->create(queue, job, err);
}

enum fovea_status
fovea_queue_look(struct fovea_queue *queue, struct fovea_queue_job *job_out,
        struct fovea_error *err)
{
    return queue->kind->look(queue, job_out, err);
}

enum fovea_status
fovea_queue_remove(struct fovea_queue *queue, struct fovea_error *err)
{
    return queue->kind->remove(queue, err);
}

enum fovea_status
fovea_queue_count(struct fovea_queue *queue,
        struct fovea_queue_counts *counts_out, struct fovea_error *err)
{
    return queue->kind->count(queue, counts_out, err);
}

enum fovea_status
fovea_queue_list(struct fovea_queue *queue,
        bool (*on_job)(void *context, const char *name), void *context,
        struct fovea_error *err)
{
    return queue->kind->list(queue, on_job, context, err);
}

enum fovea_status
fovea_queue_publish(struct fovea_queue *queue, uint64_t shard,
        const char *message, size_t size, struct fovea_error *err)
{
    FOVEA_ASSERT(queue->job[0] && size <= FOVEA_QUEUE_MAX_MESSAGE);
    return queue->kind->publish(queue, shard, message, size, err);
}

enum fovea_status
fovea_queue_publish_end(struct fovea_queue *queue, uint64_t *n_new_out,
        uint64_t *n_there_out, struct fovea_error *err)
{
    return queue->kind->publish_end(queue, n_new_out, n_there_out, err);
}

enum fovea_status
fovea_queue_purge(struct fovea_queue *queue, uint64_t shard,
        struct fovea_error *err)
{
    return queue->kind->purge(queue, shard, err);
}

enum fovea_status
fovea_queue_find(struct fovea_queue *queue, uint64_t shard,
        enum fovea_queue_place *place_out, struct fovea_error *err)
{
    return queue->kind->place(queue, shard, place_out, err);
}

enum fovea_status
fovea_queue_fetch(struct fovea_queue *queue,
        struct fovea_queue_delivery *delivery_out, bool *has_one_out,
        struct fovea_error *err)
{
    return queue->kind->fetch(queue, delivery_out, has_one_out, err);
}

void
fovea_queue_stop_fetching(struct fovea_queue *queue)
{
    queue->kind->stop_fetching(queue);
}

uint64_t
fovea_queue_n_refused(const struct fovea_queue *queue)
{
    return queue->kind->n_refused(queue);
}

void
fovea_queue_keep(struct fovea_queue *queue,
        const struct fovea_queue_delivery *delivery)
{
    queue->kind->keep(queue, delivery);
}

enum fovea_status
fovea_queue_done(struct fovea_queue *queue,
        const struct fovea_queue_delivery *delivery, struct fovea_error *err)
{
    return queue->kind->done(queue, delivery, err);
}

void
fovea_queue_later(struct fovea_queue *queue,
        const struct fovea_queue_delivery *delivery, int64_t delay_ns)
{
    queue->kind->later(queue, delivery, delay_ns);
}

void
fovea_queue_drop(struct fovea_queue *queue,
        const struct fovea_queue_delivery *delivery)
{
    queue->kind->drop(queue, delivery);
}

void
fovea_queue_send_report(struct fovea_queue *queue, const char *node,
        const char *text, size_t size)
{
    FOVEA_ASSERT(fovea_queue_is_name(node) && size <= FOVEA_QUEUE_MAX_REPORT);
    queue->kind->report(queue, node, text, size);
}

bool
fovea_queue_asked(struct fovea_queue *queue)
{
    return queue->kind->asked(queue);
}

enum fovea_status
fovea_queue_ask(struct fovea_queue *queue, struct fovea_error *err)
{
    return queue->kind->ask(queue, err);
}

bool
fovea_queue_heard(struct fovea_queue *queue,
        struct fovea_queue_report *report_out)
{
    return queue->kind->heard(queue, report_out);
}
