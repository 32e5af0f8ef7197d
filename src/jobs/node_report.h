/*
 * What a node says of itself: to the broker every few seconds, for `fovea job status`
 * and the page, and to Prometheus when it asks.
 *
 * A report is JSON of at most FOVEA_NODE_REPORT_SIZE bytes. Whoever reads one believes
 * nothing of it: it came by the broker.
 */
#ifndef FOVEA_JOBS_NODE_REPORT_H
#define FOVEA_JOBS_NODE_REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

#include "base/text.h"
#include "queue/queue_types.h"

enum {
    FOVEA_NODE_SHARDS = 2, /* that a node has at a time */
    FOVEA_NODE_REPORT_SIZE = FOVEA_QUEUE_MAX_REPORT,
    FOVEA_NODE_VERSION_SIZE = 32,
};

enum fovea_node_state {
    FOVEA_NODE_STARTING, /* it reaches the broker, and has no shard yet */
    FOVEA_NODE_IDLE,     /* it asks for shards, and there are none */
    FOVEA_NODE_WORKING,
    FOVEA_NODE_RESTING, /* something of this machine went wrong */
    FOVEA_NODE_AWAY,    /* the broker cannot be reached */
    FOVEA_NODE_STOPPING,
    FOVEA_N_NODE_STATES
};

/** "idle" and so on; static. */
const char *fovea_node_state_name(enum fovea_node_state state);

/** A shard that is being worked on. */
struct fovea_node_shard {
    uint64_t number;
    uint64_t n_done;  /* items */
    uint64_t n_items; /* 0: not known yet */
};

struct fovea_node_report {
    char version[FOVEA_NODE_VERSION_SIZE]; /* of fovea */
    enum fovea_node_state state;
    char reason[FOVEA_ERROR_MESSAGE_SIZE]; /* why it rests; "" */
    uint64_t uptime_s;
    /* Since it was started; node_number.def says what they are. */
    uint64_t n_done;
    uint64_t n_failed;
    uint64_t n_returned;
    uint64_t n_redeliveries;
    uint64_t n_refused;
    uint64_t n_items;
    uint64_t n_errors;
    double rate; /* images a second in the last minute */
    size_t n_shards;
    struct fovea_node_shard shards[FOVEA_NODE_SHARDS]; /* in work */
};

/** Add it to a text, as JSON on one line. */
void fovea_node_report_write(const struct fovea_node_report *report,
        struct fovea_text *text);

/**
 * Read one of size bytes. Fields that are not known are left out, as newer versions
 * may have them.
 *
 * @return FOVEA_OK; FOVEA_ERR_JOB_MESSAGE: it is none; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_node_report_read(const char *text,
        size_t size, struct fovea_node_report *report_out,
        struct fovea_error *err);

#endif
