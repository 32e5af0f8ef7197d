/* See job_task.h. */
#include "cli/job_task.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/event_fd.h"
#include "base/macros.h"
#include "cli/attend.h"
#include "cli/cli.h"
#include "cli/signals.h"

static void *
run(void *context)
{
    struct fovea_job_task *task = context;
    task->status = task->run(task->context, &task->error);
    fovea_event_raise(task->done_fd);
    return NULL;
}

static void
draw(void *context)
{
    struct fovea_job_task *task = context;
    task->draw(task->context, &task->progress);
}

static void
take_signal(void *context, int signal_number)
{
    struct fovea_job_task *task = context;
    if (task->signal_number) {
        fovea_progress_clear(&task->progress);
        fovea_cli_quit(FOVEA_EXIT_SIGNAL + signal_number);
    }
    task->signal_number = signal_number;
    fovea_event_raise(task->stop_fd);
}

static enum fovea_status
attend(struct fovea_job_task *task, struct fovea_error *err)
{
    FOVEA_AUTO_FD int signal_fd = -1;
    enum fovea_status status = fovea_signals_open(&signal_fd, err);
    if (status) {
        return status;
    }
    if (task->shows_progress) {
        fovea_progress_begin(&task->progress);
    }
    const struct fovea_attendance attendance = {
        .work = run,
        .done_fd = task->done_fd,
        .signal_fd = signal_fd,
        .timer_fd = -1,
        .progress = &task->progress,
        .draw = draw,
        .on_signal = take_signal,
        .context = task,
    };
    status = fovea_attend(&attendance, err);
    return status ? status : task->status;
}

int
fovea_job_task_run(struct fovea_job_task *task)
{
    FOVEA_AUTO_FD int done_fd = eventfd(0, EFD_CLOEXEC);
    FOVEA_AUTO_FD int stop_fd = eventfd(0, EFD_CLOEXEC);
    if (done_fd < 0 || stop_fd < 0) {
        (void)fovea_fail_errno(&task->error, FOVEA_ERR_IO, errno,
                "cannot make an event descriptor");
        return fovea_cli_fail(&task->error);
    }
    task->done_fd = done_fd;
    task->stop_fd = stop_fd;
    task->progress = (struct fovea_progress)FOVEA_PROGRESS_INIT;
    enum fovea_status status = attend(task, &task->error);
    return !status ? FOVEA_EXIT_OK
            : status == FOVEA_ERR_CANCELLED && task->signal_number
            ? FOVEA_EXIT_SIGNAL + task->signal_number
            : fovea_cli_fail(&task->error);
}

static bool
waits_for_stop(const struct fovea_job_task *task, int for_ms)
{
    struct pollfd stop = { .fd = task->stop_fd, .events = POLLIN };
    return poll(&stop, 1, for_ms) > 0;
}

bool
fovea_job_task_is_cancelled(void *task)
{
    return waits_for_stop(task, 0);
}

void
fovea_job_task_wait(struct fovea_job_task *task, int64_t for_ns)
{
    (void)waits_for_stop(task, (int)(for_ns / FOVEA_NS_PER_MS));
}
