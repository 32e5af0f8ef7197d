/*
 * Work that would hold a loop up, done beside it: by one thread, one job after
 * another in the order in which they were added, or by several threads at once.
 *
 *     loop        add(job) ............................ collect(): job->done
 *     background            job->run, then wake() ...../
 *
 * The loop's side is one thread, or several that take turns: it alone calls
 * the functions below. A job belongs to the background from add() until done,
 * which is called exactly once and may free it or add others.
 */
#ifndef FOVEA_BASE_BACKGROUND_H
#define FOVEA_BASE_BACKGROUND_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "fovea/export.h"

/** A member of what the work is about. */
struct fovea_background_job {
    struct fovea_background_job *next;
    void (*run)(struct fovea_background_job *job);  /* in the background */
    void (*done)(struct fovea_background_job *job); /* on the loop's side */
};

enum {
    FOVEA_BACKGROUND_THREADS = 64 /* at most */
};

struct fovea_background_jobs {
    struct fovea_background_job *first;
    struct fovea_background_job *last;
};

struct fovea_background {
    const char *name; /* of the thread */
    void (*wake)(void *context);
    void *context;
    /* the loop's side */
    unsigned n_threads;
    pthread_t threads[FOVEA_BACKGROUND_THREADS];
    size_t n_jobs; /* added, and not yet done */
    /* guarded by mu */
    pthread_mutex_t mu;
    pthread_cond_t changed;
    struct fovea_background_jobs waiting;
    struct fovea_background_jobs finished;
    bool is_closing;
};

/**
 * Nothing runs yet.
 *
 * @param name  Of the threads, up to 15 bytes; borrowed for good.
 * @param wake  Tells the loop to call fovea_background_collect(). Called in the
 *              background, no lock held.
 */
void fovea_background_init(struct fovea_background *background,
        const char *name, void (*wake)(void *context), void *context);

/** Start threads until so many run, with every signal blocked: 1 to
 *  FOVEA_BACKGROUND_THREADS. 0, or an error number as of pthread_create(). */
FOVEA_NODISCARD int fovea_background_start(struct fovea_background *background,
        unsigned n_threads);

/** A thread runs. run and done are set. */
void fovea_background_add(struct fovea_background *background,
        struct fovea_background_job *job);

/** Call done of all jobs that have run, in the order in which they ended. */
void fovea_background_collect(struct fovea_background *background);

/** No job waits, runs or is yet to be collected. */
bool fovea_background_is_idle(const struct fovea_background *background);

/** Run and collect all that is left, and end the threads; no done may add to it
 *  now. Fine if it was never started. */
void fovea_background_finish(struct fovea_background *background);

#endif
