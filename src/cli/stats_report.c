/* See stats_report.h. Times in milliseconds, sizes in MiB. */
#include "cli/stats_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/notes.h"
#include "cli/cli.h"

static double
mib(uint64_t bytes)
{
    const double one = 1 << 20;
    return (double)bytes / one;
}

static double
ms(int64_t time_ns)
{
    return (double)time_ns / (double)FOVEA_NS_PER_MS;
}

static void
add_memory(struct fovea_text *text, const struct fovea_pool_stats *stats)
{
    fovea_text_format(text,
            "memory   reserved %.0f MB, measured %.0f MB; limit %.0f MB of "
            "%.0f MB, %.0f MB available, pressure %s\n",
            mib(stats->memory_reserved_bytes), mib(stats->memory_pss_bytes),
            mib(stats->memory_limit_bytes), mib(stats->memory_total_bytes),
            mib(stats->memory_available_bytes),
            fovea_pressure_name(stats->pressure));
}

static void
add_workers(struct fovea_text *text, const struct fovea_pool_stats *stats)
{
    fovea_text_format(text, "workers  %8s  %-10s %8s %10s %8s %8s  %s\n", "pid",
            "state", "age", "ready in", "served", "PSS", "sealed");
    for (size_t i = 0; i < stats->n_workers; i++) {
        const struct fovea_worker_stats *worker = &stats->workers[i];
        fovea_text_format(text,
                "         %8" PRId64 "  %-10s %6.1f s %7.0f ms %8" PRIu64
                " %5.0f MB  %s\n",
                worker->pid, fovea_worker_state_name(worker->state),
                ms(worker->age_ns) / 1000, ms(worker->ready_after_ns),
                worker->n_images, mib(worker->pss_bytes),
                worker->sandboxed ? "yes" : "no");
    }
}

static void
add_times(struct fovea_text *text, const char *name,
        const struct fovea_histogram *times)
{
    if (times->count == 0) {
        return;
    }
    fovea_text_format(text,
            "         %-8s %9" PRIu64 " %9.1f ms %9.1f ms %9.1f ms %9.1f ms\n",
            name, times->count, ms(times->sum_ns) / (double)times->count,
            ms(fovea_histogram_quantile_ns(times, 0.5)),
            ms(fovea_histogram_quantile_ns(times, 0.9)),
            ms(fovea_histogram_quantile_ns(times, 0.99)));
}

static void
add_stops(struct fovea_text *text, const struct fovea_model_stats *model)
{
    const char *between = "         stopped: ";
    for (unsigned i = 1; i < FOVEA_STOP_COUNT; i++) {
        if (model->stops[i] > 0) {
            fovea_text_format(text, "%s%" PRIu64 " %s", between,
                    model->stops[i],
                    fovea_stop_reason_name((enum fovea_stop_reason)i));
            between = ", ";
        }
    }
    if (between[0] == ',') {
        fovea_text_add(text, "\n", 1);
    }
}

/* What is counted: a model's two towers have statistics each. */
static const char *
items_of(const struct fovea_model_stats *model)
{
    bool is_text = strcmp(model->work, "embed_text") == 0 ||
            strcmp(model->work, "tokens") == 0;
    return is_text ? "texts" : "images";
}

static void
add_model(struct fovea_text *text, const struct fovea_model_stats *model)
{
    const char *items = items_of(model);
    fovea_text_format(text,
            "model    %s, %s: %" PRIu64 " good, %" PRIu64 " failed, %" PRIu64
            " tried again",
            model->key, items, model->n_embedded, model->n_failed,
            model->n_retried);
    fovea_notes_counted(text, model->n_noted);
    fovea_text_format(text,
            "; %" PRIu64 " cold start%s\n"
            "         %" PRIu32 " of %" PRIu32 " workers, %" PRIu32
            " of %" PRIu32 " %s waiting, weights %.0f MB shared, breaker %s\n",
            model->n_cold_starts, model->n_cold_starts == 1 ? "" : "s",
            model->n_workers, model->max_workers, model->n_queued,
            model->max_queue, items, mib(model->shared_bytes),
            fovea_breaker_state_name(model->breaker));
    add_stops(text, model);
    fovea_text_format(text, "times    %-8s %9s %12s %12s %12s %12s\n", "",
            items, "mean", "half under", "90% under", "99% under");
    add_times(text, "queue", &model->queue_ns);
    add_times(text, "decode", &model->decode_ns);
    add_times(text, "forward", &model->forward_ns);
    add_times(text, "total", &model->total_ns);
}

void
fovea_stats_report(const struct fovea_pool_stats *stats,
        struct fovea_text *text)
{
    add_memory(text, stats);
    if (stats->n_workers > 0) {
        add_workers(text, stats);
    }
    for (size_t i = 0; i < stats->n_models; i++) {
        add_model(text, &stats->models[i]);
    }
    add_times(text, "fetch", &stats->fetch_ns);
}

void
fovea_stats_report_of(struct fovea *library)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text text = { 0 };
    struct fovea_pool_stats stats = FOVEA_POOL_STATS_INIT;
    struct fovea_error error;
    if (fovea_pool_stats(library, &stats, &error)) {
        fovea_cli_report("%s", error.message);
        return;
    }
    fovea_stats_report(&stats, &text);
    fovea_pool_stats_finish(&stats);
    (void)fputs(fovea_text_failed(&text) ? "" : text.data, stderr);
}
