/* Shards to a NATS server: many under way, each confirmed. */
#ifndef FOVEA_QUEUE_NATS_PUBLISH_H
#define FOVEA_QUEUE_NATS_PUBLISH_H

#include "queue/nats_link.h"

/** All zero but for what open sets. */
struct fovea_nats_publisher {
    struct fovea_nats_link *link;
    const char *job;
    natsSubscription *sub; /* of the answers, from the first to the end */
    char inbox[64];
    uint64_t n_breaks;
    /* Under the link's mutex. */
    uint64_t n_under_way;
    uint64_t n_new;
    uint64_t n_there;
    struct fovea_error problem; /* the first; code FOVEA_OK: none */
};

/** As fovea_queue_publish(). */
FOVEA_NODISCARD enum fovea_status fovea_nats_publish(
        struct fovea_nats_publisher *publisher, uint64_t shard,
        const char *message, size_t size, struct fovea_error *err);

FOVEA_NODISCARD enum fovea_status fovea_nats_publish_end(
        struct fovea_nats_publisher *publisher, uint64_t *n_new_out,
        uint64_t *n_there_out, struct fovea_error *err);

#endif
