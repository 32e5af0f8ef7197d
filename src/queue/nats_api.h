/*
 * JetStream's requests and answers, as bytes: what fovea asks a NATS server for, and
 * what it believes of the answers. Pure: a server is nowhere needed, so that anything
 * may be said to it.
 *
 * A job is one stream, FOVEA_<job>, with a subject a shard, and one durable consumer
 * that nodes pull from. The stream keeps one message a subject for ever and refuses a
 * second one; its description carries the job's tag.
 */
#ifndef FOVEA_QUEUE_NATS_API_H
#define FOVEA_QUEUE_NATS_API_H

#include "base/text.h"
#include "queue/queue_types.h"

/** What an answer says: a failure of the server's, or the fields of its kind. */
struct fovea_nats_answer {
    int code; /* 0: no failure; like one of HTTP's */
    int err_code;
    char description[128]; /* as it came, cut; for people */
};

/** Failures that mean something to us. */
enum fovea_nats_err_code {
    FOVEA_NATS_NO_CONSUMER = 10014,
    FOVEA_NATS_NO_MESSAGE = 10037,
    FOVEA_NATS_NOT_DELETED = 10057,
    FOVEA_NATS_NAME_IN_USE = 10058,
    FOVEA_NATS_NO_STREAM = 10059,
    FOVEA_NATS_SUBJECTS_OVERLAP = 10065,
    FOVEA_NATS_WRONG_SEQUENCE = 10071, /* there is a message of this subject */
    FOVEA_NATS_NOT_STORED =
            10077, /* by the stream's own limits, among others */
};

/** What is known of a consumer. */
struct fovea_nats_consumer {
    int64_t ack_wait_ns;
    uint64_t n_pending;
    uint64_t n_ack_pending;
    uint64_t n_redelivered;
    uint64_t n_waiting;
    uint64_t
            delivered; /* the highest sequence in the stream that was handed out */
    uint64_t ack_floor; /* all up to it were settled */
};

void fovea_nats_write_stream(const char *job, const struct fovea_queue_job *how,
        struct fovea_text *json);
void fovea_nats_write_consumer(const char *job,
        const struct fovea_queue_job *how, struct fovea_text *json);

/*
 * Answers, of size bytes. Each is FOVEA_OK if it is one of its kind or a failure of the
 * server's (answer->code); FOVEA_ERR_JOB_MESSAGE if it is neither; FOVEA_ERR_NO_MEMORY.
 */

/** One whose fields do not matter. */
FOVEA_NODISCARD enum fovea_status fovea_nats_read_answer(const char *bytes,
        size_t size, struct fovea_nats_answer *answer, struct fovea_error *err);

/** What the broker says it took: of a publish. */
FOVEA_NODISCARD enum fovea_status fovea_nats_read_published(const char *bytes,
        size_t size, const char *job, struct fovea_nats_answer *answer,
        struct fovea_error *err);

/** FOVEA_ERR_JOB_DIFFERS: it is no stream of a job of fovea's, or its settings are not
 *  those that fovea makes. */
FOVEA_NODISCARD enum fovea_status fovea_nats_read_stream(const char *bytes,
        size_t size, const char *job, struct fovea_nats_answer *answer,
        struct fovea_queue_job *how_out, struct fovea_error *err);

/** FOVEA_ERR_JOB_DIFFERS, as well. */
FOVEA_NODISCARD enum fovea_status fovea_nats_read_consumer(const char *bytes,
        size_t size, const char *job, struct fovea_nats_answer *answer,
        struct fovea_nats_consumer *consumer_out, struct fovea_error *err);

/** @param sequence_out  Of the message in the stream. */
FOVEA_NODISCARD enum fovea_status fovea_nats_read_message(const char *bytes,
        size_t size, struct fovea_nats_answer *answer, uint64_t *sequence_out,
        struct fovea_error *err);

/** A page of names of streams. on_job as fovea_queue_list() has it. n_out: names on it,
 *  those that are not of jobs, too; 0: the last one was before. */
FOVEA_NODISCARD enum fovea_status fovea_nats_read_names(const char *bytes,
        size_t size, struct fovea_nats_answer *answer,
        bool (*on_job)(void *context, const char *name), void *context,
        size_t *n_out, struct fovea_error *err);

#endif
