/* A queue without a broker: see fake_queue.h. */
#include "fake_queue.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/error.h"

struct fake_queue_facts fake_queue = { .mu = PTHREAD_MUTEX_INITIALIZER };

/* There is one at a time, and what it is stands above. */
struct fovea_queue {
    int fd;
};

static struct fovea_queue the_queue = { .fd = -1 };

static void
lock(void)
{
    (void)pthread_mutex_lock(&fake_queue.mu);
}

static void
unlock(void)
{
    (void)pthread_mutex_unlock(&fake_queue.mu);
}

void
fake_queue_reset(const char *tag)
{
    fake_queue_finish();
    lock();
    struct fake_queue_facts *facts = &fake_queue;
    memset(&facts->open_status, 0,
            sizeof *facts - offsetof(struct fake_queue_facts, open_status));
    (void)snprintf(facts->tag, sizeof facts->tag, "%s", tag);
    facts->ack_wait_ns = INT64_C(30) * 1000000000;
    unlock();
}

void
fake_queue_put(uint64_t shard)
{
    uint64_t one = 1;
    lock();
    fake_queue.places[shard] = FAKE_WAITING;
    (void)!write(the_queue.fd, &one, sizeof one);
    unlock();
}

bool
fake_queue_is_settled(void)
{
    lock();
    bool is_settled = true;
    for (size_t i = 0; i < FAKE_QUEUE_SHARDS; i++) {
        is_settled &= fake_queue.places[i] == FAKE_ABSENT ||
                fake_queue.places[i] == FAKE_SETTLED;
    }
    unlock();
    return is_settled;
}

void
fake_queue_finish(void)
{
    lock();
    fovea_text_finish(&fake_queue.log);
    unlock();
}

bool
fovea_queue_is_name(const char *name)
{
    return name[0] != '\0';
}

enum fovea_status
fovea_queue_open(const struct fovea_queue_settings *settings, const char *job,
        struct fovea_queue **q_out, struct fovea_error *err)
{
    (void)settings;
    (void)job;
    lock();
    fake_queue.n_opens++;
    bool fails = fake_queue.n_open_failures > 0;
    enum fovea_status status = fake_queue.open_status;
    fake_queue.n_open_failures -= fails;
    if (!fails) {
        the_queue.fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
        *q_out = &the_queue;
    }
    unlock();
    return fails ? fovea_fail(err, status, "no broker") : FOVEA_OK;
}

void
fovea_queue_close(struct fovea_queue *queue)
{
    if (queue) {
        lock();
        fake_queue.n_closes++;
        (void)close(queue->fd);
        queue->fd = -1;
        unlock();
    }
}

int
fovea_queue_descriptor(const struct fovea_queue *queue)
{
    return queue->fd;
}

void
fovea_queue_seen(struct fovea_queue *queue)
{
    uint64_t n;
    (void)!read(queue->fd, &n, sizeof n);
}

int64_t
fovea_queue_away_ns(const struct fovea_queue *queue)
{
    (void)queue;
    lock();
    int64_t away_ns = fake_queue.away_ns;
    unlock();
    return away_ns;
}

enum fovea_status
fovea_queue_look(struct fovea_queue *queue, struct fovea_queue_job *job_out,
        struct fovea_error *err)
{
    (void)queue;
    lock();
    fake_queue.n_looks++;
    enum fovea_status status = fake_queue.look_status;
    job_out->ack_wait_ns = fake_queue.ack_wait_ns;
    memcpy(job_out->tag, fake_queue.tag, sizeof job_out->tag);
    unlock();
    return status ? fovea_fail(err, status, "no job") : FOVEA_OK;
}

enum fovea_status
fovea_queue_count(struct fovea_queue *queue,
        struct fovea_queue_counts *counts_out, struct fovea_error *err)
{
    (void)queue;
    (void)err;
    *counts_out = (struct fovea_queue_counts){ .n_waiting = 0 };
    lock();
    fake_queue.n_counts++;
    for (size_t i = 0; i < FAKE_QUEUE_SHARDS; i++) {
        counts_out->n_waiting += fake_queue.places[i] == FAKE_WAITING;
        counts_out->n_handed_out += fake_queue.places[i] == FAKE_HANDED_OUT;
    }
    unlock();
    return FOVEA_OK;
}

