/*
 * GET /metrics in Prometheus' text format.
 *
 * Source: the naming conventions of Prometheus' documentation. Times are seconds,
 * sizes bytes, counters end in _total, buckets are cumulative.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/exposition.h"
#include "server/desk.h"
#include "server/handlers.h"
#include "server/health.h"
#include "server/queued_metrics.h"
#include "server/view.h"

static void
add_requests(const struct fovea_http_counters *counters,
        struct fovea_text *text)
{
    fovea_exposition_head(text, "requests_total", "counter",
            "Requests by route and status.");
    for (size_t i = 0; i < counters->n; i++) {
        const struct fovea_http_route_counters *route = &counters->routes[i];
        for (unsigned j = 0; j < FOVEA_ARRAY_LEN(route->answers); j++) {
            if (route->answers[j] > 0) {
                fovea_text_format(text,
                        "fovea_requests_total{route=\"%s\",code=\"%u\"} "
                        "%" PRIu64 "\n",
                        route->name, FOVEA_HTTP_FIRST + j, route->answers[j]);
            }
        }
    }
    fovea_exposition_head(text, "request_seconds", "histogram",
            "From a request's first line to its answer's end, by route.");
    for (size_t i = 0; i < counters->n; i++) {
        const struct fovea_http_route_counters *route = &counters->routes[i];
        if (route->seconds.count > 0) {
            char labels[64];
            (void)snprintf(labels, sizeof labels, "route=\"%s\",", route->name);
            fovea_exposition_histogram(text, "request_seconds", labels,
                    &route->seconds);
        }
    }
}

/* Items of a kind. */
static void
add_items(const char *name, const char *help,
        const uint64_t counts[FOVEA_SERVER_STATUSES], struct fovea_text *text)
{
    fovea_exposition_head(text, name, "counter", help);
    enum fovea_status status;
    for (size_t i = 0; fovea_server_counters_status(i, &status); i++) {
        if (counts[i] > 0 || status == FOVEA_OK) {
            fovea_text_format(text, "fovea_%s{result=\"%s\"} %" PRIu64 "\n",
                    name, fovea_status_name(status), counts[i]);
        }
    }
}

static void
add_server(const struct fovea_server *server, struct fovea_text *text)
{
    struct fovea_http_counts counts;
    struct fovea_error reason;
    fovea_http_count(server->http, &counts);
    enum fovea_health health = fovea_server_health(server, &reason);
    fovea_exposition_head(text, "build_info", "gauge",
            "Always 1; the version is a label.");
    fovea_text_format(text, "fovea_build_info{version=\"%s\"} 1\n",
            fovea_version());
    fovea_exposition_single(text, "ready", "gauge",
            "1 while /readyz says 200: a request would be served.",
            health <= FOVEA_HEALTH_COLD);
    fovea_exposition_single(text, "connections", "gauge", "Open connections.",
            counts.n_connections);
    fovea_exposition_single(text, "requests_in_flight", "gauge",
            "Requests that wait for their answer.", counts.n_working);
    fovea_exposition_single(text, "images_in_flight", "gauge",
            "Images and texts of requests that are not done.", server->n_items);
    fovea_exposition_single(text, "body_bytes", "gauge",
            "Memory held by requests' bodies.", counts.body_bytes);
    fovea_exposition_single(text, "uptime_seconds", "gauge",
            "Since the server started.",
            (uint64_t)((fovea_clock_ns() - server->started_ns) /
                    FOVEA_NS_PER_S));
}

static void
add_memory(const struct fovea_pool_stats *stats, struct fovea_text *text)
{
    fovea_exposition_single(text, "memory_total_bytes", "gauge",
            "Memory of the system, or what a control group allows.",
            stats->memory_total_bytes);
    fovea_exposition_single(text, "memory_limit_bytes", "gauge",
            "What all workers together may take.", stats->memory_limit_bytes);
    fovea_exposition_single(text, "memory_available_bytes", "gauge",
            "What could be allocated now.", stats->memory_available_bytes);
    fovea_exposition_single(text, "memory_reserved_bytes", "gauge",
            "Promised to workers and their weights.",
            stats->memory_reserved_bytes);
    fovea_exposition_single(text, "memory_measured_bytes", "gauge",
            "What workers really hold (PSS).", stats->memory_pss_bytes);
    fovea_exposition_single(text, "quarantined_images", "gauge",
            "Images that are refused because they ended two workers.",
            stats->n_quarantined);
    fovea_exposition_head(text, "fetch_seconds", "histogram",
            "Fetching the URL of an image.");
    fovea_exposition_histogram(text, "fetch_seconds", "", &stats->fetch_ns);
}

