/* See background.h. */
#include "base/background.h"

#include "base/macros.h"
#include "base/thread.h"

static void
lock(struct fovea_background *background)
{
    FOVEA_ASSERT(pthread_mutex_lock(&background->mu) == 0);
}

static void
unlock(struct fovea_background *background)
{
    FOVEA_ASSERT(pthread_mutex_unlock(&background->mu) == 0);
}

static void
push(struct fovea_background_jobs *jobs, struct fovea_background_job *job)
{
    job->next = NULL;
    *(jobs->last ? &jobs->last->next : &jobs->first) = job;
    jobs->last = job;
}

/* NULL if there is none. */
static struct fovea_background_job *
pop(struct fovea_background_jobs *jobs)
{
    struct fovea_background_job *job = jobs->first;
    if (job) {
        jobs->first = job->next;
        jobs->last = jobs->first ? jobs->last : NULL;
    }
    return job;
}

/* The next one; NULL when it is over. */
static struct fovea_background_job *
wait_for_job(struct fovea_background *background)
{
    lock(background);
    while (!background->waiting.first && !background->is_closing) {
        (void)pthread_cond_wait(&background->changed, &background->mu);
    }
    struct fovea_background_job *job = pop(&background->waiting);
    unlock(background);
    return job;
}

static void *
run(void *context)
{
    struct fovea_background *background = context;
    (void)pthread_setname_np(pthread_self(), background->name);
    for (struct fovea_background_job *job; (job = wait_for_job(background));) {
        job->run(job);
        lock(background);
        /* Others that are there already were told of. */
        bool is_first = !background->finished.first;
        push(&background->finished, job);
        unlock(background);
        if (is_first) {
            background->wake(background->context);
        }
    }
    return NULL;
}

void
fovea_background_init(struct fovea_background *background, const char *name,
        void (*wake)(void *context), void *context)
{
    *background = (struct fovea_background){
        .name = name,
        .wake = wake,
        .context = context,
    };
    FOVEA_ASSERT(pthread_mutex_init(&background->mu, NULL) == 0);
    FOVEA_ASSERT(pthread_cond_init(&background->changed, NULL) == 0);
}

int
fovea_background_start(struct fovea_background *background, unsigned n_threads)
{
    FOVEA_ASSERT(n_threads <= FOVEA_BACKGROUND_THREADS);
    int error = 0;
    while (background->n_threads < n_threads && !error) {
        error = fovea_thread_create(&background->threads[background->n_threads],
                run, background);
        background->n_threads += error == 0;
    }
    return error;
}

void
fovea_background_add(struct fovea_background *background,
        struct fovea_background_job *job)
{
    FOVEA_ASSERT(background->n_threads > 0);
    background->n_jobs++;
    lock(background);
    push(&background->waiting, job);
    (void)pthread_cond_signal(&background->changed);
    unlock(background);
}

void
fovea_background_collect(struct fovea_background *background)
{
    if (background->n_jobs == 0) {
        return;
    }
    lock(background);
    struct fovea_background_jobs finished = background->finished;
    background->finished = (struct fovea_background_jobs){ NULL, NULL };
    unlock(background);
    for (struct fovea_background_job *job; (job = pop(&finished));) {
        job->done(job);
        background->n_jobs--;
    }
}

bool
fovea_background_is_idle(const struct fovea_background *background)
{
    return background->n_jobs == 0;
}

void
fovea_background_finish(struct fovea_background *background)
{
    lock(background);
    background->is_closing = true;
    (void)pthread_cond_broadcast(&background->changed);
    unlock(background);
    for (unsigned i = 0; i < background->n_threads; i++) {
        (void)pthread_join(background->threads[i], NULL);
    }
    background->n_threads = 0;
    fovea_background_collect(background);
    (void)pthread_cond_destroy(&background->changed);
    (void)pthread_mutex_destroy(&background->mu);
}
