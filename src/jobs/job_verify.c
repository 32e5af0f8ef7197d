/* See job_verify.h. */
#include "jobs/job_verify.h"

#include <pthread.h>

#include "base/error.h"
#include "base/macros.h"
#include "base/thread.h"

enum {
    MAX_THREADS = 64
};

struct task {
    const struct fovea_job_verify *verify;
    const uint8_t *wanted;
    pthread_mutex_t mutex; /* of what stands below */
    uint8_t *verdicts;
    struct fovea_job_sums *sums;
    uint64_t next;
    enum fovea_status status; /* of the first that failed: all end */
    struct fovea_error error;
};

/* The next one to be looked at; false: there is none, or all is given up. */
static bool
take(struct task *task, uint64_t *number_out)
{
    uint64_t n = task->verify->manifest->n_shards;
    (void)pthread_mutex_lock(&task->mutex);
    while (task->next < n &&
            (!task->wanted[task->next] || task->verdicts[task->next])) {
        task->next++;
    }
    *number_out = task->next;
    bool has_one = task->next < n && !task->status;
    task->next += has_one;
    (void)pthread_mutex_unlock(&task->mutex);
    return has_one;
}

static void
settle(struct task *task, uint64_t number, enum fovea_shard_state state,
        const struct fovea_shard_done *done)
{
    static const uint8_t verdict_of[] = {
        [FOVEA_SHARD_STATE_OPEN] = FOVEA_JOB_GONE,
        [FOVEA_SHARD_STATE_DONE] = FOVEA_JOB_GOOD,
        [FOVEA_SHARD_STATE_DAMAGED] = FOVEA_JOB_DAMAGED,
        [FOVEA_SHARD_STATE_FAILED] = FOVEA_JOB_GONE,
    };
    (void)pthread_mutex_lock(&task->mutex);
    task->verdicts[number] = verdict_of[state];
    if (state == FOVEA_SHARD_STATE_DONE) {
        task->sums->n_inputs += done->n_inputs;
        task->sums->n_rows += done->n_rows;
        task->sums->n_errors += done->n_errors;
        task->sums->n_skipped += done->n_skipped;
    }
    (void)pthread_mutex_unlock(&task->mutex);
}

static void
fail(struct task *task, enum fovea_status status,
        const struct fovea_error *error)
{
    (void)pthread_mutex_lock(&task->mutex);
    if (!task->status) {
        task->status = status;
        task->error = *error;
    }
    (void)pthread_mutex_unlock(&task->mutex);
}

static void *
run(void *context)
{
    struct task *task = context;
    const struct fovea_job_verify *verify = task->verify;
    const struct fovea_objects_settings *store = verify->store;
    struct fovea_error error;
    uint64_t number = 0;
    FOVEA_AUTO(fovea_objects_close_auto) struct fovea_objects *objects = NULL;
    enum fovea_status status =
            fovea_objects_open(verify->output, store, &objects, &error);
    while (!status && take(task, &number)) {
        enum fovea_shard_state state = FOVEA_SHARD_STATE_OPEN;
        struct fovea_shard_done done;
        status = store->is_cancelled && store->is_cancelled(store->context)
                ? fovea_fail(&error, FOVEA_ERR_CANCELLED,
                          "given up while shards were looked at")
                : fovea_shard_look(objects, verify->manifest, number,
                          verify->look, &state, &done, &error);
        if (!status) {
            settle(task, number, state, &done);
        }
    }
    if (status) {
        fail(task, status, &error);
    }
    return NULL;
}

enum fovea_status
fovea_job_verify(const struct fovea_job_verify *verify, const uint8_t *wanted,
        uint8_t *verdicts, struct fovea_job_sums *sums, struct fovea_error *err)
{
    pthread_t threads[MAX_THREADS];
    unsigned n_threads = 0;
    struct task task = {
        .verify = verify,
        .wanted = wanted,
        .mutex = PTHREAD_MUTEX_INITIALIZER,
        .verdicts = verdicts,
        .sums = sums,
    };
    /* One fewer than asked for, as this one works too; those that cannot be had are
       done without. */
    while (n_threads + 1 < verify->n_threads && n_threads < MAX_THREADS &&
            fovea_thread_create(&threads[n_threads], run, &task) == 0) {
        n_threads++;
    }
    (void)run(&task);
    for (unsigned i = 0; i < n_threads; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    (void)pthread_mutex_destroy(&task.mutex);
    if (task.status && err) {
        *err = task.error;
    }
    return task.status;
}
