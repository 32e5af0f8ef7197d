/* See queued_metrics.h. */
#include "server/queued_metrics.h"

#include <inttypes.h>

#include "base/exposition.h"
#include "server/desk.h"

#define OLD_NS (5 * FOVEA_NS_PER_S)

struct shards_in {
    const char *state;
    uint64_t n;
};

static void
add_shards(const struct fovea_queued_job *job, struct fovea_text *text)
{
    const struct fovea_job_progress *progress = &job->progress;
    const struct fovea_job_markers *markers = &progress->markers;
    const struct shards_in all[] = {
        { "waiting", progress->counts.n_waiting },
        { "handed_out", progress->counts.n_handed_out },
        { "done", markers->n_done },
        { "failed", markers->n_failed },
        { "total", markers->n_shards },
    };
    /* The last three only markers tell. */
    size_t n = markers->states ? FOVEA_ARRAY_LEN(all) : 2;
    for (size_t i = 0; i < n; i++) {
        fovea_text_format(text,
                "fovea_job_shards{job=\"%s\",state=\"%s\"} %" PRIu64 "\n",
                job->name, all[i].state, all[i].n);
    }
}

static void
add_images(const struct fovea_queued_job *job, struct fovea_text *text)
{
    if (job->progress.markers.states) {
        fovea_text_format(text,
                "fovea_job_images_done{job=\"%s\"} %" PRIu64 "\n", job->name,
                job->progress.markers.n_items_done);
    }
}

static void
add_rate(const struct fovea_queued_job *job, struct fovea_text *text)
{
    fovea_text_format(text, "fovea_job_images_per_second{job=\"%s\"} %.3f\n",
            job->name, fovea_job_nodes_rate(&job->progress.nodes));
}

static void
add_nodes(const struct fovea_queued_job *job, struct fovea_text *text)
{
    fovea_text_format(text, "fovea_job_nodes{job=\"%s\"} %zu\n", job->name,
            job->progress.nodes.n);
}

static const struct {
    const char *name;
    const char *help;
    void (*add)(const struct fovea_queued_job *job, struct fovea_text *text);
} metrics[] = {
    { "job_shards",
            "Shards of a job: waiting and handed out by the broker's word; done, "
            "failed and all of them where its output is known.",
            add_shards },
    { "job_images_done", "Images of a job's shards that are done.",
            add_images },
    { "job_images_per_second", "As its nodes report.", add_rate },
    { "job_nodes", "Nodes of a job that were heard of in the last minute.",
            add_nodes },
};

void
fovea_queued_metrics_renew(struct fovea_queued *queued, bool is_up)
{
    struct fovea_text text = { .size = 0 };
    fovea_exposition_single(&text, "broker_up", "gauge",
            "1 while the broker answers.", is_up);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(metrics); i++) {
        fovea_exposition_head(&text, metrics[i].name, "gauge", metrics[i].help);
        for (size_t j = 0; j < queued->n_jobs && is_up; j++) {
            if (!queued->jobs[j]->error.code) {
                metrics[i].add(queued->jobs[j], &text);
            }
        }
    }
    (void)pthread_mutex_lock(&queued->mu);
    struct fovea_text old = queued->metrics;
    queued->metrics = text;
    queued->metrics_ns = fovea_clock_ns();
    (void)pthread_mutex_unlock(&queued->mu);
    fovea_text_finish(&old);
}

static struct fovea_queued *
queued_of(struct fovea_background_job *beside)
{
    return (struct fovea_queued *)beside;
}

/* The desk's thread. */
static void
look(struct fovea_background_job *beside)
{
    struct fovea_queued_job *const *jobs = NULL;
    size_t n = 0;
    struct fovea_error ignored; /* the metrics say so */
    fovea_queued_metrics_renew(queued_of(beside),
            !fovea_queued_look(queued_of(beside), &jobs, &n, &ignored));
}

static void
done(struct fovea_background_job *beside)
{
    queued_of(beside)->is_beside = false;
}

void
fovea_queued_metrics(struct fovea_server *server, struct fovea_text *text)
{
    struct fovea_queued *queued = server->queued;
    struct fovea_error ignored;
    if (!queued) {
        return;
    }
    (void)pthread_mutex_lock(&queued->mu);
    if (queued->metrics.size > 0) {
        fovea_text_add(text, queued->metrics.data, queued->metrics.size);
    }
    bool is_old = queued->metrics_ns == 0 ||
            fovea_clock_ns() - queued->metrics_ns > OLD_NS;
    (void)pthread_mutex_unlock(&queued->mu);
    if (is_old && !queued->is_beside &&
            !fovea_desk_open(server, FOVEA_DESK_JOBS, &ignored)) {
        queued->is_beside = true;
        queued->beside = (struct fovea_background_job){
            .run = look,
            .done = done,
        };
        fovea_background_add(&server->desks[FOVEA_DESK_JOBS], &queued->beside);
    }
}
