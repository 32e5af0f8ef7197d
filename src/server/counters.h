/* Images and texts of requests, counted for metrics and for the page. Loop
   thread. */
#ifndef FOVEA_SERVER_COUNTERS_H
#define FOVEA_SERVER_COUNTERS_H

#include "fovea/fovea.h"

enum {
    FOVEA_SERVER_STATUSES = 128,
    FOVEA_HISTORY_POINTS = 150
};

#define FOVEA_HISTORY_INTERVAL_NS (2 * INT64_C(1000000000))

struct fovea_history_point {
    uint32_t n_good;
    uint32_t n_bad;
    uint32_t n_waiting; /* items of requests that were not done, at most */
    float p50_ms;       /* of the interval's items; 0: none */
    float p99_ms;
};

/** The last minutes, one point an interval. Intervals without anything are
 *  made up when somebody looks: no timer runs for them. */
struct fovea_history {
    int64_t start_ns;     /* of the interval that is being filled */
    uint64_t n_intervals; /* finished ones, ever */
    struct fovea_history_point now;
    struct fovea_histogram times; /* of now */
    struct fovea_history_point points[FOVEA_HISTORY_POINTS];
};

struct fovea_server_counters {
    uint64_t images[FOVEA_SERVER_STATUSES]; /* by place in status.def */
    uint64_t texts[FOVEA_SERVER_STATUSES];
    uint64_t thumbnails[FOVEA_SERVER_STATUSES];
    struct fovea_history history;
};

void fovea_server_counters_init(struct fovea_server_counters *counters,
        int64_t now_ns);

/** An image or a text of a request is done; n_waiting: those that are not. */
void fovea_server_counters_item(struct fovea_server_counters *counters,
        bool is_text, enum fovea_status status, int64_t time_ns,
        size_t n_waiting, int64_t now_ns);

/** A thumbnail is made, or was not. */
void fovea_server_counters_thumbnail(struct fovea_server_counters *counters,
        enum fovea_status status);

/** Statuses in the order of images[], texts[] and thumbnails[]; false past the last. */
FOVEA_NODISCARD bool fovea_server_counters_status(size_t index,
        enum fovea_status *status_out);

/** Finish all intervals that are over. */
void fovea_history_advance(struct fovea_history *history, int64_t now_ns);

/** How many finished points there are, and one of them, 0 the oldest. */
size_t fovea_history_size(const struct fovea_history *history);
const struct fovea_history_point *fovea_history_at(
        const struct fovea_history *history, size_t index);

#endif
