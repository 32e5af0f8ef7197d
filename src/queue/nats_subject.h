/*
 * What streams, consumers and subjects of a job are called, and which of those that
 * come are its own. Pure.
 */
#ifndef FOVEA_QUEUE_NATS_SUBJECT_H
#define FOVEA_QUEUE_NATS_SUBJECT_H

#include "queue/queue_types.h"

#define FOVEA_NATS_STREAM   "FOVEA_"
#define FOVEA_NATS_CONSUMER "nodes"

enum {
    FOVEA_NATS_SUBJECT_SIZE =
            192, /* of a subject made here, its NUL included */
    FOVEA_NATS_MAX_HANDLE =
            512, /* of a subject that a delivery is settled by */
};

/** Where a delivery stands, by the subject that it is settled by. */
struct fovea_nats_delivered {
    uint64_t n_deliveries;
    uint64_t sequence; /* in the stream */
};

/** "fovea.<job>.shard.<N>"; subject: FOVEA_NATS_SUBJECT_SIZE bytes, as below. */
void fovea_nats_shard_subject(const char *job, uint64_t shard, char *subject);
/** The shard of a subject; false: it is none of the job's. */
bool fovea_nats_shard_of(const char *subject, const char *job,
        uint64_t *shard_out);

/** "fovea.<job>.node.<node>" */
void fovea_nats_node_subject(const char *job, const char *node, char *subject);
bool fovea_nats_node_of(const char *subject, const char *job, char *node_out);

/** "$JS.API.<what>.FOVEA_<job>", with ".nodes" behind it of a consumer. */
void fovea_nats_api_subject(const char *job, const char *what, bool of_consumer,
        char *subject);

/** A subject to settle a delivery by; false: it is none of the job's consumer. */
bool fovea_nats_read_handle(const char *handle, const char *job,
        struct fovea_nats_delivered *delivered_out);

#endif
