/*
 * `fovea embed --shard`: see shard_command.h.
 *
 * The work goes on in a thread of its own, while this one draws and listens for
 * signals. The first signal lets the shard in hand come to its end, if it does within
 * the time of grace; then it is left, and nothing of it stays. A second one ends the
 * process at once: what was not published has no name.
 */
#include "cli/shard_command.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/event_fd.h"
#include "base/macros.h"
#include "cli/attend.h"
#include "cli/complaints.h"
#include "cli/frozen_model.h"
#include "cli/shard_work.h"
#include "cli/signals.h"
#include "cli/stats_report.h"
#include "cli/summary.h"

enum {
    N_COMPLAINTS = 10
};

struct task {
    const struct fovea_run_request *request;
    struct fovea_shard_work work;
    struct fovea_progress progress;
    struct fovea_complaints complaints;
    int64_t start_ns;
    int64_t first_ns; /* when results were first seen, and how many */
    uint64_t n_first;
    int done_fd;  /* eventfd: the work has ended */
    int stop_fd;  /* eventfd: the shard in hand is to be left */
    int grace_fd; /* timerfd: the time of grace is over */
    int signal_number;
    enum fovea_status status; /* of the work, once it has ended */
    struct fovea_error error;
};

/* -- called in the work's thread */

static void
tell_of_input(void *context, const struct fovea_entry *entry,
        const struct fovea_error *error, bool is_skipped)
{
    struct task *task = context;
    if (is_skipped) {
        fovea_complaints_skipped(&task->complaints, entry->path, error,
                &task->progress);
    } else {
        fovea_complaints_bad(&task->complaints, entry->path, error,
                &task->progress);
    }
}

static void
tell_of_shard(void *context, uint64_t number, bool is_again,
        const struct fovea_error *error)
{
    struct task *task = context;
    fovea_progress_clear(&task->progress);
    if (!is_again || !task->request->quiet) {
        fovea_cli_report("shard %" PRIu64 "%s: %s", number,
                is_again ? " is done again" : " failed", error->message);
    }
}

static bool
is_left(void *context)
{
    const struct task *task = context;
    struct pollfd event = { .fd = task->stop_fd, .events = POLLIN };
    return poll(&event, 1, 0) > 0;
}

static void *
work(void *context)
{
    struct task *task = context;
    task->status = fovea_shard_work(&task->work, &task->error);
    fovea_event_raise(task->done_fd);
    return NULL;
}

/* -- in the main thread */

static void
draw(void *context)
{
    struct task *task = context;
    struct fovea_progress_state state = {
        .verb = atomic_load(&task->work.has_begun) ? "embedding" : "listing",
        .n_total = atomic_load(&task->work.n_total),
        .elapsed_ns = fovea_clock_ns() - task->start_ns,
    };
    if (atomic_load(&task->work.has_begun)) {
        fovea_shard_work_counts(&task->work, &state.n_done, &state.n_bad,
                &state.n_skipped);
    } else {
        state.n_done = atomic_load(&task->work.n_listed);
    }
    if (!task->n_first && atomic_load(&task->work.has_begun) && state.n_done) {
        task->first_ns = state.elapsed_ns;
        task->n_first = state.n_done;
    }
    state.first_ns = task->first_ns;
    state.n_first = task->n_first;
    fovea_progress_draw(&task->progress, &state);
}

static void
leave(void *context)
{
    struct task *task = context;
    fovea_event_raise(task->stop_fd);
}

static void
take_signal(void *context, int signal_number)
{
    struct task *task = context;
    int64_t grace_ns = task->request->grace_ns;
    if (task->signal_number) {
        fovea_progress_clear(&task->progress);
        fovea_cli_quit(FOVEA_EXIT_SIGNAL + signal_number);
    }
    task->signal_number = signal_number;
    atomic_store(&task->work.leaves, true);
    if (!atomic_load(&task->work.has_begun)) {
        leave(task);
        return;
    }
    fovea_progress_clear(&task->progress);
    if (!task->request->quiet) {
        fovea_cli_report("finishing the shard in hand, for %.3g s at most "
                         "(--grace); another signal ends it at once",
                (double)grace_ns / (double)FOVEA_NS_PER_S);
    }
    const struct itimerspec when = {
        .it_value = {
            .tv_sec = (time_t)(grace_ns / FOVEA_NS_PER_S),
            .tv_nsec = (long)(grace_ns % FOVEA_NS_PER_S),
        },
    };
    if (grace_ns != FOVEA_NEVER &&
            timerfd_settime(task->grace_fd, 0, &when, NULL)) {
        leave(task);
    }
}

static void
summarise(const struct task *task)
{
    const struct fovea_shard_totals *totals = &task->work.totals;
    double seconds = (double)(fovea_clock_ns() - task->start_ns) /
            (double)FOVEA_NS_PER_S;
    const struct fovea_run_totals inputs = {
        .n_done = totals->n_inputs,
        .counts = {
            .n_bad = totals->n_errors,
            .n_skipped = totals->n_skipped,
        },
        .seconds = seconds,
        .rate = seconds > 0 ? (double)(totals->n_inputs - totals->n_skipped) /
                        seconds
                            : 0,
    };
    if (totals->n_done > 0) {
        fovea_summarise("embedded", &inputs);
    }
    fovea_cli_report("%" PRIu64 " of %" PRIu64 " shards done: %" PRIu64
                     " now, %" PRIu64 " before, %" PRIu64 " failed",
            totals->n_done + totals->n_before, totals->n_shards, totals->n_done,
            totals->n_before, totals->n_failed);
}

