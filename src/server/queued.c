/* See queued.h. */
#include "server/queued.h"

#include <stdio.h>
#include <string.h>

#include "option/limits.h"

#define FRESH_NS FOVEA_NS_PER_S
#define HEAR_NS \
    (FOVEA_NS_PER_S / 2) /* what nodes say when a job is first seen */
#define TIMEOUT_NS (2 * FOVEA_NS_PER_S) /* of a question to the broker */

enum {
    CONNECTIONS = 16 /* to the broker, for jobs: one a job */
};

static void
forget(struct fovea_queued_job *job)
{
    fovea_job_progress_close(&job->progress);
    free(job->failures);
    free(job);
}

enum fovea_status
fovea_queued_open(struct fovea_server *server, struct fovea_error *err)
{
    const struct fovea_server_settings *settings = &server->settings;
    if (!settings->queue.url) {
        return settings->jobs_outputs.n == 0
                ? FOVEA_OK
                : fovea_fail(err, FOVEA_ERR_ARGUMENT,
                          "--jobs-output is for jobs of a broker, and there is no "
                          "--queue");
    }
    struct fovea_queued *queued = calloc(1, sizeof *queued);
    if (!queued) {
        return fovea_fail_memory(err, sizeof *queued, "the broker's jobs");
    }
    server->queued = queued;
    queued->server = server;
    (void)pthread_mutex_init(&queued->mu, NULL);
    queued->settings = settings->queue;
    queued->settings.timeout_ns = TIMEOUT_NS;
    atomic_init(&queued->is_cancelled, false);
    return fovea_queued_outputs_open(&queued->outputs, &settings->jobs_outputs,
            &queued->is_cancelled, err);
}

void
fovea_queued_cancel(struct fovea_queued *queued)
{
    if (queued) {
        atomic_store(&queued->is_cancelled, true);
    }
}

void
fovea_queued_close(struct fovea_server *server)
{
    struct fovea_queued *queued = FOVEA_TAKE(server->queued);
    if (queued) {
        for (size_t i = 0; i < queued->n_jobs; i++) {
            forget(queued->jobs[i]);
        }
        fovea_queue_close(queued->catalogue);
        fovea_queued_outputs_close(&queued->outputs);
        fovea_text_finish(&queued->metrics);
        (void)pthread_mutex_destroy(&queued->mu);
        free(queued);
    }
}

const char *
fovea_queued_place(const struct fovea_queued *queued, size_t index)
{
    return queued ? fovea_queued_outputs_place(&queued->outputs, index) : NULL;
}

/* -- one job */

/* Connections are few: whoever was looked at longest ago gives its own up. */
static void
make_room(struct fovea_queued *queued)
{
    struct fovea_queued_job *oldest = NULL;
    size_t n = 0;
    for (size_t i = 0; i < queued->n_jobs; i++) {
        struct fovea_queued_job *job = queued->jobs[i];
        if (job->progress.queue) {
            n++;
            oldest = !oldest || job->seen_ns < oldest->seen_ns ? job : oldest;
        }
    }
    if (n >= CONNECTIONS) {
        fovea_job_progress_close(&oldest->progress);
    }
}

static enum fovea_status
reach(struct fovea_queued *queued, struct fovea_queued_job *job,
        struct fovea_error *err)
{
    make_room(queued);
    return fovea_job_progress_open(&job->progress, &queued->settings, job->name,
            err);
}

static enum fovea_status
see(struct fovea_queued *queued, struct fovea_queued_job *job,
        struct fovea_error *err)
{
    bool is_new = !job->progress.queue;
    enum fovea_status status = is_new ? reach(queued, job, err) : FOVEA_OK;
    if (!status) {
        status = fovea_queued_outputs_find(&queued->outputs, &job->progress,
                err);
    }
    if (!status) {
        status = fovea_job_progress_look(&job->progress, err);
    }
    if (!status && is_new) {
        fovea_job_progress_hear(&job->progress, HEAR_NS);
    }
    return status;
}

static void
look_at(struct fovea_queued *queued, struct fovea_queued_job *job)
{
    int64_t now_ns = fovea_clock_ns();
    if (job->seen_ns != 0 && now_ns - job->seen_ns < FRESH_NS) {
        return;
    }
    fovea_error_clear(&job->error);
    if (see(queued, job, &job->error) == FOVEA_ERR_NO_JOB ||
            job->error.code == FOVEA_ERR_JOB_DIFFERS) {
        /* It was removed, or made anew. */
        fovea_job_progress_close(&job->progress);
    }
    job->seen_ns = fovea_clock_ns();
}

/* -- all of them */

struct names {
    char all[FOVEA_QUEUED_JOBS][FOVEA_QUEUE_MAX_NAME + 1];
    size_t n;
};

