/*
 * A run of embed, preprocess or similar: see run.h.
 *
 * While the pump writes it holds output_mutex, and so does the waiting thread
 * when a signal makes it drop the files: nothing is written after that.
 */
#include "cli/run.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/event_fd.h"
#include "base/macros.h"
#include "bulk/count.h"
#include "bulk/sinks.h"
#include "cli/attend.h"
#include "cli/cli.h"
#include "cli/signals.h"

struct run {
    const struct fovea_run_settings *settings;
    int64_t start_ns;
    int done_fd; /* eventfd: the pump has ended */
    int signal_fd;
    int end_fd;  /* eventfd: readable once a signal has come */
    int idle_fd; /* eventfd: the pump wrote then, and does not any more */
    bool clears; /* results go to the terminal of the progress line */
    struct fovea_progress progress;
    struct fovea_count *count; /* of all inputs, or NULL */
    struct fovea_pump_counters counters;
    atomic_int_least64_t first_ns; /* after the first batch */
    atomic_uint_least64_t n_first;

    pthread_mutex_t output_mutex;
    struct fovea_complaints complaints;
    struct fovea_error write_error; /* of the last write; code FOVEA_OK */

    /* The pump's, until it has ended. */
    struct fovea_pump_settings pump;
    enum fovea_status status;
    struct fovea_error error;
};

static bool
is_raised(int fd)
{
    struct pollfd event = { .fd = fd, .events = POLLIN };
    return poll(&event, 1, 0) > 0;
}

static void
before_write(void *context)
{
    struct run *run = context;
    (void)pthread_mutex_lock(&run->output_mutex);
    if (run->clears) {
        fovea_progress_clear(&run->progress);
    }
}

static void
after_write(void *context, const struct fovea_row_batch *batch,
        const struct fovea_error *error)
{
    struct run *run = context;
    if (error) {
        run->write_error = *error;
    } else {
        fovea_complaints_tell(&run->complaints, batch, &run->progress);
    }
    (void)pthread_mutex_unlock(&run->output_mutex);
    if (is_raised(run->end_fd)) {
        fovea_event_raise(run->idle_fd);
    }
    if (!error && !atomic_load(&run->n_first)) {
        atomic_store(&run->first_ns, fovea_clock_ns() - run->start_ns);
        atomic_store(&run->n_first, batch->n);
    }
}

static void *
pump(void *context)
{
    struct run *run = context;
    run->status = fovea_pump(&run->pump, &run->error);
    fovea_event_raise(run->done_fd);
    return NULL;
}

static void
read_state(struct run *run, struct fovea_progress_state *state_out)
{
    uint64_t n_inputs = atomic_load(&run->counters.n_inputs);
    if (!n_inputs && run->count) {
        n_inputs = fovea_count_total(run->count);
    }
    *state_out = (struct fovea_progress_state){
        .verb = run->settings->verb,
        .n_done = atomic_load(&run->counters.n_done),
        .n_bad = atomic_load(&run->counters.n_bad),
        .n_skipped = atomic_load(&run->counters.n_skipped),
        .n_total = n_inputs,
        .elapsed_ns = fovea_clock_ns() - run->start_ns,
        .first_ns = atomic_load(&run->first_ns),
        .n_first = atomic_load(&run->n_first),
    };
}

/* Until the pump has finished the line that it writes. False if it will not
   within its patience, or another signal came first. */
static bool
wait_for_writer(struct run *run)
{
    enum {
        PATIENCE_MS = 6000 /* more than the writer has with its reader */
    };
    struct pollfd fds[] = {
        { .fd = run->idle_fd, .events = POLLIN },
        { .fd = run->signal_fd, .events = POLLIN },
    };
    bool is_live = run->settings->sink.kind->is_live;
    while (pthread_mutex_trylock(&run->output_mutex)) {
        int n = poll(fds, FOVEA_ARRAY_LEN(fds), is_live ? PATIENCE_MS : -1);
        if (n == 0 || fds[1].revents) {
            if (is_live) {
                fovea_cli_report("standard output: its last line is not whole");
            }
            return false;
        }
        if (fds[0].revents) { /* it releases the lock, or has */
            (void)pthread_mutex_lock(&run->output_mutex);
            return true;
        }
    }
    return true;
}

