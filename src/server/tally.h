/* What the server counts for metrics and for its page. Loop thread. */
#ifndef FOVEA_SERVER_TALLY_H
#define FOVEA_SERVER_TALLY_H

#include "fovea/fovea.h"

enum {
    FOVEA_HTTP_FIRST = 100, /* status codes that are counted */
    FOVEA_HTTP_END = 600,
    FOVEA_TALLY_ROUTES = 16,
    FOVEA_TALLY_STATUSES = 64,
    FOVEA_HISTORY_POINTS = 150
};

#define FOVEA_HISTORY_INTERVAL_NS (2 * INT64_C(1000000000))

struct fovea_history_point {
    uint32_t n_good;
    uint32_t n_bad;
    uint32_t n_waiting; /* images of requests that were not done, at most */
    float p50_ms;       /* of the interval's images; 0: none */
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

struct fovea_tally {
    uint64_t requests[FOVEA_TALLY_ROUTES][FOVEA_HTTP_END - FOVEA_HTTP_FIRST];
    struct fovea_histogram seconds[FOVEA_TALLY_ROUTES];
    uint64_t images[FOVEA_TALLY_STATUSES]; /* by place in status.def */
    struct fovea_history history;
};

void fovea_tally_init(struct fovea_tally *tally, int64_t now_ns);

/** A request was answered. */
void fovea_tally_request(struct fovea_tally *tally, unsigned route,
        unsigned http, int64_t time_ns);

/** An image of a request is done; n_waiting: those that are not. */
void fovea_tally_image(struct fovea_tally *tally, enum fovea_status status,
        int64_t time_ns, size_t n_waiting, int64_t now_ns);

/** Statuses in the order of images[]; false past the last. */
FOVEA_NODISCARD bool fovea_tally_status(size_t index,
        enum fovea_status *status_out);

/** Finish all intervals that are over. */
void fovea_history_advance(struct fovea_history *history, int64_t now_ns);

/** How many finished points there are, and one of them, 0 the oldest. */
size_t fovea_history_size(const struct fovea_history *history);
const struct fovea_history_point *fovea_history_at(
        const struct fovea_history *history, size_t index);

#endif
