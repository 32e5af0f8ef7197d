/*
 * A queue without a broker: what a node uses of queue/queue.h, in this process. One
 * lock over all of it; a test may look at it and change it while a node runs.
 */
#ifndef TESTS_SUPPORT_FAKE_QUEUE_H
#define TESTS_SUPPORT_FAKE_QUEUE_H

#include <pthread.h>

#include "base/text.h"
#include "queue/queue.h"

enum {
    FAKE_QUEUE_SHARDS = 16
};

enum fake_place {
    FAKE_ABSENT,
    FAKE_WAITING,
    FAKE_HANDED_OUT,
    FAKE_SETTLED
};

struct fake_queue_facts {
    pthread_mutex_t mu;
    /* Set by the test. */
    enum fovea_status open_status; /* of the next n_open_failures opens */
    unsigned n_open_failures;
    enum fovea_status look_status;
    enum fovea_status fetch_status; /* of the next fetch; then FOVEA_OK */
    enum fovea_status done_status;
    char tag[FOVEA_QUEUE_TAG_SIZE];
    int64_t ack_wait_ns;
    int64_t away_ns;
    bool is_asked; /* for reports */
    enum fake_place places[FAKE_QUEUE_SHARDS];
    uint64_t n_deliveries[FAKE_QUEUE_SHARDS];
    /* What came of it. */
    struct fovea_text log; /* "done 1\n", "later 2 4000\n", "drop 3\n", ... */
    unsigned n_keeps[FAKE_QUEUE_SHARDS];
    unsigned n_opens;
    unsigned n_looks;
    unsigned n_counts;
    unsigned n_closes;
    unsigned n_handed_out;
    unsigned n_stops; /* of fetching */
    unsigned n_reports;
    char report[FOVEA_QUEUE_MAX_REPORT + 1]; /* the last one */
};

extern struct fake_queue_facts fake_queue;

/** All as at a broker that has a job of this tag, without shards. */
void fake_queue_reset(const char *tag);

/** Put a shard into it. */
void fake_queue_put(uint64_t shard);

/** Whether all that was put is settled. */
bool fake_queue_is_settled(void);

void fake_queue_finish(void);

#endif
