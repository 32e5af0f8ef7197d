/* GET /v1/pool: everything that the page and `fovea ps` show. */
#include <inttypes.h>
#include <string.h>

#include "base/notes.h"
#include "server/handlers.h"
#include "server/health.h"
#include "server/index.h"
#include "server/view.h"
#include "spec/dtype.h"

static double
seconds(int64_t time_ns)
{
    return (double)time_ns / (double)FOVEA_NS_PER_S;
}

static double
milliseconds(int64_t time_ns)
{
    return (double)time_ns / (double)FOVEA_NS_PER_MS;
}

/* Of a Unix socket only `fovea ps` is told the path. */
static const char *
address(const struct fovea_http_exchange *exchange, const char *name)
{
    static const char local[] = "unix:";
    bool is_path = strncmp(name, local, sizeof local - 1) == 0;
    return is_path && !exchange->is_control ? "unix" : name;
}

static void
add_server(const struct fovea_http_exchange *exchange, struct fovea_text *text)
{
    const struct fovea_server *server = fovea_server_of(exchange);
    struct fovea_http_counts counts;
    struct fovea_error reason;
    fovea_http_count(server->http, &counts);
    enum fovea_health health = fovea_server_health(server, &reason);
    fovea_text_format(text,
            "\"version\":\"%s\",\"pid\":%d,\"state\":\"%s\",\"reason\":",
            fovea_version(), (int)server->pid, fovea_health_name(health));
    if (reason.code) {
        fovea_text_json_string(text, reason.message);
    } else {
        fovea_text_format(text, "null");
    }
    fovea_text_format(text, ",\"uptime_s\":%.3f,\"listen\":[",
            seconds(fovea_clock_ns() - server->started_ns));
    const char *name;
    for (unsigned i = 0; (name = fovea_http_listener_name(server->http, i));
            i++) {
        fovea_text_format(text, "%s", i > 0 ? "," : "");
        fovea_text_json_string(text, address(exchange, name));
    }
    fovea_text_format(text,
            "],\"requests\":{\"in_flight\":%zu,\"connections\":%u"
            ",\"max_connections\":%u,\"body_bytes\":%" PRIu64
            ",\"max_body_bytes\":%" PRIu64 "}",
            counts.n_working, counts.n_connections, counts.max_connections,
            counts.body_bytes, counts.max_body_bytes);
}

static void
add_memory(const struct fovea_pool_stats *stats, struct fovea_text *text)
{
    fovea_text_format(text,
            ",\"memory\":{\"total_bytes\":%" PRIu64 ",\"limit_bytes\":%" PRIu64
            ",\"available_bytes\":%" PRIu64 ",\"reserved_bytes\":%" PRIu64
            ",\"measured_bytes\":%" PRIu64
            ",\"pressure\":\"%s\"},\"quarantined\":%" PRIu32,
            stats->memory_total_bytes, stats->memory_limit_bytes,
            stats->memory_available_bytes, stats->memory_reserved_bytes,
            stats->memory_pss_bytes, fovea_pressure_name(stats->pressure),
            stats->n_quarantined);
}

static void
add_stops(const struct fovea_model_stats *model, struct fovea_text *text)
{
    fovea_text_format(text, ",\"stops\":{");
    for (unsigned i = 1; i < FOVEA_STOP_COUNT; i++) {
        fovea_text_format(text, "%s\"%s\":%" PRIu64, i > 1 ? "," : "",
                fovea_stop_reason_name((enum fovea_stop_reason)i),
                model->stops[i]);
    }
    fovea_text_format(text, "}}");
}

/* A model's queue and workers for one kind of work. */
static void
add_model(const struct fovea_server *server, const struct fovea_served *served,
        const struct fovea_pool_stats *stats, const char *work,
        struct fovea_text *text)
{
    const struct fovea_model_stats *model =
            fovea_view_model(stats, served, work);
    bool is_text = strcmp(work, FOVEA_VIEW_TEXTS) == 0;
    fovea_text_format(text, "{\"id\":");
    fovea_text_json_string(text, served->name);
    fovea_text_format(text,
            ",\"work\":\"%s\",\"dimension\":%" PRIu32
            ",\"dtype\":\"%s\",\"workers\":%" PRIu32
            ",\"max_workers\":%u,\"queued\":%" PRIu32
            ",\"max_queue\":%u,\"in_flight\":%" PRIu32 ",\"submitted\":%" PRIu64
            ",\"embedded\":%" PRIu64 ",\"failed\":%" PRIu64
            ",\"retried\":%" PRIu64 ",\"cold_starts\":%" PRIu64
            ",\"breaker\":\"%s\",\"shared_bytes\":%" PRIu64
            ",\"per_worker_bytes\":%" PRIu64,
            work, served->info->embedding_dimension,
            fovea_dtype_word(served->info->dtype), model->n_workers,
            server->settings.library.max_workers, model->n_queued,
            server->settings.library.max_queue, model->n_in_flight,
            model->n_submitted, model->n_embedded, model->n_failed,
            model->n_retried, model->n_cold_starts,
            fovea_breaker_state_name(model->breaker), model->shared_bytes,
            is_text ? served->info->text_per_worker_bytes
                    : served->info->per_worker_bytes);
    fovea_text_format(text, ",\"noted\":{");
    fovea_notes_counted_json(text, model->n_noted);
    fovea_text_add(text, "}", 1);
    add_stops(model, text);
}