/* A signal: the process ends here. The pump may be inside the library or wait
   for a list, so it is neither joined nor its memory freed. */
static void
interrupt(void *context, int signal_number)
{
    struct run *run = context;
    fovea_event_raise(run->end_fd);
    if (wait_for_writer(run)) {
        const struct fovea_error *error = &run->write_error;
        if (error->code && error->code != FOVEA_ERR_CANCELLED) {
            (void)fovea_cli_fail(error); /* the last line is not whole */
        }
        fovea_sink_finish(&run->settings->sink);
    }
    fovea_progress_clear(&run->progress);
    fovea_cli_quit(FOVEA_EXIT_SIGNAL + signal_number);
}

static void
draw(void *context)
{
    struct run *run = context;
    struct fovea_progress_state state;
    read_state(run, &state);
    fovea_progress_draw(&run->progress, &state);
}

static enum fovea_status
run_pump(struct run *run, struct fovea_error *err)
{
    const struct fovea_run_settings *settings = run->settings;
    run->pump = (struct fovea_pump_settings){
        .model = settings->model,
        .work = settings->work,
        .flags = settings->flags,
        .inputs = &settings->inputs,
        .sink = &settings->sink,
        .read_ahead = settings->read_ahead,
        .n_batch = settings->n_batch,
        .stop_fd = run->end_fd,
        .counters = &run->counters,
        .before_write = before_write,
        .after_write = after_write,
        .context = run,
    };
    const struct fovea_attendance attendance = {
        .work = pump,
        .done_fd = run->done_fd,
        .signal_fd = run->signal_fd,
        .timer_fd = -1,
        .progress = &run->progress,
        .draw = draw,
        .on_signal = interrupt,
        .context = run,
    };
    enum fovea_status status = fovea_attend(&attendance, err);
    if (status) {
        return status;
    }
    if (run->status && err) {
        *err = run->error;
    }
    return run->status;
}

static void
add_up(struct run *run, struct fovea_run_totals *totals_out)
{
    struct fovea_progress_state state;
    read_state(run, &state);
    *totals_out = (struct fovea_run_totals){
        .n_done = state.n_done,
        .counts = {
            .n_bad = state.n_bad,
            .n_skipped = state.n_skipped,
            .n_texts = run->counters.n_texts,
        },
        .seconds = (double)state.elapsed_ns / (double)FOVEA_NS_PER_S,
    };
    memcpy(totals_out->counts.n_noted, run->counters.n_noted,
            sizeof run->counters.n_noted);
    totals_out->rate = totals_out->seconds > 0
            ? (double)(state.n_done - state.n_skipped) / totals_out->seconds
            : 0;
}

enum fovea_status
fovea_run(const struct fovea_run_settings *settings,
        struct fovea_run_totals *totals_out, struct fovea_error *err)
{
    struct run run = {
        .settings = settings,
        .start_ns = fovea_clock_ns(),
        .complaints = settings->complaints,
        .clears = settings->sink.kind->is_live && isatty(STDOUT_FILENO),
        .progress = FOVEA_PROGRESS_INIT,
        .output_mutex = PTHREAD_MUTEX_INITIALIZER,
    };
    FOVEA_AUTO_FD int signal_fd = -1;
    FOVEA_AUTO_FD int done_fd = eventfd(0, EFD_CLOEXEC);
    FOVEA_AUTO_FD int end_fd = eventfd(0, EFD_CLOEXEC);
    FOVEA_AUTO_FD int idle_fd = eventfd(0, EFD_CLOEXEC);
    if (done_fd < 0 || end_fd < 0 || idle_fd < 0) {
        return fovea_fail_errno(err, FOVEA_ERR_IO, errno,
                "cannot make an event descriptor");
    }
    run.done_fd = done_fd;
    run.end_fd = end_fd;
    run.idle_fd = idle_fd;
    enum fovea_status status = fovea_signals_open(&signal_fd, err);
    if (status) {
        return status;
    }
    if (settings->show_progress) {
        fovea_progress_begin(&run.progress);
    }
    if (run.progress.fd >= 0) {
        run.count = fovea_count_start(&settings->inputs);
    }
    run.signal_fd = signal_fd;
    status = run_pump(&run, err);
    fovea_count_stop(run.count);
    run.count = NULL;
    add_up(&run, totals_out);
    return status;
}
