/* `fovea job finish` and `fovea job retry`: what markers say, and the broker is to do. */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/macros.h"
#include "base/number.h"
#include "base/pause.h"
#include "cli/job_command.h"
#include "cli/job_task.h"
#include "jobs/job_finish.h"
#include "jobs/job_markers.h"
#include "shards/markers.h"

#define FIRST_PAUSE_NS FOVEA_NS_PER_S
#define MOST_PAUSE_NS  (30 * FOVEA_NS_PER_S)

enum {
    N_THREADS = 8, /* an object store answers each in its time */
    LOOK_SHARE = 10,
    N_SHOWN = 20 /* shards that have failed, a line each */
};

struct end {
    const struct fovea_job_request *request;
    struct fovea_job_task task;
    struct fovea_objects_settings store;
    struct fovea_objects *objects; /* owned */
    struct fovea_queue *queue;     /* owned */
    struct fovea_manifest manifest;
    bool has_manifest;
    int64_t begin_ns;
    atomic_uint_least64_t n_decided; /* shards, for the progress line */
    atomic_uint_least64_t n_failed;
    atomic_uint_least64_t n_total;
    /* What came of it. */
    struct fovea_job_finish finish;
    struct fovea_job_tally tally;
    uint64_t n_again; /* tried again */
};

static void
draw(void *context, struct fovea_progress *progress)
{
    struct end *end = context;
    const struct fovea_progress_state state = {
        .verb = end->request->waits ? "waiting for shards" : "finishing",
        .n_done = atomic_load(&end->n_decided),
        .n_bad = atomic_load(&end->n_failed),
        .n_total = atomic_load(&end->n_total),
        .elapsed_ns = fovea_clock_ns() - end->begin_ns,
    };
    fovea_progress_draw(progress, &state);
}

/* The output, its manifest and the broker: those that are not open yet. */
static enum fovea_status
open_all(struct end *end, struct fovea_error *err)
{
    const struct fovea_job_request *request = end->request;
    enum fovea_status status = end->objects
            ? FOVEA_OK
            : fovea_objects_open(request->output, &end->store, &end->objects,
                      err);
    if (!status && !end->has_manifest) {
        status = fovea_job_manifest(end->objects, &end->manifest, err);
        end->has_manifest = !status;
    }
    if (!status && !end->queue) {
        status = fovea_queue_open(&request->queue, request->job, &end->queue,
                err);
    }
    end->finish.objects = end->objects;
    end->finish.place = (struct fovea_job_place){
        .queue = end->queue,
        .name = request->job,
        .output = request->output,
        .manifest = &end->manifest,
        .store = &end->store,
    };
    return status;
}

/* Told once it is known, and where there is nobody who draws it. */
static void
tell_of_round(struct end *end, const struct fovea_job_tally *tally)
{
    atomic_store(&end->n_decided, tally->n_done + tally->n_failed);
    atomic_store(&end->n_failed, tally->n_failed);
    atomic_store(&end->n_total, tally->n_shards);
    if (end->request->quiet ||
            (tally->n_published == 0 && tally->n_damaged == 0)) {
        return;
    }
    fovea_progress_clear(&end->task.progress);
    if (tally->was_made) {
        fovea_cli_report(
                "the broker did not have the job any more; it was made "
                "again");
    }
    if (tally->n_damaged > 0) {
        fovea_cli_report("%" PRIu64 " shards are marked as done, but their "
                         "files are not those of their markers",
                tally->n_damaged);
    }
    fovea_cli_report("%" PRIu64 " shards published again", tally->n_published);
}

/* Rounds until all is decided, or once. A round that fails in a way that may pass is
   done without while it waits. */
