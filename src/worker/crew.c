/*
 * See crew.h. Lane 0 belongs to the thread that runs a job, each other lane to
 * a thread that sleeps between jobs.
 */
#include "worker/crew.h"

#include "base/error.h"
#include "base/thread.h"

struct crew_thread {
    struct fovea_crew *crew;
    struct fovea_lane lane;
    pthread_t thread; /* unused in the first */
    /* Guarded by the crew's mutex: its run of the job, n is 0 when done. */
    size_t first;
    size_t n;
};

struct fovea_crew {
    struct fovea_crew_options options;
    size_t capacity;             /* items of a run, at most */
    struct crew_thread *threads; /* [options.n_threads] */
    unsigned n_started;          /* threads beside the caller's */

    pthread_mutex_t mutex; /* guards what follows, and the runs */
    pthread_cond_t work;
    pthread_cond_t finished;
    const struct fovea_worker_job *job;
    unsigned n_busy;
    bool stop;
};

static void *
thread_main(void *argument)
{
    struct crew_thread *self = argument;
    struct fovea_crew *crew = self->crew;
    (void)pthread_mutex_lock(&crew->mutex);
    while (!crew->stop) {
        if (self->n == 0) {
            (void)pthread_cond_wait(&crew->work, &crew->mutex);
            continue;
        }
        const struct fovea_worker_job *job = crew->job;
        size_t first = self->first;
        size_t n = self->n;
        (void)pthread_mutex_unlock(&crew->mutex);
        fovea_lane_run(&self->lane, job, first, n);
        (void)pthread_mutex_lock(&crew->mutex);
        self->n = 0;
        crew->n_busy--;
        (void)pthread_cond_signal(&crew->finished);
    }
    (void)pthread_mutex_unlock(&crew->mutex);
    return NULL;
}

static enum fovea_status
start_threads(struct fovea_crew *crew, struct fovea_error *err)
{
    while (crew->n_started + 1 < crew->options.n_threads) {
        struct crew_thread *next = &crew->threads[crew->n_started + 1];
        int failure = fovea_thread_create(&next->thread, thread_main, next);
        if (failure) {
            return fovea_fail_errno(err, FOVEA_ERR_NO_MEMORY, failure,
                    "cannot start a thread");
        }
        crew->n_started++;
    }
    return FOVEA_OK;
}

static enum fovea_status
crew_init(struct fovea_crew *crew, struct fovea_error *err)
{
    const struct fovea_crew_options *options = &crew->options;
    const struct fovea_embedder_options *embedder = &options->lane.embedder;
    for (unsigned i = 0; i < options->n_threads; i++) {
        crew->threads[i].crew = crew;
        enum fovea_status status = fovea_lane_init(&crew->threads[i].lane,
                &options->lane, i, crew->capacity, err);
        if (status) {
            return status;
        }
    }
    if (embedder->engine) {
        enum fovea_status status = embedder->ops->prepare(embedder->engine,
                options->n_threads, crew->capacity, err);
        if (status) {
            return status;
        }
    }
    return start_threads(crew, err);
}

enum fovea_status
fovea_crew_create(const struct fovea_crew_options *options,
        struct fovea_crew **crew_out, struct fovea_error *err)
{
    unsigned n_threads = options->n_threads;
    struct fovea_crew *crew = calloc(1, sizeof *crew);
    struct crew_thread *threads = calloc(n_threads, sizeof *threads);
    if (!crew || !threads) {
        free(crew);
        free(threads);
        return fovea_fail_memory(err, n_threads * sizeof *threads,
                "a worker's threads");
    }
    crew->options = *options;
    crew->capacity = (options->max_batch + n_threads - 1) / n_threads;
    crew->threads = threads;
    (void)pthread_mutex_init(&crew->mutex, NULL);
    (void)pthread_cond_init(&crew->work, NULL);
    (void)pthread_cond_init(&crew->finished, NULL);
    enum fovea_status status = crew_init(crew, err);
    if (status) {
        fovea_crew_destroy(crew);
        return status;
    }
    *crew_out = crew;
    return FOVEA_OK;
}

void
fovea_crew_destroy(struct fovea_crew *crew)
{
    if (!crew) {
        return;
    }
    (void)pthread_mutex_lock(&crew->mutex);
    crew->stop = true;
    (void)pthread_cond_broadcast(&crew->work);
    (void)pthread_mutex_unlock(&crew->mutex);
    for (unsigned i = 1; i <= crew->n_started; i++) {
        (void)pthread_join(crew->threads[i].thread, NULL);
    }
    for (unsigned i = 0; i < crew->options.n_threads; i++) {
        fovea_lane_finish(&crew->threads[i].lane);
    }
    (void)pthread_cond_destroy(&crew->finished);
    (void)pthread_cond_destroy(&crew->work);
    (void)pthread_mutex_destroy(&crew->mutex);
    free(crew->threads);
    free(crew);
}

size_t
fovea_crew_result_bytes(const struct fovea_crew *crew)
{
    return fovea_lane_result_bytes(&crew->threads[0].lane);
}

size_t
fovea_crew_scratch_bytes(const struct fovea_crew *crew)
{
    const struct fovea_embedder_options *embedder =
            &crew->options.lane.embedder;
    size_t lanes = fovea_lane_scratch_bytes(&crew->threads[0].lane) *
            crew->options.n_threads;
    return embedder->engine
            ? lanes + embedder->ops->lanes_bytes(embedder->engine)
            : lanes;
}

void
fovea_crew_run(struct fovea_crew *crew, const struct fovea_worker_job *job)
{
    size_t n_threads = crew->options.n_threads;
    size_t share = (job->n + n_threads - 1) / n_threads;
    if (share < job->n) {
        (void)pthread_mutex_lock(&crew->mutex);
        crew->job = job;
        size_t first = share;
        for (size_t i = 1; i < n_threads && first < job->n; i++) {
            size_t left = job->n - first;
            crew->threads[i].first = first;
            crew->threads[i].n = left < share ? left : share;
            first += crew->threads[i].n;
            crew->n_busy++;
        }
        (void)pthread_cond_broadcast(&crew->work);
        (void)pthread_mutex_unlock(&crew->mutex);
    }
    fovea_lane_run(&crew->threads[0].lane, job, 0, share);
    if (share < job->n) {
        (void)pthread_mutex_lock(&crew->mutex);
        while (crew->n_busy > 0) {
            (void)pthread_cond_wait(&crew->finished, &crew->mutex);
        }
        (void)pthread_mutex_unlock(&crew->mutex);
    }
}
