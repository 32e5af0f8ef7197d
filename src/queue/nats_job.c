/* See nats_job.h. */
#include "queue/nats_job.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "queue/nats_subject.h"

/* Ask one of JetStream's subjects of the job. */
static enum fovea_status
ask_api(struct fovea_nats_job *self, const char *what, bool of_consumer,
        const struct fovea_text *json, natsMsg **answer_out,
        struct fovea_error *err)
{
    char subject[FOVEA_NATS_SUBJECT_SIZE];
    fovea_nats_api_subject(self->job, what, of_consumer, subject);
    if (json && fovea_text_failed(json)) {
        return fovea_fail_memory(err, json->size, "a request");
    }
    return fovea_nats_link_request(self->link, subject,
            json && json->data ? json->data : "", json ? json->size : 0,
            answer_out, err);
}

/* What a failure of the server's is to callers. */
static enum fovea_status
judge(const struct fovea_nats_job *self, const struct fovea_nats_answer *answer,
        struct fovea_error *err)
{
    if (!answer->code) {
        return FOVEA_OK;
    }
    if (answer->err_code == FOVEA_NATS_NO_STREAM ||
            answer->err_code == FOVEA_NATS_NO_CONSUMER) {
        return fovea_fail(err, FOVEA_ERR_NO_JOB,
                "%s: the broker has no such job", self->job);
    }
    return fovea_fail(err, FOVEA_ERR_QUEUE, "%s: the broker says: %s",
            self->job, answer->description);
}

static size_t
size_of(natsMsg *message)
{
    return (size_t)natsMsg_GetDataLength(message);
}

static enum fovea_status
look_at_stream(struct fovea_nats_job *self, struct fovea_queue_job *job_out,
        struct fovea_error *err)
{
    struct fovea_nats_answer answer;
    FOVEA_AUTO(natsMsg_Destroy_auto) natsMsg *message = NULL;
    enum fovea_status status =
            ask_api(self, "STREAM.INFO", false, NULL, &message, err);
    if (!status) {
        status = fovea_nats_read_stream(natsMsg_GetData(message),
                size_of(message), self->job, &answer, job_out, err);
    }
    return status ? status : judge(self, &answer, err);
}

static enum fovea_status
look_at_consumer(struct fovea_nats_job *self, struct fovea_error *err)
{
    struct fovea_nats_answer answer;
    FOVEA_AUTO(natsMsg_Destroy_auto) natsMsg *message = NULL;
    enum fovea_status status =
            ask_api(self, "CONSUMER.INFO", true, NULL, &message, err);
    if (!status) {
        status = fovea_nats_read_consumer(natsMsg_GetData(message),
                size_of(message), self->job, &answer, &self->consumer, err);
    }
    return status ? status : judge(self, &answer, err);
}

enum fovea_status
fovea_nats_job_look(struct fovea_nats_job *self,
        struct fovea_queue_job *job_out, struct fovea_error *err)
{
    struct fovea_queue_job job = { .tag = "" };
    enum fovea_status status = look_at_stream(self, &job, err);
    if (!status) {
        status = look_at_consumer(self, err);
    }
    if (!status) {
        job.ack_wait_ns = self->consumer.ack_wait_ns;
        *job_out = job;
    }
    return status;
}

static enum fovea_status
create_stream(struct fovea_nats_job *self, const struct fovea_queue_job *job,
        struct fovea_nats_answer *answer, struct fovea_error *err)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text json = { 0 };
    FOVEA_AUTO(natsMsg_Destroy_auto) natsMsg *message = NULL;
    fovea_nats_write_stream(self->job, job, &json);
    enum fovea_status status =
            ask_api(self, "STREAM.CREATE", false, &json, &message, err);
    return status ? status
                  : fovea_nats_read_answer(natsMsg_GetData(message),
                            size_of(message), answer, err);
}

