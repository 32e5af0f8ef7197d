/* See nats_pull.h. */
#include "queue/nats_pull.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "queue/nats_api.h"
#include "queue/nats_subject.h"

#define EXPIRES_NS (30 * FOVEA_NS_PER_S)
#define MARGIN_NS  (5 * FOVEA_NS_PER_S)
#define PAUSE_NS   FOVEA_NS_PER_S /* after what was no shard */

enum {
    MAX_MESSAGES = 64, /* that may wait for the handler */
    DRAIN_MS = 2000
};

#define TERM "+TERM"
#define NAK  "-NAK"

static void
settle(const struct fovea_nats_pull *pull, const char *handle,
        const char *verdict)
{
    (void)natsConnection_PublishString(pull->link->connection, handle, verdict);
}

/* -- in a thread of the library's, under the mutex */

/* Whatever went wrong is looked into before the next request. */
static void
doubt(struct fovea_nats_pull *pull)
{
    pull->state = FOVEA_NATS_PULL_IDLE;
    pull->is_unsure = true;
    pull->next_ns = fovea_later(fovea_clock_ns(), PAUSE_NS);
}

/* The end of a request without a shard: "408" is its time; all else is about the
   consumer. */
static void
take_end(struct fovea_nats_pull *pull, natsMsg *message)
{
    const char *code = NULL;
    if (natsMsgHeader_Get(message, "Status", &code) != NATS_OK ||
            strcmp(code, "100") == 0) {
        return;
    }
    int64_t now_ns = fovea_clock_ns();
    if (strcmp(code, "408") == 0 && pull->state == FOVEA_NATS_PULL_ASKED) {
        /* Before its time, it is not to be asked for again at once. */
        pull->next_ns = now_ns - pull->asked_ns > EXPIRES_NS / 2
                ? now_ns
                : fovea_later(now_ns, PAUSE_NS);
        pull->state = FOVEA_NATS_PULL_IDLE;
    } else if (pull->state == FOVEA_NATS_PULL_ASKED) {
        doubt(pull);
    }
}

static void
take_check(struct fovea_nats_pull *pull, natsMsg *message)
{
    struct fovea_nats_answer answer;
    struct fovea_nats_consumer consumer;
    if (pull->state != FOVEA_NATS_PULL_CHECKING) {
        return;
    }
    enum fovea_status status = fovea_nats_read_consumer(
            natsMsg_GetData(message), (size_t)natsMsg_GetDataLength(message),
            pull->job, &answer, &consumer, &pull->problem);
    if (!status && !answer.code) {
        pull->state = FOVEA_NATS_PULL_IDLE;
        pull->is_unsure = false;
        pull->next_ns = 0;
        return;
    }
    doubt(pull);
    if (!status &&
            (answer.err_code == FOVEA_NATS_NO_CONSUMER ||
                    answer.err_code == FOVEA_NATS_NO_STREAM)) {
        (void)fovea_fail(&pull->problem, FOVEA_ERR_NO_JOB,
                "%s: the broker has no such job", pull->job);
    }
}

/* Whether it became a delivery. The handle is good. */
static bool
add_delivery(struct fovea_nats_pull *pull, natsMsg *message,
        const struct fovea_nats_delivered *delivered, uint64_t shard)
{
    size_t size = (size_t)natsMsg_GetDataLength(message);
    if (pull->is_stopped || pull->n_waiting == FOVEA_NATS_MAX_WAITING) {
        return false;
    }
    char *text = malloc(size + 1);
    char *handle = strdup(natsMsg_GetReply(message));
    if (!text || !handle) {
        free(text);
        free(handle);
        return false;
    }
    memcpy(text, natsMsg_GetData(message), size);
    text[size] = '\0';
    pull->waiting[pull->n_waiting++] = (struct fovea_queue_delivery){
        .shard = shard,
        .n_deliveries = delivered->n_deliveries,
        .message = text,
        .size = size,
        .handle = handle,
    };
    return true;
}