/* A model's key and the kind of work as labels. */
static void
label(const struct fovea_model_stats *model, struct fovea_text *out)
{
    fovea_text_clear(out);
    fovea_exposition_label(out, "model", model->key);
    fovea_exposition_label(out, "work", model->work);
}

/* A number in a struct fovea_model_stats, by its place. */
struct counter {
    const char *name;
    const char *type;
    const char *help;
    uint64_t (*get)(const struct fovea_model_stats *model);
};

#define GETTER(field)                                                  \
    static uint64_t get_##field(const struct fovea_model_stats *model) \
    {                                                                  \
        return model->field;                                           \
    }
GETTER(n_queued)
GETTER(max_queue)
GETTER(n_in_flight)
GETTER(max_workers)
GETTER(n_submitted)
GETTER(n_embedded)
GETTER(n_failed)
GETTER(n_retried)
GETTER(n_cold_starts)
GETTER(shared_bytes)

static const struct counter counters[] = {
    { "queue_images", "gauge", "Images or texts that wait for a worker.",
            get_n_queued },
    { "queue_limit_images", "gauge", "How many may wait.", get_max_queue },
    { "in_flight_images", "gauge", "Images or texts that workers have.",
            get_n_in_flight },
    { "workers_limit", "gauge", "Most workers.", get_max_workers },
    { "submitted_total", "counter", "Images or texts given to the pool.",
            get_n_submitted },
    { "embedded_total", "counter", "Images or texts that became vectors.",
            get_n_embedded },
    { "failed_total", "counter", "Images or texts that did not.",
            get_n_failed },
    { "retried_total", "counter",
            "Images or texts tried again after their worker ended.",
            get_n_retried },
    { "cold_starts_total", "counter", "Starts without any worker.",
            get_n_cold_starts },
    { "weights_bytes", "gauge", "Packed weights, held once; 0: not loaded.",
            get_shared_bytes },
};

/* One metric of one model. */
struct series {
    const struct fovea_pool_stats *stats;
    const struct fovea_model_stats *model;
    const struct counter *counter; /* of add_counter() */
    const char *name;
    const char *labels; /* `model="...",work="...",` */
    struct fovea_text *text;
};

static void
add_counter(const struct series *series)
{
    fovea_exposition_sample(series->text, series->name, series->labels,
            series->counter->get(series->model));
}

static void
add_states(const struct series *series)
{
    const struct fovea_pool_stats *stats = series->stats;
    for (unsigned state = 0; state < FOVEA_WORKER_DEAD; state++) {
        unsigned n = 0;
        for (size_t i = 0; i < stats->n_workers; i++) {
            const struct fovea_worker_stats *worker = &stats->workers[i];
            n += worker->model_key == series->model->key &&
                    strcmp(worker->work, series->model->work) == 0 &&
                    worker->state == (enum fovea_worker_state)state;
        }
        fovea_text_format(series->text, "fovea_%s{%sstate=\"%s\"} %u\n",
                series->name, series->labels,
                fovea_worker_state_name((enum fovea_worker_state)state), n);
    }
}

static void
add_stops(const struct series *series)
{
    for (unsigned i = 1; i < FOVEA_STOP_COUNT; i++) {
        fovea_text_format(series->text,
                "fovea_%s{%sreason=\"%s\"} %" PRIu64 "\n", series->name,
                series->labels,
                fovea_stop_reason_name((enum fovea_stop_reason)i),
                series->model->stops[i]);
    }
}

static void
add_noted(const struct series *series)
{
    for (unsigned i = 0; i < FOVEA_N_NOTES; i++) {
        fovea_text_format(series->text, "fovea_%s{%snote=\"%s\"} %" PRIu64 "\n",
                series->name, series->labels, fovea_note_name(i),
                series->model->n_noted[i]);
    }
}

static void
add_breaker(const struct series *series)
{
    for (unsigned i = 0; i <= FOVEA_BREAKER_HALF_OPEN; i++) {
        enum fovea_breaker_state state = (enum fovea_breaker_state)i;
        fovea_text_format(series->text, "fovea_%s{%sstate=\"%s\"} %d\n",
                series->name, series->labels, fovea_breaker_state_name(state),
                series->model->breaker == state);
    }
}