static enum fovea_status
run_finish(void *context, struct fovea_error *err)
{
    struct end *end = context;
    uint64_t n_failures = 0;
    for (;;) {
        struct fovea_job_tally tally = { .n_shards = 0 };
        int64_t begin_ns = fovea_clock_ns();
        enum fovea_status status = open_all(end, err);
        if (!status) {
            status = fovea_job_finish_round(&end->finish, &tally, err);
        }
        bool may_pass = status && end->request->waits &&
                fovea_status_retryable(status) &&
                !fovea_job_task_is_cancelled(&end->task);
        if (status && !may_pass) {
            return status;
        }
        n_failures = may_pass ? n_failures + 1 : 0;
        if (!may_pass) {
            end->tally = tally;
            tell_of_round(end, &tally);
            if (tally.n_missing == 0 || !end->request->waits) {
                return FOVEA_OK;
            }
        } else if (n_failures == 1) {
            fovea_progress_clear(&end->task.progress);
            fovea_cli_report("%s; it is tried again", err->message);
        }
        int64_t took_ns = LOOK_SHARE * (fovea_clock_ns() - begin_ns);
        int64_t pause_ns = fovea_pause_ns(FIRST_PAUSE_NS, MOST_PAUSE_NS,
                n_failures ? n_failures : 1);
        fovea_job_task_wait(&end->task,
                pause_ns > took_ns ? pause_ns : took_ns);
        if (fovea_job_task_is_cancelled(&end->task)) {
            return fovea_fail(err, FOVEA_ERR_CANCELLED, "given up");
        }
    }
}

/* Why those that have failed did, the first ones. */
static void
show_failures(struct end *end)
{
    struct fovea_job_markers markers = { .states = NULL };
    struct fovea_error error;
    uint64_t n = 0;
    if (fovea_job_markers_read(&markers, end->objects, &end->manifest,
                &error)) {
        return;
    }
    for (uint64_t i = 0; i < markers.n_shards && n < N_SHOWN; i++) {
        struct fovea_shard_failure failure;
        bool is_failed = false;
        if (markers.states[i] == FOVEA_JOB_SHARD_FAILED &&
                !fovea_shard_failed(end->objects, i, &is_failed, &failure,
                        &error) &&
                is_failed) {
            n++;
            fovea_cli_report("shard %" PRIu64 ": %s, after %" PRIu64 " %s", i,
                    failure.message[0] ? failure.message
                                       : fovea_status_name(failure.code),
                    failure.n_attempts,
                    failure.n_attempts == 1 ? "attempt" : "attempts");
        }
    }
    if (markers.n_failed > n) {
        fovea_cli_report("and %" PRIu64 " more", markers.n_failed - n);
    }
    fovea_job_markers_finish(&markers);
}

static int
conclude_finish(struct end *end)
{
    const struct fovea_job_tally *tally = &end->tally;
    const struct fovea_job_sums *sums = &end->finish.sums;
    struct fovea_error error;
    if (!end->request->quiet) {
        fovea_cli_report("job %s: %" PRIu64 " of %" PRIu64
                         " shards done, %" PRIu64 " failed",
                end->request->job, tally->n_done, tally->n_shards,
                tally->n_failed);
        fovea_cli_report("%" PRIu64 " inputs: %" PRIu64 " rows, %" PRIu64
                         " errors, %" PRIu64 " skipped",
                sums->n_inputs, sums->n_rows, sums->n_errors, sums->n_skipped);
    }
    if (tally->n_missing > 0) {
        (void)fovea_fail(&error, FOVEA_ERR_SHARDS_MISSING,
                "%" PRIu64 " shards are neither done nor failed: %" PRIu64
                " wait for a node, %" PRIu64 " are handed out, %" PRIu64
                " were published again; finish once more, or with --wait",
                tally->n_missing, tally->n_waiting, tally->n_handed_out,
                tally->n_published);
        return fovea_cli_fail(&error);
    }
    if (tally->n_failed > 0) {
        show_failures(end);
        fovea_cli_report("fovea job retry tries them again");
        return FOVEA_EXIT_SOME_BAD;
    }
    return FOVEA_EXIT_OK;
}