static void
take_shard(struct fovea_nats_pull *pull, natsMsg *message)
{
    struct fovea_nats_delivered delivered;
    uint64_t shard = 0;
    const char *handle = natsMsg_GetReply(message);
    int size = natsMsg_GetDataLength(message);
    if (!fovea_nats_read_handle(handle, pull->job, &delivered)) {
        pull->n_refused++;
        return;
    }
    pull->state = FOVEA_NATS_PULL_IDLE;
    if (size <= 0 || size > FOVEA_QUEUE_MAX_MESSAGE ||
            !fovea_nats_shard_of(natsMsg_GetSubject(message), pull->job,
                    &shard)) {
        pull->n_refused++;
        settle(pull, handle, TERM);
    } else if (!add_delivery(pull, message, &delivered, shard)) {
        settle(pull, handle, NAK);
    }
}

static void
on_message(natsConnection *connection, natsSubscription *sub, natsMsg *message,
        void *context)
{
    struct fovea_nats_pull *pull = context;
    (void)connection;
    (void)sub;
    const char *subject = natsMsg_GetSubject(message);
    size_t inbox_size = strlen(pull->inbox);
    (void)pthread_mutex_lock(&pull->link->mutex);
    if (strncmp(subject, pull->inbox, inbox_size) != 0) {
        take_shard(pull, message);
    } else if (strcmp(subject + inbox_size, ".check") == 0) {
        take_check(pull, message);
    } else {
        take_end(pull, message);
    }
    (void)pthread_mutex_unlock(&pull->link->mutex);
    natsMsg_Destroy(message);
    fovea_nats_link_raise(pull->link);
}

/* -- in the handle's */

static enum fovea_status
subscribe(struct fovea_nats_pull *pull, struct fovea_error *err)
{
    char subject[sizeof pull->inbox + 2];
    natsInbox *inbox = NULL;
    if (pull->sub) {
        return FOVEA_OK;
    }
    if (natsInbox_Create(&inbox) != NATS_OK) {
        return fovea_fail_memory(err, sizeof pull->inbox, "an inbox");
    }
    (void)snprintf(pull->inbox, sizeof pull->inbox, "%s", inbox);
    natsInbox_Destroy(inbox);
    (void)snprintf(subject, sizeof subject, "%s.*", pull->inbox);
    return fovea_nats_link_subscribe(pull->link, subject, MAX_MESSAGES,
            on_message, pull, &pull->sub, err);
}

static enum fovea_status
fail_closed(const struct fovea_nats_pull *pull, struct fovea_error *err)
{
    const char *text = NULL;
    natsStatus status =
            natsConnection_GetLastError(pull->link->connection, &text);
    if (status == NATS_CONNECTION_AUTH_FAILED) {
        return fovea_fail(err, FOVEA_ERR_QUEUE_DENIED,
                "%s: the broker refuses who we are now", pull->job);
    }
    return fovea_fail(err, FOVEA_ERR_QUEUE, "%s: the broker ended it: %s",
            pull->job, text && text[0] ? text : natsStatus_GetText(status));
}

/* What is due now: a request for a shard, one for the consumer, or none; as if it had
   been made. Under the mutex. */
static enum fovea_nats_pull_state
choose(struct fovea_nats_pull *pull)
{
    int64_t now_ns = fovea_clock_ns();
    int64_t waits_ns = pull->state == FOVEA_NATS_PULL_ASKED
            ? EXPIRES_NS + MARGIN_NS
            : pull->link->timeout_ns;
    if (pull->n_breaks != pull->link->n_breaks) {
        pull->n_breaks = pull->link->n_breaks;
        pull->state = FOVEA_NATS_PULL_IDLE;
        pull->is_unsure = true;
        pull->next_ns = 0;
    }
    if (pull->state != FOVEA_NATS_PULL_IDLE &&
            now_ns - pull->asked_ns > waits_ns) {
        doubt(pull);
    }
    if (pull->link->away_since_ns || now_ns < pull->next_ns ||
            pull->state != FOVEA_NATS_PULL_IDLE) {
        return FOVEA_NATS_PULL_IDLE;
    }
    pull->asked_ns = now_ns;
    pull->state =
            pull->is_unsure ? FOVEA_NATS_PULL_CHECKING : FOVEA_NATS_PULL_ASKED;
    return pull->state;
}