static void
add_queue_time(const struct series *series)
{
    fovea_exposition_histogram(series->text, series->name, series->labels,
            &series->model->queue_ns);
}

static void
add_decode_time(const struct series *series)
{
    fovea_exposition_histogram(series->text, series->name, series->labels,
            &series->model->decode_ns);
}

static void
add_forward_time(const struct series *series)
{
    fovea_exposition_histogram(series->text, series->name, series->labels,
            &series->model->forward_ns);
}

static void
add_total_time(const struct series *series)
{
    fovea_exposition_histogram(series->text, series->name, series->labels,
            &series->model->total_ns);
}

/* One metric of every model. */
static void
per_model(struct series *series, void (*add)(const struct series *series))
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text labels = { 0 };
    for (size_t i = 0; i < series->stats->n_models; i++) {
        series->model = &series->stats->models[i];
        label(series->model, &labels);
        if (fovea_text_failed(&labels)) {
            series->text->failed = true;
            return;
        }
        series->labels = labels.data;
        add(series);
    }
}

struct family {
    const char *name;
    const char *type;
    const char *help;
    void (*add)(const struct series *series);
};

static const struct family families[] = {
    { "workers", "gauge", "Workers by state.", add_states },
    { "worker_stops_total", "counter", "Workers that ended, by why.",
            add_stops },
    { "images_noted_total", "counter",
            "Images or texts that became vectors and have a note, by the note.",
            add_noted },
    { "breaker", "gauge", "1 for the state that the breaker is in.",
            add_breaker },
    { "queue_seconds", "histogram", "An image or a text waiting for a worker.",
            add_queue_time },
    { "decode_seconds", "histogram",
            "An image's bytes to pixels, a text's to tokens.",
            add_decode_time },
    { "forward_seconds", "histogram",
            "Pixels or tokens to a vector: an item's share of a batch.",
            add_forward_time },
    { "image_seconds", "histogram", "From an item's submission to its answer.",
            add_total_time },
};

static void
add_models(const struct fovea_pool_stats *stats, struct fovea_text *text)
{
    struct series series = { .stats = stats, .text = text };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(counters); i++) {
        const struct counter *counter = &counters[i];
        fovea_exposition_head(text, counter->name, counter->type,
                counter->help);
        series.counter = counter;
        series.name = counter->name;
        per_model(&series, add_counter);
    }
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(families); i++) {
        const struct family *family = &families[i];
        fovea_exposition_head(text, family->name, family->type, family->help);
        series.name = family->name;
        per_model(&series, family->add);
    }
}

/* Work about indexes. */
static void
add_desks(const struct fovea_server *server, struct fovea_text *text)
{
    static const char *const kinds[] = {
        [FOVEA_DESK_SEARCH] = "search",
        [FOVEA_DESK_DUPLICATES] = "duplicates",
        [FOVEA_DESK_CHANGE] = "change",
    };
    fovea_exposition_head(text, "index_requests", "gauge",
            "Requests about indexes that wait or are under way.");
    for (unsigned i = 0; i < FOVEA_ARRAY_LEN(kinds); i++) {
        fovea_text_format(text, "fovea_index_requests{kind=\"%s\"} %zu\n",
                kinds[i], fovea_desk_size(server, (enum fovea_server_desk)i));
    }
}

static void
write_text(struct fovea_http_exchange *exchange,
        const struct fovea_pool_stats *stats, struct fovea_text *text)
{
    struct fovea_server *server = fovea_server_of(exchange);
    add_server(server, text);
    add_requests(fovea_http_counters_of(server->http), text);
    add_items("images_total", "Images of requests by what came of them.",
            server->counters.images, text);
    add_items("texts_total", "Texts of requests by what came of them.",
            server->counters.texts, text);
    add_items("thumbnails_total", "Thumbnails by what came of them.",
            server->counters.thumbnails, text);
    add_desks(server, text);
    fovea_queued_metrics(server, text);
    add_memory(stats, text);
    add_models(stats, text);
}

void
fovea_handle_metrics(struct fovea_http_exchange *exchange)
{
    exchange->answer.type = FOVEA_EXPOSITION_TYPE;
    fovea_view_show(exchange, write_text);
}