/* Once nothing of it is to be handed out any more. */
static int
remove_job(struct end *end)
{
    struct fovea_error error;
    enum fovea_status status = fovea_queue_remove(end->queue, &error);
    return status && status != FOVEA_ERR_NO_JOB ? fovea_cli_fail(&error)
                                                : FOVEA_EXIT_OK;
}

static void
prepare(struct end *end, const struct fovea_job_request *request)
{
    end->request = request;
    end->begin_ns = fovea_clock_ns();
    end->store = (struct fovea_objects_settings){
        .is_cancelled = fovea_job_task_is_cancelled,
        .context = &end->task,
        .s3 = &request->options.s3,
        .url = &request->options.url,
    };
    end->task = (struct fovea_job_task){
        .draw = draw,
        .context = end,
        .shows_progress = !request->quiet && !request->no_progress,
    };
}

static void
end_finish(struct end *end)
{
    fovea_job_finish_end(&end->finish);
    fovea_queue_close(end->queue);
    fovea_objects_close(end->objects);
    if (end->has_manifest) {
        fovea_manifest_finish(&end->manifest);
    }
}

int
fovea_job_finish(const struct fovea_job_request *request)
{
    FOVEA_AUTO(end_finish) struct end end = { .request = request };
    prepare(&end, request);
    end.task.run = run_finish;
    end.finish.look = request->look;
    end.finish.n_threads = N_THREADS;
    end.finish.ack_wait_ns = request->ack_wait_ns;
    end.finish.n_replicas = (uint32_t)request->n_replicas;
    int code = fovea_job_task_run(&end.task);
    if (code) {
        return code;
    }
    code = conclude_finish(&end);
    bool is_over = code == FOVEA_EXIT_OK || code == FOVEA_EXIT_SOME_BAD;
    int removed =
            is_over && request->removes ? remove_job(&end) : FOVEA_EXIT_OK;
    return removed ? removed : code;
}

/* The shards that were named, one byte each; NULL and FOVEA_OK: none was. */
static enum fovea_status
choose(const struct end *end, uint8_t **chosen_out, struct fovea_error *err)
{
    const struct fovea_job_request *request = end->request;
    *chosen_out = NULL;
    if (request->n_shards == 0) {
        return FOVEA_OK;
    }
    FOVEA_AUTO_FREE uint8_t *chosen = calloc(end->manifest.n_shards + 1, 1);
    if (!chosen) {
        return fovea_fail_memory(err, end->manifest.n_shards, "the shards");
    }
    for (size_t i = 0; i < request->n_shards; i++) {
        uint64_t number = 0;
        if (!fovea_number_parse(request->shards[i], &number) ||
                number >= end->manifest.n_shards) {
            return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                    "%.60s: no shard of the job, which has %" PRIu64
                    ", from 0 on",
                    request->shards[i], end->manifest.n_shards);
        }
        chosen[number] = 1;
    }
    *chosen_out = FOVEA_TAKE(chosen);
    return FOVEA_OK;
}

static enum fovea_status
run_retry(void *context, struct fovea_error *err)
{
    struct end *end = context;
    FOVEA_AUTO_FREE uint8_t *chosen = NULL;
    enum fovea_status status = open_all(end, err);
    if (!status) {
        status = choose(end, &chosen, err);
    }
    return status ? status
                  : fovea_job_retry(&end->finish.place, end->objects, chosen,
                            &end->n_again, err);
}

int
fovea_job_retry_failed(const struct fovea_job_request *request)
{
    FOVEA_AUTO(end_finish) struct end end = { .request = request };
    prepare(&end, request);
    end.task.run = run_retry;
    end.task.shows_progress = false;
    int code = fovea_job_task_run(&end.task);
    if (!code && !request->quiet) {
        fovea_cli_report("%" PRIu64 " failed shards are tried again",
                end.n_again);
    }
    return code;
}
