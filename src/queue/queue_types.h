/* What queues, their kinds and their callers hand to each other. */
#ifndef FOVEA_QUEUE_QUEUE_TYPES_H
#define FOVEA_QUEUE_QUEUE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

enum {
    FOVEA_QUEUE_MAX_MESSAGE = 64 << 10, /* bytes of a shard's message */
    FOVEA_QUEUE_MAX_REPORT = 4 << 10,   /* of a node's report */
    FOVEA_QUEUE_MAX_NAME = 64,          /* of a job's or a node's name */
    FOVEA_QUEUE_TAG_SIZE = 65,          /* a SHA-256 in hexadecimal and a NUL */
};

struct fovea_queue; /* queue.h */

/** How a broker is reached. Borrowed for the call of open. */
struct fovea_queue_settings {
    /* nats://HOST[:PORT] or tls://HOST[:PORT]; several, of one cluster, with commas
       between them. A password in it is refused: secrets come from files. */
    const char *url;
    const char *token_file; /* its first line is the token; or NULL */
    const char *nkey_file;  /* a seed (SU...); or NULL */
    const char *creds_file; /* a JWT and a seed, as nsc writes them; or NULL */
    const char *ca_file;    /* PEM; NULL: the system's */
    const char *cert_file;  /* PEM, of this client; with key_file; or NULL */
    const char *key_file;
    const char *name;   /* how the broker lists this client; NULL: fovea */
    int64_t timeout_ns; /* that a call waits for the broker's answer; 0: 5 s */
};

/** What a job is made with, and what it was made with. */
struct fovea_queue_job {
    char tag[FOVEA_QUEUE_TAG_SIZE]; /* which list of shards: the manifest's SHA-256 */
    int64_t ack_wait_ns; /* without a sign of life a shard goes to others after it */
    uint32_t n_replicas; /* in a cluster of brokers; else 1 */
};

/** How far the job is, by the broker's word: for people. Markers decide. */
struct fovea_queue_counts {
    uint64_t n_waiting;    /* that no node has had yet */
    uint64_t n_handed_out; /* that a node has, or that wait to be tried again */
    uint64_t n_redelivered; /* of these: more than once handed out */
    uint64_t n_asking;      /* nodes that wait for one */
};

/** Where the broker has a shard. */
enum fovea_queue_place {
    FOVEA_QUEUE_ABSENT,     /* it has none */
    FOVEA_QUEUE_WAITING,    /* no node has had it yet */
    FOVEA_QUEUE_HANDED_OUT, /* a node has it, or it was settled: not to be told */
    FOVEA_QUEUE_SETTLED,    /* done or dropped: it is not handed out again */
};

/** A shard that was handed out to this handle. Ours until it is finished; what
 *  becomes of it is said by one of done, later and drop. */
struct fovea_queue_delivery {
    uint64_t shard;        /* by its subject */
    uint64_t n_deliveries; /* 1: the first; lost nodes count */
    char *message;         /* owned; size bytes and a NUL */
    size_t size;
    char *handle; /* owned; the kind's */
};

/** What a node said of itself. Ours until it is finished. */
struct fovea_queue_report {
    char node[FOVEA_QUEUE_MAX_NAME + 1]; /* by its subject */
    char *text;                          /* owned; size bytes and a NUL */
    size_t size;
};

/** Whether a job or a node may be called so: 1 to 64 of A-Z a-z 0-9 - and _. */
bool fovea_queue_is_name(const char *name);

void fovea_queue_delivery_finish(struct fovea_queue_delivery *delivery);

void fovea_queue_report_finish(struct fovea_queue_report *report);

#endif
