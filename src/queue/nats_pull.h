/*
 * Shards from a NATS server: one request at a time, which lasts half a minute, and what
 * it brings.
 *
 * A request that a server lost (it was started anew, the job is gone) is answered by
 * nobody. So after a break, or where the end of the request was not told, the consumer
 * is asked for first.
 */
#ifndef FOVEA_QUEUE_NATS_PULL_H
#define FOVEA_QUEUE_NATS_PULL_H

#include "queue/nats_link.h"

enum {
    FOVEA_NATS_MAX_WAITING =
            4 /* one is asked for; more come by chance or malice */
};

enum fovea_nats_pull_state {
    FOVEA_NATS_PULL_IDLE,
    FOVEA_NATS_PULL_ASKED,    /* for a shard */
    FOVEA_NATS_PULL_CHECKING, /* for the consumer */
};

/** All zero but for what open sets. */
struct fovea_nats_pull {
    struct fovea_nats_link *link;
    const char *job;
    natsSubscription *sub; /* NULL before the first fetch */
    char inbox[64];
    /* Under the link's mutex. */
    enum fovea_nats_pull_state state;
    bool is_unsure; /* whether the consumer is there */
    bool is_stopped;
    int64_t asked_ns;
    int64_t next_ns;   /* not before */
    uint64_t n_breaks; /* that were seen */
    uint64_t n_refused;
    size_t n_waiting;
    struct fovea_queue_delivery waiting[FOVEA_NATS_MAX_WAITING];
    struct fovea_error problem; /* to be told once; code FOVEA_OK: none */
};

/** As fovea_queue_fetch(). */
FOVEA_NODISCARD enum fovea_status fovea_nats_pull_fetch(
        struct fovea_nats_pull *pull, struct fovea_queue_delivery *delivery_out,
        bool *has_one_out, struct fovea_error *err);

void fovea_nats_pull_stop(struct fovea_nats_pull *pull);

/** Give back what comes; before the link is closed. */
void fovea_nats_pull_end(struct fovea_nats_pull *pull);

/** After it. */
void fovea_nats_pull_finish(struct fovea_nats_pull *pull);

#endif
