/*
 * What a kind of queue owes: a file, queue_*.c, and a row of queue.def.
 *
 * Functions do what queue.h says of the calls of their names. Names, sizes and bounds of
 * what callers give are checked there; what the broker gives is checked by the kind.
 */
#ifndef FOVEA_QUEUE_KIND_H
#define FOVEA_QUEUE_KIND_H

#include "queue/queue_types.h"

struct fovea_queue_kind {
    const char *schemes; /* of its URLs, for a message: "nats:// or tls://" */
    /* Whether a URL is one of its own, by its beginning. */
    bool (*takes)(const char *url);
    /* The handle begins with a struct fovea_queue, which the caller fills. */
    enum fovea_status (*open)(const struct fovea_queue_settings *settings,
            const char *job, struct fovea_queue **q_out,
            struct fovea_error *err);
    void (*close)(struct fovea_queue *queue);

    int (*descriptor)(const struct fovea_queue *queue);
    void (*seen)(struct fovea_queue *queue);
    int64_t (*away_ns)(const struct fovea_queue *queue);

    enum fovea_status (*create)(struct fovea_queue *queue,
            const struct fovea_queue_job *job, struct fovea_error *err);
    enum fovea_status (*look)(struct fovea_queue *queue,
            struct fovea_queue_job *job_out, struct fovea_error *err);
    enum fovea_status (
            *remove)(struct fovea_queue *queue, struct fovea_error *err);
    enum fovea_status (*count)(struct fovea_queue *queue,
            struct fovea_queue_counts *counts_out, struct fovea_error *err);
    enum fovea_status (*list)(struct fovea_queue *queue,
            bool (*on_job)(void *context, const char *name), void *context,
            struct fovea_error *err);

    enum fovea_status (*publish)(struct fovea_queue *queue, uint64_t shard,
            const char *message, size_t size, struct fovea_error *err);
    enum fovea_status (*publish_end)(struct fovea_queue *queue,
            uint64_t *n_new_out, uint64_t *n_there_out,
            struct fovea_error *err);
    enum fovea_status (*purge)(struct fovea_queue *queue, uint64_t shard,
            struct fovea_error *err);
    enum fovea_status (*place)(struct fovea_queue *queue, uint64_t shard,
            enum fovea_queue_place *place_out, struct fovea_error *err);

    enum fovea_status (*fetch)(struct fovea_queue *queue,
            struct fovea_queue_delivery *delivery_out, bool *has_one_out,
            struct fovea_error *err);
    void (*stop_fetching)(struct fovea_queue *queue);
    uint64_t (*n_refused)(const struct fovea_queue *queue);
    void (*keep)(struct fovea_queue *queue,
            const struct fovea_queue_delivery *delivery);
    enum fovea_status (*done)(struct fovea_queue *queue,
            const struct fovea_queue_delivery *delivery,
            struct fovea_error *err);
    void (*later)(struct fovea_queue *queue,
            const struct fovea_queue_delivery *delivery, int64_t delay_ns);
    void (*drop)(struct fovea_queue *queue,
            const struct fovea_queue_delivery *delivery);

    void (*report)(struct fovea_queue *queue, const char *node,
            const char *text, size_t size);
    bool (*asked)(struct fovea_queue *queue);
    enum fovea_status (
            *ask)(struct fovea_queue *queue, struct fovea_error *err);
    bool (*heard)(struct fovea_queue *queue,
            struct fovea_queue_report *report_out);
};

struct fovea_queue {
    const struct fovea_queue_kind *kind;
    char job[FOVEA_QUEUE_MAX_NAME + 1]; /* "" of a handle that only lists */
};

#define X(name) extern const struct fovea_queue_kind fovea_queue_##name;
#include "queue/queue.def"
#undef X

#endif