static bool
add_name(void *context, const char *name)
{
    struct names *names = context;
    (void)snprintf(names->all[names->n], sizeof names->all[0], "%s", name);
    names->n++;
    return names->n < FOVEA_QUEUED_JOBS;
}

static int
compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* The job of a name among those that are known; NULL. */
static struct fovea_queued_job *
find(const struct fovea_queued *queued, const char *name)
{
    for (size_t i = 0; i < queued->n_jobs; i++) {
        if (strcmp(queued->jobs[i]->name, name) == 0) {
            return queued->jobs[i];
        }
    }
    return NULL;
}

/* Make the list that of the names: what is known stays, what is gone is forgotten. */
static enum fovea_status
renew(struct fovea_queued *queued, const struct names *names,
        struct fovea_error *err)
{
    struct fovea_queued_job *jobs[FOVEA_QUEUED_JOBS];
    size_t n = 0;
    for (size_t i = 0; i < names->n; i++) {
        struct fovea_queued_job *job = find(queued, names->all[i]);
        if (!job) {
            job = calloc(1, sizeof *job);
        }
        if (job) {
            (void)snprintf(job->name, sizeof job->name, "%s", names->all[i]);
            jobs[n++] = job;
        }
    }
    for (size_t i = 0; i < queued->n_jobs; i++) {
        bool is_kept = false;
        for (size_t j = 0; j < n; j++) {
            is_kept = is_kept || jobs[j] == queued->jobs[i];
        }
        if (!is_kept) {
            forget(queued->jobs[i]);
        }
    }
    memcpy(queued->jobs, jobs, n * sizeof *jobs);
    queued->n_jobs = n;
    return n == names->n ? FOVEA_OK
                         : fovea_fail(err, FOVEA_ERR_NO_MEMORY,
                                   "no memory for %zu jobs", names->n);
}

static enum fovea_status
list(struct fovea_queued *queued, struct fovea_error *err)
{
    int64_t now_ns = fovea_clock_ns();
    if (queued->listed_ns != 0 && now_ns - queued->listed_ns < FRESH_NS) {
        return FOVEA_OK;
    }
    struct names names = { .n = 0 };
    enum fovea_status status = queued->catalogue
            ? FOVEA_OK
            : fovea_queue_open(&queued->settings, NULL, &queued->catalogue,
                      err);
    if (!status) {
        status = fovea_queue_list(queued->catalogue, add_name, &names, err);
    }
    if (!status) {
        qsort(names.all, names.n, sizeof names.all[0], compare_names);
        status = renew(queued, &names, err);
    }
    if (!status) {
        queued->listed_ns = now_ns;
    }
    return status;
}

enum fovea_status
fovea_queued_look(struct fovea_queued *queued,
        struct fovea_queued_job *const **jobs_out, size_t *n_out,
        struct fovea_error *err)
{
    enum fovea_status status = list(queued, err);
    if (!status) {
        for (size_t i = 0; i < queued->n_jobs; i++) {
            look_at(queued, queued->jobs[i]);
        }
        *jobs_out = queued->jobs;
        *n_out = queued->n_jobs;
    }
    return status;
}

/* Read why shards have failed, where others have than before. */
static enum fovea_status
read_failures(struct fovea_queued_job *job, struct fovea_error *err)
{
    const struct fovea_job_markers *markers = &job->progress.markers;
    if (job->failures_of == markers->n_failed && job->failures) {
        return FOVEA_OK;
    }
    struct fovea_shard_failure *failures =
            calloc(FOVEA_QUEUED_FAILURES, sizeof *failures);
    if (!failures) {
        return fovea_fail(err, FOVEA_ERR_NO_MEMORY,
                "no memory for the shards that failed");
    }
    enum fovea_status status = FOVEA_OK;
    size_t n = 0;
    for (uint64_t i = 0;
            i < markers->n_shards && n < FOVEA_QUEUED_FAILURES && !status;
            i++) {
        bool is_failed = false;
        if (markers->states[i] == FOVEA_JOB_SHARD_FAILED) {
            status = fovea_shard_failed(job->progress.objects, i, &is_failed,
                    &failures[n], err);
            failures[n].number = i;
        }
        n += is_failed && !status ? 1 : 0;
    }
    free(job->failures);
    job->failures = failures;
    job->n_failures = n;
    job->failures_of = markers->n_failed;
    return status;
}

enum fovea_status
fovea_queued_look_at(struct fovea_queued *queued, const char *name,
        struct fovea_queued_job **job_out, struct fovea_error *err)
{
    enum fovea_status status = list(queued, err);
    if (status) {
        return status;
    }
    struct fovea_queued_job *job = find(queued, name);
    if (!job) {
        return fovea_fail(err, FOVEA_ERR_NO_JOB,
                "the broker has no job of this name");
    }
    look_at(queued, job);
    *job_out = job;
    return job->error.code ? FOVEA_OK : read_failures(job, err);
}
