/*
 * How much of what workers write to their logs is passed on. Codecs write about
 * images, a worker that was taken over writes what it likes; neither is to fill
 * a disk, keep the host busy, or stand still because nobody reads.
 *
 * Bounded are lines: for each item, for a worker a second, for all workers a
 * second; and how often a log is read: after FOVEA_LOG_READS times in a second
 * it rests between two reads. So a pipe is always emptied sooner or later, and
 * no worker hangs on it.
 *
 * Pure: time comes in.
 */
#ifndef FOVEA_POOL_LOG_BUDGET_H
#define FOVEA_POOL_LOG_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "fovea/fovea.h"

#include "base/clock.h"

enum {
    FOVEA_LOG_LINE_SIZE = 240,   /* of a line; more is cut off */
    FOVEA_LOG_LINES_ITEM = 8,    /* for each item in flight */
    FOVEA_LOG_LINES_LOAD = 32,   /* until the first item */
    FOVEA_LOG_LINES_WORKER = 20, /* a window, of one worker */
    FOVEA_LOG_LINES_ALL = 40,    /* a window, of all workers */
    FOVEA_LOG_READS = 64,        /* a window, of one log without a rest */
};

#define FOVEA_LOG_WINDOW_NS FOVEA_NS_PER_S
#define FOVEA_LOG_REST_NS   (10 * FOVEA_NS_PER_MS)

/* So many of something in a window of time. All zero: nothing yet. */
struct fovea_log_window {
    int64_t start_ns;
    unsigned n;
};

struct fovea_log_budget {
    struct fovea_log_window lines;
    struct fovea_log_window reads;
    unsigned n_for_work; /* lines left for what it is at */
    uint64_t n_left_out; /* lines, not told of yet */
    int64_t left_out_ns; /* when the first of them was */
};

/** For a new worker. */
void fovea_log_budget_init(struct fovea_log_budget *budget);

/** It gets a job of so many items. */
void fovea_log_budget_items(struct fovea_log_budget *budget, unsigned n_items);

/** Whether a line is to be passed on; counts it either way. all: of all
 *  workers. */
bool fovea_log_budget_take(struct fovea_log_budget *budget,
        struct fovea_log_window *all, int64_t now_ns);

/** How many lines were left out, once a window: 0 if none were or it is too
 *  early. is_over: it writes no more. */
uint64_t fovea_log_budget_left_out(struct fovea_log_budget *budget,
        int64_t now_ns, bool is_over);

/** When to ask for that; FOVEA_NEVER: nothing was left out. */
int64_t fovea_log_budget_due_ns(const struct fovea_log_budget *budget);

/** It was read: whether it shall rest now. */
bool fovea_log_budget_read(struct fovea_log_budget *budget, int64_t now_ns);

#endif