/* The exit code. */
static int
conclude(struct task *task)
{
    const struct fovea_shard_totals *totals = &task->work.totals;
    bool was_left = task->status == FOVEA_ERR_CANCELLED && task->signal_number;
    if (task->status && !was_left) {
        int code = fovea_cli_fail(&task->error);
        if (totals->n_done > 0 && !task->request->quiet) {
            summarise(task);
        }
        return code;
    }
    if (!task->request->quiet && atomic_load(&task->work.has_begun)) {
        summarise(task);
    }
    return was_left            ? FOVEA_EXIT_SIGNAL + task->signal_number
            : totals->n_failed ? FOVEA_EXIT_FAILED
            : totals->n_bad    ? FOVEA_EXIT_SOME_BAD
                               : FOVEA_EXIT_OK;
}

static enum fovea_status
attend(struct task *task, struct fovea_error *err)
{
    FOVEA_AUTO_FD int signal_fd = -1;
    enum fovea_status status = fovea_signals_open(&signal_fd, err);
    if (status) {
        return status;
    }
    if (!task->request->quiet && !task->request->no_progress) {
        fovea_progress_begin(&task->progress);
    }
    const struct fovea_attendance attendance = {
        .work = work,
        .done_fd = task->done_fd,
        .signal_fd = signal_fd,
        .timer_fd = task->grace_fd,
        .progress = &task->progress,
        .draw = draw,
        .on_signal = take_signal,
        .on_timer = leave,
        .context = task,
    };
    return fovea_attend(&attendance, err);
}

/* With everything open. The exit code. */
static int
run(struct task *task)
{
    struct fovea_error error;
    FOVEA_AUTO_FD int done_fd = eventfd(0, EFD_CLOEXEC);
    FOVEA_AUTO_FD int stop_fd = eventfd(0, EFD_CLOEXEC);
    FOVEA_AUTO_FD int grace_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    FOVEA_AUTO(fovea_objects_close_auto) struct fovea_objects *objects = NULL;
    const struct fovea_objects_settings settings = {
        .is_cancelled = is_left,
        .context = task,
        .s3 = &task->request->options.s3,
        .url = &task->request->options.url,
    };
    if (done_fd < 0 || stop_fd < 0 || grace_fd < 0) {
        (void)fovea_fail_errno(&error, FOVEA_ERR_IO, errno,
                "cannot make an event descriptor");
        return fovea_cli_fail(&error);
    }
    task->done_fd = done_fd;
    task->stop_fd = stop_fd;
    task->grace_fd = grace_fd;
    task->work.order.stop_fd = stop_fd;
    task->work.run.stop_fd = stop_fd;
    if (fovea_objects_open(task->request->output, &settings, &objects,
                &error)) {
        return fovea_cli_fail(&error);
    }
    task->work.order.objects = objects;
    task->work.run.objects = objects;
    if (attend(task, &error)) {
        return fovea_cli_fail(&error);
    }
    return conclude(task);
}

static int
embed_shards(const struct fovea_run_request *request,
        const struct fovea_inputs_settings *inputs,
        const struct fovea_frozen_model *opened,
        const struct fovea_share *share)
{
    struct task task = {
        .request = request,
        .work = {
            .order = {
                .frozen = &opened->frozen,
                .inputs = inputs,
            },
            .run = {
                .model = opened->model,
                .source = &inputs->source,
                .look = FOVEA_SHARD_LOOK_READ,
                .n_batch = request->options.max_batch,
                .read_ahead = request->read_ahead,
                .n_tries = (unsigned)request->n_tries,
                .on_bad = tell_of_input,
            },
            .share = *share,
            .resumes = request->resume,
            .on_shard = tell_of_shard,
            .mutex = PTHREAD_MUTEX_INITIALIZER,
        },
        .progress = FOVEA_PROGRESS_INIT,
        .complaints = {
            .limit = request->quiet ? 0 : N_COMPLAINTS,
            .list_skipped = request->verbose,
        },
        .start_ns = fovea_clock_ns(),
    };
    task.work.context = &task;
    task.work.run.context = &task;
    return run(&task);
}

static const char *
variable(const char *name)
{
    return getenv(name); /* NOLINT(concurrency-mt-unsafe): before any thread */
}

int
fovea_shard_command(const struct fovea_run_request *request,
        const struct fovea_inputs_settings *inputs)
{
    FOVEA_AUTO(fovea_frozen_model_close)
    struct fovea_frozen_model opened = { .library = NULL };
    struct fovea_error error;
    struct fovea_share share;
    enum fovea_status status =
            fovea_share_parse(request->shard, variable, &share, &error);
    if (!status) {
        status = fovea_frozen_model_open(request, &opened, &error);
    }
    if (status) {
        return fovea_cli_fail(&error);
    }
    if (!request->quiet) {
        fovea_cli_warn_of_model(fovea_model_describe(opened.model));
    }
    int code = embed_shards(request, inputs, &opened, &share);
    if (request->stats) {
        fovea_stats_report_of(opened.library);
    }
    return code;
}