static enum fovea_status
create_consumer(struct fovea_nats_job *self, const struct fovea_queue_job *job,
        struct fovea_error *err)
{
    struct fovea_nats_answer answer;
    FOVEA_AUTO(fovea_text_finish) struct fovea_text json = { 0 };
    FOVEA_AUTO(natsMsg_Destroy_auto) natsMsg *message = NULL;
    fovea_nats_write_consumer(self->job, job, &json);
    enum fovea_status status = ask_api(self, "CONSUMER.DURABLE.CREATE", true,
            &json, &message, err);
    if (!status) {
        status = fovea_nats_read_answer(natsMsg_GetData(message),
                size_of(message), &answer, err);
    }
    return status ? status : judge(self, &answer, err);
}

enum fovea_status
fovea_nats_job_create(struct fovea_nats_job *self,
        const struct fovea_queue_job *job, struct fovea_error *err)
{
    struct fovea_nats_answer answer;
    struct fovea_queue_job found = { .tag = "" };
    enum fovea_status status = create_stream(self, job, &answer, err);
    if (status) {
        return status;
    }
    if (answer.err_code == FOVEA_NATS_SUBJECTS_OVERLAP) {
        return fovea_fail(err, FOVEA_ERR_JOB_EXISTS,
                "%s: a stream at the broker that is not fovea's has the "
                "subjects fovea.%s.*; give the job another name",
                self->job, self->job);
    }
    if (answer.code && answer.err_code != FOVEA_NATS_NAME_IN_USE) {
        return judge(self, &answer, err);
    }
    status = look_at_stream(self, &found, err);
    if (status == FOVEA_ERR_JOB_DIFFERS) {
        if (err) {
            err->code = FOVEA_ERR_JOB_EXISTS; /* it says of what */
        }
        return FOVEA_ERR_JOB_EXISTS;
    }
    if (!status && strcmp(found.tag, job->tag) != 0) {
        return fovea_fail(err, FOVEA_ERR_JOB_EXISTS,
                "%s: the broker has a job of this name with another manifest; "
                "give the job another name",
                self->job);
    }
    if (!status) {
        status = create_consumer(self, job, err);
    }
    return status ? status : look_at_consumer(self, err);
}

enum fovea_status
fovea_nats_job_remove(struct fovea_nats_job *self, struct fovea_error *err)
{
    struct fovea_nats_answer answer;
    struct fovea_queue_job found = { .tag = "" };
    FOVEA_AUTO(natsMsg_Destroy_auto) natsMsg *message = NULL;
    enum fovea_status status = look_at_stream(self, &found, err);
    if (!status) {
        status = ask_api(self, "STREAM.DELETE", false, NULL, &message, err);
    }
    if (!status) {
        status = fovea_nats_read_answer(natsMsg_GetData(message),
                size_of(message), &answer, err);
    }
    return status ? status : judge(self, &answer, err);
}

enum fovea_status
fovea_nats_job_count(struct fovea_nats_job *self,
        struct fovea_queue_counts *counts_out, struct fovea_error *err)
{
    enum fovea_status status = look_at_consumer(self, err);
    const struct fovea_nats_consumer *consumer = &self->consumer;
    if (!status) {
        *counts_out = (struct fovea_queue_counts){
            .n_waiting = consumer->n_pending,
            .n_handed_out = consumer->n_ack_pending,
            .n_redelivered = consumer->n_redelivered,
            .n_asking = consumer->n_waiting,
        };
    }
    return status;
}

