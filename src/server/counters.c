/* Counting: see counters.h. */
#include "server/counters.h"

#include "base/clock.h"
#include "base/histogram.h"
#include "base/macros.h"

static const enum fovea_status statuses[] = {
#define X(name, value, string, text, http, exit, retryable) FOVEA_##name,
#include "fovea/status.def"
#undef X
};

_Static_assert(FOVEA_ARRAY_LEN(statuses) <= FOVEA_SERVER_STATUSES,
        "each has a place");

void
fovea_server_counters_init(struct fovea_server_counters *counters,
        int64_t now_ns)
{
    counters->history.start_ns = now_ns;
}

bool
fovea_server_counters_status(size_t index, enum fovea_status *status_out)
{
    if (index >= FOVEA_ARRAY_LEN(statuses)) {
        return false;
    }
    *status_out = statuses[index];
    return true;
}

static void
count(uint64_t counts[FOVEA_SERVER_STATUSES], enum fovea_status status)
{
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(statuses); i++) {
        if (statuses[i] == status) {
            counts[i]++;
            return;
        }
    }
}

void
fovea_server_counters_item(struct fovea_server_counters *counters, bool is_text,
        enum fovea_status status, int64_t time_ns, size_t n_waiting,
        int64_t now_ns)
{
    struct fovea_history *history = &counters->history;
    fovea_history_advance(history, now_ns);
    count(is_text ? counters->texts : counters->images, status);
    if (n_waiting > history->now.n_waiting) {
        history->now.n_waiting = (uint32_t)n_waiting;
    }
    if (status) {
        history->now.n_bad++;
    } else {
        history->now.n_good++;
        fovea_histogram_add(&history->times, time_ns);
    }
}

void
fovea_server_counters_thumbnail(struct fovea_server_counters *counters,
        enum fovea_status status)
{
    count(counters->thumbnails, status);
}

static float
quantile_ms(const struct fovea_histogram *times, double share)
{
    return (float)fovea_histogram_quantile_ns(times, share) /
            (float)FOVEA_NS_PER_MS;
}

static void
finish_interval(struct fovea_history *history)
{
    history->now.p50_ms = quantile_ms(&history->times, 0.5);
    history->now.p99_ms = quantile_ms(&history->times, 0.99);
    history->points[history->n_intervals++ % FOVEA_HISTORY_POINTS] =
            history->now;
    history->now = (struct fovea_history_point){ 0 };
    history->times = (struct fovea_histogram){ 0 };
    history->start_ns += FOVEA_HISTORY_INTERVAL_NS;
}

void
fovea_history_advance(struct fovea_history *history, int64_t now_ns)
{
    /* After a long sleep all points are empty: more rounds change nothing. */
    for (size_t i = 0; i <= FOVEA_HISTORY_POINTS &&
            now_ns - history->start_ns >= FOVEA_HISTORY_INTERVAL_NS;
            i++) {
        finish_interval(history);
    }
    if (now_ns - history->start_ns >= FOVEA_HISTORY_INTERVAL_NS) {
        history->start_ns = now_ns;
    }
}

size_t
fovea_history_size(const struct fovea_history *history)
{
    return history->n_intervals < FOVEA_HISTORY_POINTS
            ? (size_t)history->n_intervals
            : FOVEA_HISTORY_POINTS;
}

const struct fovea_history_point *
fovea_history_at(const struct fovea_history *history, size_t index)
{
    uint64_t first = history->n_intervals - fovea_history_size(history);
    return &history->points[(first + index) % FOVEA_HISTORY_POINTS];
}