enum fovea_status
fovea_queue_fetch(struct fovea_queue *queue,
        struct fovea_queue_delivery *delivery_out, bool *has_one_out,
        struct fovea_error *err)
{
    (void)queue;
    lock();
    enum fovea_status status = fake_queue.fetch_status;
    fake_queue.fetch_status = FOVEA_OK;
    *has_one_out = false;
    for (uint64_t i = 0; !status && i < FAKE_QUEUE_SHARDS; i++) {
        if (fake_queue.places[i] == FAKE_WAITING) {
            fake_queue.places[i] = FAKE_HANDED_OUT;
            fake_queue.n_handed_out++;
            *has_one_out = true;
            *delivery_out = (struct fovea_queue_delivery){
                .shard = i,
                .n_deliveries = ++fake_queue.n_deliveries[i],
                .message = strdup("{}"),
                .size = 2,
            };
            break;
        }
    }
    unlock();
    return status ? fovea_fail(err, status, "no fetch") : FOVEA_OK;
}

void
fovea_queue_stop_fetching(struct fovea_queue *queue)
{
    (void)queue;
    lock();
    fake_queue.n_stops++;
    unlock();
}

uint64_t
fovea_queue_n_refused(const struct fovea_queue *queue)
{
    (void)queue;
    return 0;
}

void
fovea_queue_keep(struct fovea_queue *queue,
        const struct fovea_queue_delivery *delivery)
{
    (void)queue;
    lock();
    fake_queue.n_keeps[delivery->shard]++;
    unlock();
}

static void
settle(uint64_t shard, enum fake_place place)
{
    uint64_t one = 1;
    fake_queue.places[shard] = place;
    (void)!write(the_queue.fd, &one, sizeof one);
}

enum fovea_status
fovea_queue_done(struct fovea_queue *queue,
        const struct fovea_queue_delivery *delivery, struct fovea_error *err)
{
    (void)queue;
    lock();
    enum fovea_status status = fake_queue.done_status;
    fovea_text_format(&fake_queue.log, "done %" PRIu64 "\n", delivery->shard);
    settle(delivery->shard, FAKE_SETTLED);
    unlock();
    return status ? fovea_fail(err, status, "no word of it") : FOVEA_OK;
}

void
fovea_queue_later(struct fovea_queue *queue,
        const struct fovea_queue_delivery *delivery, int64_t delay_ns)
{
    (void)queue;
    lock();
    fovea_text_format(&fake_queue.log, "later %" PRIu64 " %" PRId64 "\n",
            delivery->shard, delay_ns);
    settle(delivery->shard, FAKE_WAITING);
    unlock();
}

void
fovea_queue_drop(struct fovea_queue *queue,
        const struct fovea_queue_delivery *delivery)
{
    (void)queue;
    lock();
    fovea_text_format(&fake_queue.log, "drop %" PRIu64 "\n", delivery->shard);
    settle(delivery->shard, FAKE_SETTLED);
    unlock();
}

void
fovea_queue_delivery_finish(struct fovea_queue_delivery *delivery)
{
    free(delivery->message);
    free(delivery->handle);
    *delivery = (struct fovea_queue_delivery){ .shard = 0 };
}

void
fovea_queue_send_report(struct fovea_queue *queue, const char *node,
        const char *text, size_t size)
{
    (void)queue;
    (void)node;
    lock();
    fake_queue.n_reports++;
    (void)snprintf(fake_queue.report, sizeof fake_queue.report, "%.*s",
            (int)size, text);
    unlock();
}

bool
fovea_queue_asked(struct fovea_queue *queue)
{
    (void)queue;
    lock();
    bool is_asked = fake_queue.is_asked;
    fake_queue.is_asked = false;
    unlock();
    return is_asked;
}