enum fovea_status
fovea_nats_job_list(struct fovea_nats_job *self,
        bool (*on_job)(void *context, const char *name), void *context,
        struct fovea_error *err)
{
    enum {
        MAX_NAMES = 1 << 20 /* a server that never ends is not listened to */
    };
    size_t n = 1;
    for (size_t offset = 0; n > 0 && offset < MAX_NAMES; offset += n) {
        char request[96];
        struct fovea_nats_answer answer;
        FOVEA_AUTO(natsMsg_Destroy_auto) natsMsg *message = NULL;
        (void)snprintf(request, sizeof request,
                "{\"offset\":%zu,\"subject\":\"fovea.*.shard.*\"}", offset);
        enum fovea_status status =
                fovea_nats_link_request(self->link, "$JS.API.STREAM.NAMES",
                        request, strlen(request), &message, err);
        if (!status) {
            n = 0;
            status = fovea_nats_read_names(natsMsg_GetData(message),
                    size_of(message), &answer, on_job, context, &n, err);
        }
        if (!status) {
            status = judge(self, &answer, err);
        }
        if (status) {
            return status;
        }
    }
    return FOVEA_OK;
}

/* The sequence of a shard's message; 0: it has none. */
static enum fovea_status
find_shard(struct fovea_nats_job *self, uint64_t shard, uint64_t *sequence_out,
        struct fovea_error *err)
{
    char subject[FOVEA_NATS_SUBJECT_SIZE];
    struct fovea_nats_answer answer;
    FOVEA_AUTO(fovea_text_finish) struct fovea_text json = { 0 };
    FOVEA_AUTO(natsMsg_Destroy_auto) natsMsg *message = NULL;
    fovea_nats_shard_subject(self->job, shard, subject);
    fovea_text_format(&json, "{\"last_by_subj\":\"%s\"}", subject);
    enum fovea_status status =
            ask_api(self, "STREAM.MSG.GET", false, &json, &message, err);
    if (!status) {
        status = fovea_nats_read_message(natsMsg_GetData(message),
                size_of(message), &answer, sequence_out, err);
    }
    if (!status && answer.err_code == FOVEA_NATS_NO_MESSAGE) {
        *sequence_out = 0;
        return FOVEA_OK;
    }
    return status ? status : judge(self, &answer, err);
}

/*
 * By its sequence, and not by a purge of its subject: after that 2.9 moves its consumer
 * on, and what no node had had yet is never handed out.
 */
enum fovea_status
fovea_nats_job_purge(struct fovea_nats_job *self, uint64_t shard,
        struct fovea_error *err)
{
    uint64_t sequence = 0;
    struct fovea_nats_answer answer;
    FOVEA_AUTO(fovea_text_finish) struct fovea_text json = { 0 };
    FOVEA_AUTO(natsMsg_Destroy_auto) natsMsg *message = NULL;
    enum fovea_status status = find_shard(self, shard, &sequence, err);
    if (status || sequence == 0) {
        return status;
    }
    fovea_text_format(&json, "{\"seq\":%" PRIu64 ",\"no_erase\":true}",
            sequence);
    status = ask_api(self, "STREAM.MSG.DELETE", false, &json, &message, err);
    if (!status) {
        status = fovea_nats_read_answer(natsMsg_GetData(message),
                size_of(message), &answer, err);
    }
    /* Somebody else may have removed it meanwhile. */
    return status || answer.err_code == FOVEA_NATS_NOT_DELETED
            ? status
            : judge(self, &answer, err);
}

static enum fovea_queue_place
place_of(const struct fovea_nats_consumer *consumer, uint64_t sequence)
{
    if (sequence == 0) {
        return FOVEA_QUEUE_ABSENT;
    }
    if (sequence > consumer->delivered) {
        return FOVEA_QUEUE_WAITING;
    }
    return sequence <= consumer->ack_floor || consumer->n_ack_pending == 0
            ? FOVEA_QUEUE_SETTLED
            : FOVEA_QUEUE_HANDED_OUT;
}

enum fovea_status
fovea_nats_job_place(struct fovea_nats_job *self, uint64_t shard,
        enum fovea_queue_place *place_out, struct fovea_error *err)
{
    uint64_t sequence = 0;
    enum fovea_status status = find_shard(self, shard, &sequence, err);
    if (!status) {
        *place_out = place_of(&self->consumer, sequence);
    }
    return status;
}
