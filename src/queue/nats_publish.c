/* See nats_publish.h. */
#include "queue/nats_publish.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "queue/nats_api.h"
#include "queue/nats_subject.h"

enum {
    WINDOW = 256,
    MAX_MESSAGES = 2 * WINDOW
};

/* How a stream says that it has the subject already, beside WRONG_SEQUENCE: to those
   who do not ask for the sequence. */
#define IS_THERE "maximum messages per subject exceeded"

/* In a thread of the library's. */
static void
on_answer(natsConnection *connection, natsSubscription *sub, natsMsg *message,
        void *context)
{
    struct fovea_nats_publisher *publisher = context;
    struct fovea_nats_answer answer;
    struct fovea_error error = { .code = FOVEA_OK };
    (void)connection;
    enum fovea_status status = natsMsg_IsNoResponders(message)
            ? fovea_fail(&error, FOVEA_ERR_NO_JOB,
                      "%s: the broker has no such job", publisher->job)
            : fovea_nats_read_published(natsMsg_GetData(message),
                      (size_t)natsMsg_GetDataLength(message), publisher->job,
                      &answer, &error);
    natsMsg_Destroy(message);
    (void)pthread_mutex_lock(&publisher->link->mutex);
    if (sub != publisher->sub) { /* of a round before */
        (void)pthread_mutex_unlock(&publisher->link->mutex);
        return;
    }
    publisher->n_under_way -= publisher->n_under_way > 0;
    if (!status && !answer.code) {
        publisher->n_new++;
    } else if (!status &&
            (answer.err_code == FOVEA_NATS_WRONG_SEQUENCE ||
                    (answer.err_code == FOVEA_NATS_NOT_STORED &&
                            strcmp(answer.description, IS_THERE) == 0))) {
        publisher->n_there++;
    } else if (!publisher->problem.code) {
        if (!status) {
            (void)fovea_fail(&error, FOVEA_ERR_QUEUE,
                    "%s: the broker does not take a shard: %s", publisher->job,
                    answer.description);
        }
        publisher->problem = error;
    }
    (void)pthread_cond_broadcast(&publisher->link->changed);
    (void)pthread_mutex_unlock(&publisher->link->mutex);
}

static enum fovea_status
begin(struct fovea_nats_publisher *publisher, struct fovea_error *err)
{
    char subject[sizeof publisher->inbox + 2];
    natsInbox *inbox = NULL;
    if (publisher->sub) {
        return FOVEA_OK;
    }
    if (natsInbox_Create(&inbox) != NATS_OK) {
        return fovea_fail_memory(err, sizeof publisher->inbox, "an inbox");
    }
    (void)snprintf(publisher->inbox, sizeof publisher->inbox, "%s", inbox);
    natsInbox_Destroy(inbox);
    (void)snprintf(subject, sizeof subject, "%s", publisher->inbox);
    (void)pthread_mutex_lock(&publisher->link->mutex);
    publisher->n_breaks = publisher->link->n_breaks;
    publisher->n_under_way = 0;
    publisher->n_new = 0;
    publisher->n_there = 0;
    publisher->problem.code = FOVEA_OK;
    (void)pthread_mutex_unlock(&publisher->link->mutex);
    return fovea_nats_link_subscribe(publisher->link, subject, MAX_MESSAGES,
            on_answer, publisher, &publisher->sub, err);
}

/* Wait until no more than so many are under way. Under the mutex. */
static enum fovea_status
wait_for(struct fovea_nats_publisher *publisher, uint64_t n,
        struct fovea_error *err)
{
    struct fovea_nats_link *link = publisher->link;
    uint64_t before = publisher->n_under_way;
    int64_t until_ns = fovea_later(fovea_clock_ns(), link->timeout_ns);
    while (publisher->n_under_way > n && !publisher->problem.code) {
        if (link->n_breaks != publisher->n_breaks || link->is_closed) {
            return fovea_fail(err, FOVEA_ERR_QUEUE,
                    "%s: the broker broke off while shards were published",
                    publisher->job);
        }
        if (!fovea_clock_wait(&link->changed, &link->mutex, until_ns) &&
                publisher->n_under_way == before) {
            return fovea_fail(err,
                    link->is_denied ? FOVEA_ERR_QUEUE_DENIED : FOVEA_ERR_QUEUE,
                    "%s: the broker %s", publisher->job,
                    link->is_denied ? "does not allow shards to be published"
                                    : "does not confirm what is published");
        }
        if (publisher->n_under_way != before) {
            before = publisher->n_under_way;
            until_ns = fovea_later(fovea_clock_ns(), link->timeout_ns);
        }
    }
    if (publisher->problem.code && err) {
        *err = publisher->problem;
    }
    return publisher->problem.code;
}

static enum fovea_status
send(struct fovea_nats_publisher *publisher, uint64_t shard,
        const char *message, size_t size, struct fovea_error *err)
{
    char subject[FOVEA_NATS_SUBJECT_SIZE];
    natsMsg *made = NULL;
    fovea_nats_shard_subject(publisher->job, shard, subject);
    natsStatus status = natsMsg_Create(&made, subject, publisher->inbox,
            message, (int)size);
    if (status == NATS_OK) {
        status = natsMsgHeader_Set(made, "Nats-Expected-Last-Subject-Sequence",
                "0");
    }
    if (status == NATS_OK) {
        status = natsConnection_PublishMsg(publisher->link->connection, made);
    }
    natsMsg_Destroy(made);
    return status == NATS_OK
            ? FOVEA_OK
            : fovea_nats_link_fail(publisher->link, status, "the broker", err);
}

enum fovea_status
fovea_nats_publish(struct fovea_nats_publisher *publisher, uint64_t shard,
        const char *message, size_t size, struct fovea_error *err)
{
    enum fovea_status status = begin(publisher, err);
    if (status) {
        return status;
    }
    (void)pthread_mutex_lock(&publisher->link->mutex);
    status = wait_for(publisher, WINDOW - 1, err);
    if (!status) {
        publisher->n_under_way++;
    }
    (void)pthread_mutex_unlock(&publisher->link->mutex);
    return status ? status : send(publisher, shard, message, size, err);
}

enum fovea_status
fovea_nats_publish_end(struct fovea_nats_publisher *publisher,
        uint64_t *n_new_out, uint64_t *n_there_out, struct fovea_error *err)
{
    enum fovea_status status = FOVEA_OK;
    *n_new_out = 0;
    *n_there_out = 0;
    if (!publisher->sub) {
        return FOVEA_OK;
    }
    (void)natsConnection_FlushTimeout(publisher->link->connection,
            publisher->link->timeout_ns / FOVEA_NS_PER_MS);
    (void)pthread_mutex_lock(&publisher->link->mutex);
    status = wait_for(publisher, 0, err);
    *n_new_out = publisher->n_new;
    *n_there_out = publisher->n_there;
    natsSubscription *sub = FOVEA_TAKE(publisher->sub);
    (void)pthread_mutex_unlock(&publisher->link->mutex);
    natsSubscription_Destroy(sub);
    return status;
}