static void
send(const struct fovea_nats_pull *pull, enum fovea_nats_pull_state what)
{
    char subject[FOVEA_NATS_SUBJECT_SIZE];
    char reply[sizeof pull->inbox + sizeof ".check"];
    char request[64] = "";
    bool is_check = what == FOVEA_NATS_PULL_CHECKING;
    fovea_nats_api_subject(pull->job,
            is_check ? "CONSUMER.INFO" : "CONSUMER.MSG.NEXT", true, subject);
    (void)snprintf(reply, sizeof reply, "%s%s", pull->inbox,
            is_check ? ".check" : ".end");
    if (!is_check) {
        (void)snprintf(request, sizeof request,
                "{\"batch\":1,\"expires\":%" PRId64 "}", EXPIRES_NS);
    }
    (void)natsConnection_PublishRequestString(pull->link->connection, subject,
            reply, request);
}

enum fovea_status
fovea_nats_pull_fetch(struct fovea_nats_pull *pull,
        struct fovea_queue_delivery *delivery_out, bool *has_one_out,
        struct fovea_error *err)
{
    enum fovea_nats_pull_state what = FOVEA_NATS_PULL_IDLE;
    enum fovea_status status = subscribe(pull, err);
    if (status) {
        return status;
    }
    *has_one_out = false;
    (void)pthread_mutex_lock(&pull->link->mutex);
    pull->is_stopped = false;
    if (pull->n_waiting > 0) {
        *delivery_out = pull->waiting[0];
        pull->n_waiting--;
        memmove(pull->waiting, pull->waiting + 1,
                pull->n_waiting * sizeof pull->waiting[0]);
        *has_one_out = true;
    } else if (pull->problem.code) {
        status = pull->problem.code;
        if (err) {
            *err = pull->problem;
        }
        pull->problem.code = FOVEA_OK;
    } else if (pull->link->is_closed) {
        status = fail_closed(pull, err);
    } else {
        what = choose(pull);
    }
    (void)pthread_mutex_unlock(&pull->link->mutex);
    if (what != FOVEA_NATS_PULL_IDLE) {
        send(pull, what);
    }
    return status;
}

void
fovea_nats_pull_stop(struct fovea_nats_pull *pull)
{
    (void)pthread_mutex_lock(&pull->link->mutex);
    pull->is_stopped = true;
    for (size_t i = 0; i < pull->n_waiting; i++) {
        settle(pull, pull->waiting[i].handle, NAK);
        fovea_queue_delivery_finish(&pull->waiting[i]);
    }
    pull->n_waiting = 0;
    (void)pthread_mutex_unlock(&pull->link->mutex);
}

void
fovea_nats_pull_end(struct fovea_nats_pull *pull)
{
    if (!pull->sub) {
        return;
    }
    fovea_nats_pull_stop(pull);
    /* What the server had sent before it heard of it still comes, and goes back. */
    if (natsSubscription_DrainTimeout(pull->sub, DRAIN_MS) == NATS_OK) {
        (void)natsSubscription_WaitForDrainCompletion(pull->sub, DRAIN_MS);
        (void)natsConnection_FlushTimeout(pull->link->connection, DRAIN_MS);
    }
}

void
fovea_nats_pull_finish(struct fovea_nats_pull *pull)
{
    natsSubscription_Destroy(pull->sub);
}
