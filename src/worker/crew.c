/*
 * See crew.h. Lane 0 belongs to the thread that runs a job, each other lane to
 * a thread that sleeps between jobs.
 */
#include "worker/crew.h"

#include <pthread.h>
#include <signal.h>

#include "base/error.h"
#include "worker/lane.h"

struct mate {
    struct fovea_crew *crew;
    struct fovea_lane lane;
    pthread_t thread; /* unused in the first */
    /* Guarded by the crew's mutex: its run of the job, n is 0 when done. */
    size_t first;
    size_t n;
};

struct fovea_crew {
    struct fovea_crew_options options;
    size_t capacity;    /* images of a run, at most */
    struct mate *mates; /* [options.n_threads] */
    unsigned n_started; /* threads beside the caller's */

    pthread_mutex_t mutex; /* guards what follows, and the runs */
    pthread_cond_t work;
    pthread_cond_t finished;
    const struct fovea_crew_job *job;
    unsigned n_busy;
    bool stop;
};

static void *
mate_main(void *argument)
{
    struct mate *mate = argument;
    struct fovea_crew *crew = mate->crew;
    (void)fovea_matmul_set_threads(1);
    (void)pthread_mutex_lock(&crew->mutex);
    while (!crew->stop) {
        if (mate->n == 0) {
            (void)pthread_cond_wait(&crew->work, &crew->mutex);
            continue;
        }
        const struct fovea_crew_job *job = crew->job;
        size_t first = mate->first;
        size_t n = mate->n;
        (void)pthread_mutex_unlock(&crew->mutex);
        fovea_lane_run(&mate->lane, job, first, n);
        (void)pthread_mutex_lock(&crew->mutex);
        mate->n = 0;
        crew->n_busy--;
        (void)pthread_cond_signal(&crew->finished);
    }
    (void)pthread_mutex_unlock(&crew->mutex);
    return NULL;
}

/* Signals stay with the program's main thread. */
static enum fovea_status
start_threads(struct fovea_crew *crew, struct fovea_error *err)
{
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = 0;
    while (!failure && crew->n_started + 1 < crew->options.n_threads) {
        struct mate *mate = &crew->mates[crew->n_started + 1];
        failure = pthread_create(&mate->thread, NULL, mate_main, mate);
        crew->n_started += failure == 0;
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failure) {
        return fovea_fail_errno(err, FOVEA_ERR_NO_MEMORY, failure,
                "cannot start a thread");
    }
    return FOVEA_OK;
}

static enum fovea_status
crew_init(struct fovea_crew *crew, struct fovea_error *err)
{
    for (unsigned i = 0; i < crew->options.n_threads; i++) {
        crew->mates[i].crew = crew;
        enum fovea_status status = fovea_lane_init(&crew->mates[i].lane,
                &crew->options, crew->capacity, err);
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
    struct mate *mates = calloc(n_threads, sizeof *mates);
    if (!crew || !mates) {
        free(crew);
        free(mates);
        return fovea_fail_memory(err, n_threads * sizeof *mates,
                "a worker's threads");
    }
    crew->options = *options;
    crew->capacity = (options->max_batch + n_threads - 1) / n_threads;
    crew->mates = mates;
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
        (void)pthread_join(crew->mates[i].thread, NULL);
    }
    for (unsigned i = 0; i < crew->options.n_threads; i++) {
        fovea_lane_finish(&crew->mates[i].lane);
    }
    (void)pthread_cond_destroy(&crew->finished);
    (void)pthread_cond_destroy(&crew->work);
    (void)pthread_mutex_destroy(&crew->mutex);
    free(crew->mates);
    free(crew);
}

size_t
fovea_crew_dimension(const struct fovea_crew *crew)
{
    return crew->options.weights ? crew->options.weights->tower.dimension : 0;
}

size_t
fovea_crew_row_bytes(const struct fovea_crew *crew)
{
    return crew->options.weights ? fovea_crew_dimension(crew) * sizeof(float)
                                 : crew->mates[0].lane.pixels_size;
}

size_t
fovea_crew_scratch_bytes(const struct fovea_crew *crew)
{
    size_t lane = crew->mates[0].lane.pixels_size;
    const struct fovea_weights *weights = crew->options.weights;
    if (weights) {
        lane = crew->capacity * (lane + fovea_crew_row_bytes(crew)) +
                fovea_vit_scratch_size(&weights->tower, crew->capacity,
                        weights->precision);
    }
    return lane * crew->options.n_threads;
}

void
fovea_crew_run(struct fovea_crew *crew, const struct fovea_crew_job *job)
{
    size_t threads = crew->options.n_threads;
    size_t share = (job->n + threads - 1) / threads;
    if (share < job->n) {
        (void)pthread_mutex_lock(&crew->mutex);
        crew->job = job;
        size_t first = share;
        for (size_t i = 1; i < threads && first < job->n; i++) {
            size_t left = job->n - first;
            crew->mates[i].first = first;
            crew->mates[i].n = left < share ? left : share;
            first += crew->mates[i].n;
            crew->n_busy++;
        }
        (void)pthread_cond_broadcast(&crew->work);
        (void)pthread_mutex_unlock(&crew->mutex);
    }
    fovea_lane_run(&crew->mates[0].lane, job, 0, share);
    if (share < job->n) {
        (void)pthread_mutex_lock(&crew->mutex);
        while (crew->n_busy > 0) {
            (void)pthread_cond_wait(&crew->finished, &crew->mutex);
        }
        (void)pthread_mutex_unlock(&crew->mutex);
    }
}
