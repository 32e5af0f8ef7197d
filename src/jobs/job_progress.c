/* See job_progress.h. */
#include "jobs/job_progress.h"

#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"

#define ASK_NS (5 * FOVEA_NS_PER_S)

enum {
    LIST_SHARE =
            10 /* of the time goes into listing markers, at most one part */
};

static const char *const names[FOVEA_N_JOB_STATES] = {
    [FOVEA_JOB_GOING] = "going",
    [FOVEA_JOB_IDLE] = "idle",
    [FOVEA_JOB_COMPLETE] = "complete",
    [FOVEA_JOB_FAILED] = "failed",
};

const char *
fovea_job_state_name(enum fovea_job_state state)
{
    return names[state];
}

enum fovea_status
fovea_job_progress_open(struct fovea_job_progress *progress,
        const struct fovea_queue_settings *settings, const char *job,
        struct fovea_error *err)
{
    FOVEA_AUTO(fovea_queue_close_auto) struct fovea_queue *queue = NULL;
    struct fovea_queue_job made;
    enum fovea_status status = fovea_queue_open(settings, job, &queue, err);
    if (!status) {
        status = fovea_queue_look(queue, &made, err);
    }
    if (!status) {
        fovea_queue_close(progress->queue);
        progress->queue = FOVEA_TAKE(queue);
        progress->made = made;
        progress->asked_ns = 0;
    }
    return status;
}

bool
fovea_job_progress_is_of(const struct fovea_job_progress *progress,
        const struct fovea_manifest *manifest)
{
    return strcmp(progress->made.tag, manifest->sha256) == 0;
}

/* All that has come. What is no report is left out. */
static void
hear(struct fovea_job_progress *progress, int64_t now_ns)
{
    struct fovea_queue_report report;
    struct fovea_error ignored;
    fovea_queue_seen(progress->queue);
    while (fovea_queue_heard(progress->queue, &report)) {
        (void)!fovea_job_nodes_hear(&progress->nodes, &report, now_ns,
                &ignored);
        fovea_queue_report_finish(&report);
    }
    fovea_job_nodes_forget(&progress->nodes, now_ns);
}

static enum fovea_status
list(struct fovea_job_progress *progress, int64_t now_ns,
        struct fovea_error *err)
{
    bool is_due = !progress->markers.states ||
            now_ns - progress->listed_ns >= LIST_SHARE * progress->list_ns;
    if (!progress->objects || !is_due) {
        return FOVEA_OK;
    }
    enum fovea_status status = fovea_job_markers_read(&progress->markers,
            progress->objects, progress->manifest, err);
    progress->listed_ns = fovea_clock_ns();
    progress->list_ns = progress->listed_ns - now_ns;
    return status;
}

enum fovea_status
fovea_job_progress_look(struct fovea_job_progress *progress,
        struct fovea_error *err)
{
    int64_t now_ns = fovea_clock_ns();
    enum fovea_status status =
            fovea_queue_count(progress->queue, &progress->counts, err);
    if (!status &&
            (progress->asked_ns == 0 ||
                    now_ns - progress->asked_ns >= ASK_NS)) {
        status = fovea_queue_ask(progress->queue, err);
        progress->asked_ns = now_ns;
    }
    hear(progress, now_ns);
    return status ? status : list(progress, now_ns, err);
}

void
fovea_job_progress_hear(struct fovea_job_progress *progress, int64_t for_ns)
{
    int64_t until_ns = fovea_later(fovea_clock_ns(), for_ns);
    struct pollfd news = {
        .fd = fovea_queue_descriptor(progress->queue),
        .events = POLLIN,
    };
    int64_t left_ns;
    while ((left_ns = until_ns - fovea_clock_ns()) > 0) {
        (void)poll(&news, 1, (int)(left_ns / FOVEA_NS_PER_MS) + 1);
        hear(progress, fovea_clock_ns());
    }
}

enum fovea_job_state
fovea_job_progress_state(const struct fovea_job_progress *progress)
{
    bool is_empty = progress->counts.n_waiting == 0 &&
            progress->counts.n_handed_out == 0;
    const struct fovea_job_markers *markers = &progress->markers;
    if (!progress->objects || !markers->states) {
        return is_empty ? FOVEA_JOB_IDLE : FOVEA_JOB_GOING;
    }
    if (markers->n_done + markers->n_failed < markers->n_shards) {
        return is_empty ? FOVEA_JOB_IDLE : FOVEA_JOB_GOING;
    }
    return markers->n_failed > 0 ? FOVEA_JOB_FAILED : FOVEA_JOB_COMPLETE;
}

void
fovea_job_progress_close(struct fovea_job_progress *progress)
{
    fovea_queue_close(progress->queue);
    fovea_job_nodes_finish(&progress->nodes);
    fovea_job_markers_finish(&progress->markers);
    *progress = (struct fovea_job_progress){ .queue = NULL };
}
