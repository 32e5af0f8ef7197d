/*
 * A job at a NATS server: its stream and its consumer, and what is asked of them.
 */
#ifndef FOVEA_QUEUE_NATS_JOB_H
#define FOVEA_QUEUE_NATS_JOB_H

#include "queue/nats_api.h"
#include "queue/nats_link.h"

struct fovea_nats_job {
    struct fovea_nats_link *link;
    const char *job;
    struct fovea_nats_consumer consumer; /* as it was looked at last */
};

/* As fovea_queue_create() and its kin. */

FOVEA_NODISCARD enum fovea_status fovea_nats_job_create(
        struct fovea_nats_job *self, const struct fovea_queue_job *job,
        struct fovea_error *err);
FOVEA_NODISCARD enum fovea_status fovea_nats_job_look(
        struct fovea_nats_job *self, struct fovea_queue_job *job_out,
        struct fovea_error *err);
FOVEA_NODISCARD enum fovea_status fovea_nats_job_remove(
        struct fovea_nats_job *self, struct fovea_error *err);
FOVEA_NODISCARD enum fovea_status fovea_nats_job_count(
        struct fovea_nats_job *self, struct fovea_queue_counts *counts_out,
        struct fovea_error *err);
FOVEA_NODISCARD enum fovea_status fovea_nats_job_list(
        struct fovea_nats_job *self,
        bool (*on_job)(void *context, const char *name), void *context,
        struct fovea_error *err);
FOVEA_NODISCARD enum fovea_status fovea_nats_job_purge(
        struct fovea_nats_job *self, uint64_t shard, struct fovea_error *err);
FOVEA_NODISCARD enum fovea_status fovea_nats_job_place(
        struct fovea_nats_job *self, uint64_t shard,
        enum fovea_queue_place *place_out, struct fovea_error *err);

#endif