static void
add_worker(const struct fovea_worker_stats *worker, struct fovea_text *text)
{
    fovea_text_format(text, "{\"model\":");
    fovea_text_json_string(text, worker->model_key);
    fovea_text_format(text,
            ",\"work\":\"%s\",\"pid\":%" PRId64
            ",\"slot\":%u,\"state\":\"%s\",\"stop_reason\":",
            worker->work, worker->pid, worker->slot,
            fovea_worker_state_name(worker->state));
    if (worker->stop_reason) {
        fovea_text_format(text, "\"%s\"",
                fovea_stop_reason_name(worker->stop_reason));
    } else {
        fovea_text_format(text, "null");
    }
    fovea_text_format(text,
            ",\"sandboxed\":%s,\"age_s\":%.3f,\"in_state_s\":%.3f"
            ",\"ready_after_ms\":%.3f,\"served\":%" PRIu64
            ",\"in_flight\":%" PRIu32 ",\"reserved_bytes\":%" PRIu64
            ",\"pss_bytes\":%" PRIu64 "}",
            worker->sandboxed ? "true" : "false", seconds(worker->age_ns),
            seconds(worker->in_state_ns), milliseconds(worker->ready_after_ns),
            worker->n_images, worker->n_in_flight, worker->reserved_bytes,
            worker->pss_bytes);
}

/* One of the history's lists. */
enum column {
    IMAGES,
    FAILED,
    QUEUED,
    P50,
    P99,
    N_COLUMNS
};

static void
add_point(const struct fovea_history_point *point, enum column column,
        struct fovea_text *text)
{
    double interval_s = seconds(FOVEA_HISTORY_INTERVAL_NS);
    const double values[N_COLUMNS] = {
        [IMAGES] = point->n_good / interval_s,
        [FAILED] = point->n_bad / interval_s,
        [QUEUED] = point->n_waiting,
        [P50] = (double)point->p50_ms,
        [P99] = (double)point->p99_ms,
    };
    if (column >= P50 && point->n_good == 0) {
        fovea_text_format(text, "null");
    } else {
        fovea_text_format(text, "%.6g", values[column]);
    }
}

static void
add_history(struct fovea_history *history, struct fovea_text *text)
{
    static const char *const names[N_COLUMNS] = { "images_per_s",
        "failed_per_s", "queued", "p50_ms", "p99_ms" };
    fovea_history_advance(history, fovea_clock_ns());
    fovea_text_format(text, ",\"history\":{\"interval_s\":%g",
            seconds(FOVEA_HISTORY_INTERVAL_NS));
    size_t n = fovea_history_size(history);
    for (unsigned column = 0; column < N_COLUMNS; column++) {
        fovea_text_format(text, ",\"%s\":[", names[column]);
        for (size_t i = 0; i < n; i++) {
            if (i > 0) {
                fovea_text_add(text, ",", 1);
            }
            add_point(fovea_history_at(history, i), (enum column)column, text);
        }
        fovea_text_add(text, "]", 1);
    }
    fovea_text_format(text, "}}");
}

static void
write_text(struct fovea_http_exchange *exchange,
        const struct fovea_pool_stats *stats, struct fovea_text *text)
{
    struct fovea_server *server = fovea_server_of(exchange);
    fovea_text_add(text, "{", 1);
    add_server(exchange, text);
    add_memory(stats, text);
    fovea_text_format(text, ",\"models\":[");
    for (size_t i = 0; i < server->n_models; i++) {
        fovea_text_format(text, "%s", i > 0 ? "," : "");
        add_model(server, &server->models[i], stats, FOVEA_VIEW_IMAGES, text);
        if (server->models[i].info->has_text) {
            fovea_text_add(text, ",", 1);
            add_model(server, &server->models[i], stats, FOVEA_VIEW_TEXTS,
                    text);
        }
    }
    fovea_text_format(text, "],\"indexes\":[");
    for (size_t i = 0; i < server->n_indexes; i++) {
        fovea_text_format(text, "%s\"%s\"", i > 0 ? "," : "",
                server->indexes[i].name);
    }
    fovea_text_format(text, "],\"jobs\":%s,\"workers\":[",
            server->queued ? "true" : "false");
    for (size_t i = 0; i < stats->n_workers; i++) {
        fovea_text_format(text, "%s", i > 0 ? "," : "");
        add_worker(&stats->workers[i], text);
    }
    fovea_text_add(text, "]", 1);
    add_history(&server->counters.history, text);
}

void
fovea_handle_pool(struct fovea_http_exchange *exchange)
{
    fovea_view_show(exchange, write_text);
}
