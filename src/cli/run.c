/*
 * The loop of embed and preprocess: see run.h.
 *
 * Chunks are numbered as they are taken (guarded by take_mutex, so that the
 * order of the numbers is the order of the inputs) and written when the number
 * is due (guarded by turn_mutex; waiting on turn_changed). Whoever writes holds
 * output_mutex, and so does the waiting thread when a signal makes it drop the
 * files. The first failure is kept, everything else stops.
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
#include "base/macros.h"
#include "bulk/count.h"
#include "bulk/sinks.h"
#include "cli/cli.h"
#include "cli/signals.h"

enum {
    REDRAW_MS = 100,
    MAX_FEEDERS = 2 * FOVEA_MAX_WORKERS + 1
};

struct run {
    const struct fovea_run_settings *settings;
    int64_t start_ns;
    int done_fd; /* eventfd: feeders that have ended */
    int stop_fd; /* eventfd: readable once the run is to stop */
    int end_fd;  /* eventfd: readable once a signal has come */
    int idle_fd; /* eventfd: whoever wrote then does not any more */
    bool clears; /* results go to the terminal of the progress line */
    struct fovea_progress progress;
    struct fovea_count *count; /* of all inputs, or NULL */

    pthread_mutex_t take_mutex;
    struct fovea_inputs *inputs;
    uint64_t n_taken;  /* chunks */
    uint64_t n_listed; /* inputs */
    bool is_at_end;

    pthread_mutex_t output_mutex;
    struct fovea_complaints complaints;

    pthread_mutex_t turn_mutex;
    pthread_cond_t turn_changed;
    uint64_t turn;
    enum fovea_status status; /* of the first failure */
    struct fovea_error error;
    uint64_t n_noted[FOVEA_N_NOTES];

    atomic_bool stop;
    atomic_uint_least64_t n_done;
    atomic_uint_least64_t n_bad;
    atomic_uint_least64_t n_skipped;
    atomic_int_least64_t first_ns; /* after the first chunk */
    atomic_uint_least64_t n_first;
    atomic_uint_least64_t n_all; /* inputs; 0 while more may come */
};

static void
raise_event(int fd)
{
    uint64_t one = 1;
    (void)!write(fd, &one, sizeof one);
}

static void
stop_run(struct run *run, enum fovea_status status,
        const struct fovea_error *error)
{
    (void)pthread_mutex_lock(&run->turn_mutex);
    if (!run->status) {
        run->status = status;
        run->error = *error;
    }
    atomic_store(&run->stop, true);
    raise_event(run->stop_fd);
    (void)pthread_cond_broadcast(&run->turn_changed);
    (void)pthread_mutex_unlock(&run->turn_mutex);
}

/* Until the list has more, or the run is to stop. */
static void
wait_for_list(const struct run *run)
{
    struct pollfd fds[] = {
        { .fd = fovea_inputs_wait_fd(run->inputs), .events = POLLIN },
        { .fd = run->stop_fd, .events = POLLIN },
    };
    (void)poll(fds, FOVEA_ARRAY_LEN(fds), -1);
}

/* Take the next inputs. A chunk may be short where a list is slow. */
static enum fovea_status
fill_chunk(struct run *run, struct fovea_chunk *chunk, struct fovea_error *err)
{
    while (chunk->n < chunk->capacity && !run->is_at_end &&
            !atomic_load(&run->stop)) {
        enum fovea_inputs_step step = FOVEA_INPUTS_END;
        enum fovea_status status = fovea_inputs_next(run->inputs, &step,
                &chunk->entries[chunk->n], err);
        if (status) {
            return status;
        }
        if (step == FOVEA_INPUTS_ENTRY) {
            chunk->n++;
            run->n_listed++;
        } else if (step == FOVEA_INPUTS_END) {
            run->is_at_end = true;
            atomic_store(&run->n_all, run->n_listed);
        } else if (chunk->n == 0) {
            wait_for_list(run);
        } else {
            break;
        }
    }
    return FOVEA_OK;
}

static bool
take_chunk(struct run *run, struct fovea_chunk *chunk)
{
    struct fovea_error error;
    enum fovea_status status = FOVEA_OK;
    fovea_chunk_clear(chunk);
    (void)pthread_mutex_lock(&run->take_mutex);
    if (!atomic_load(&run->stop)) {
        status = fill_chunk(run, chunk, &error);
        chunk->turn = run->n_taken;
        run->n_taken += chunk->n > 0;
    }
    if (status) {
        stop_run(run, status, &error); /* before another takes what follows */
    }
    (void)pthread_mutex_unlock(&run->take_mutex);
    return !status && chunk->n > 0;
}

static bool
work_on_chunk(struct run *run, struct fovea_chunk *chunk)
{
    size_t n_images = fovea_chunk_collect(chunk);
    if (n_images == 0) {
        return true;
    }
    struct fovea_error error;
    enum fovea_status status = run->settings->work(run->settings->context,
            chunk->images, n_images, chunk->rows, chunk->results, &error);
    if (status) {
        stop_run(run, status, &error);
    }
    return !status;
}

static bool
wait_for_turn(struct run *run, uint64_t turn)
{
    (void)pthread_mutex_lock(&run->turn_mutex);
    while (run->turn != turn && !atomic_load(&run->stop)) {
        (void)pthread_cond_wait(&run->turn_changed, &run->turn_mutex);
    }
    bool is_due = !atomic_load(&run->stop);
    (void)pthread_mutex_unlock(&run->turn_mutex);
    return is_due;
}

static void
count_chunk(struct run *run, size_t n, const struct fovea_row_counts *counts)
{
    (void)atomic_fetch_add(&run->n_bad, counts->n_bad);
    (void)atomic_fetch_add(&run->n_skipped, counts->n_skipped);
    (void)atomic_fetch_add(&run->n_done, n);
    if (!atomic_load(&run->n_first)) {
        atomic_store(&run->first_ns, fovea_clock_ns() - run->start_ns);
        atomic_store(&run->n_first, n);
    }
    (void)pthread_mutex_lock(&run->turn_mutex);
    for (size_t i = 0; i < FOVEA_N_NOTES; i++) {
        run->n_noted[i] += counts->n_noted[i];
    }
    run->turn++;
    (void)pthread_cond_broadcast(&run->turn_changed);
    (void)pthread_mutex_unlock(&run->turn_mutex);
}

static enum fovea_status
write_results(struct run *run, const struct fovea_chunk *chunk,
        struct fovea_error *err)
{
    const struct fovea_sink *sink = &run->settings->sink;
    enum fovea_status status =
            sink->kind->write(sink->state, chunk->told, chunk->n_told, err);
    return status || !sink->kind->checkpoint
            ? status
            : sink->kind->checkpoint(sink->state, run->end_fd, err);
}

static bool
deliver_chunk(struct run *run, struct fovea_chunk *chunk)
{
    if (!wait_for_turn(run, chunk->turn)) {
        return false;
    }
    struct fovea_row_counts counts = fovea_chunk_settle(chunk);
    struct fovea_error error;
    (void)pthread_mutex_lock(&run->output_mutex);
    if (run->clears) {
        fovea_progress_clear(&run->progress);
    }
    enum fovea_status status = write_results(run, chunk, &error);
    if (!status) {
        fovea_complaints_tell(&run->complaints, chunk, &run->progress);
    }
    if (status) {
        stop_run(run, status, &error);
    }
    (void)pthread_mutex_unlock(&run->output_mutex);
    if (atomic_load(&run->stop)) {
        raise_event(run->idle_fd);
    }
    if (status) {
        return false;
    }
    count_chunk(run, chunk->n, &counts);
    return true;
}

static void *
feed(void *argument)
{
    struct run *run = argument;
    struct fovea_chunk chunk;
    struct fovea_error error;
    enum fovea_status status = fovea_chunk_init(&chunk, run->settings->n_batch,
            run->settings->sink.row_size, &error);
    if (status) {
        stop_run(run, status, &error);
    } else {
        while (take_chunk(run, &chunk) && work_on_chunk(run, &chunk) &&
                deliver_chunk(run, &chunk)) {
        }
    }
    fovea_chunk_finish(&chunk);
    raise_event(run->done_fd);
    return NULL;
}

static void
read_state(const struct run *run, struct fovea_progress_state *state_out)
{
    uint64_t n_all = atomic_load(&run->n_all);
    if (!n_all && run->count) {
        n_all = fovea_count_total(run->count);
    }
    *state_out = (struct fovea_progress_state){
        .verb = run->settings->verb,
        .n_done = atomic_load(&run->n_done),
        .n_bad = atomic_load(&run->n_bad),
        .n_skipped = atomic_load(&run->n_skipped),
        .n_total = n_all,
        .elapsed_ns = fovea_clock_ns() - run->start_ns,
        .first_ns = atomic_load(&run->first_ns),
        .n_first = atomic_load(&run->n_first),
    };
}

/* Until whoever writes has finished its line. False if it will not within its
   patience, or another signal came first. */
static bool
wait_for_writer(struct run *run, int signal_fd)
{
    enum {
        PATIENCE_MS = 6000 /* more than the writer has with its reader */
    };
    struct pollfd fds[] = {
        { .fd = run->idle_fd, .events = POLLIN },
        { .fd = signal_fd, .events = POLLIN },
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
        if (fds[0].revents) { /* it gives the lock back, or has */
            (void)pthread_mutex_lock(&run->output_mutex);
            return true;
        }
    }
    return true;
}

/* Whoever wrote has ended: whether its line is whole. */
static void
tell_of_line(struct run *run)
{
    (void)pthread_mutex_lock(&run->turn_mutex);
    if (run->status && run->status != FOVEA_ERR_CANCELLED) {
        (void)fovea_cli_fail(&run->error);
    }
    (void)pthread_mutex_unlock(&run->turn_mutex);
}

/* A signal: the process ends here. Feeders may be inside the library or wait
   for a list, so they are neither joined nor their memory freed. */
static _Noreturn void
interrupt(struct run *run, int signal_fd, int signal_number)
{
    atomic_store(&run->stop, true);
    raise_event(run->end_fd);
    if (wait_for_writer(run, signal_fd)) {
        tell_of_line(run);
        fovea_sink_finish(&run->settings->sink);
    }
    fovea_progress_clear(&run->progress);
    fovea_cli_quit(FOVEA_EXIT_SIGNAL + signal_number);
}

/* Until n feeders have ended: progress and signals. */
static void
attend(struct run *run, int signal_fd, uint64_t n)
{
    struct pollfd fds[] = {
        { .fd = run->done_fd, .events = POLLIN },
        { .fd = signal_fd, .events = POLLIN },
    };
    uint64_t n_ended = 0;
    while (n_ended < n) {
        (void)poll(fds, FOVEA_ARRAY_LEN(fds),
                run->progress.fd >= 0 ? REDRAW_MS : -1);
        int signal_number = fovea_signals_take(signal_fd);
        if (signal_number) {
            interrupt(run, signal_fd, signal_number);
        }
        uint64_t count = 0;
        if (fds[0].revents &&
                read(run->done_fd, &count, sizeof count) ==
                        (ssize_t)sizeof count) {
            n_ended += count;
        }
        if (run->progress.fd >= 0) {
            struct fovea_progress_state state;
            read_state(run, &state);
            fovea_progress_draw(&run->progress, &state);
        }
    }
    fovea_progress_clear(&run->progress);
}

static enum fovea_status
start_feeders(struct run *run, pthread_t *threads, size_t *n_out,
        struct fovea_error *err)
{
    size_t n = 0;
    size_t n_wanted = run->settings->n_feeders < MAX_FEEDERS
            ? run->settings->n_feeders
            : MAX_FEEDERS;
    int error = 0;
    while (n < n_wanted && !error) {
        error = pthread_create(&threads[n], NULL, feed, run);
        n += !error;
    }
    *n_out = n;
    return n > 0 ? FOVEA_OK /* fewer than wanted do as well */
                 : fovea_fail_errno(err, FOVEA_ERR_NO_MEMORY, error,
                           "cannot start a thread");
}

static enum fovea_status
run_threads(struct run *run, int signal_fd, struct fovea_error *err)
{
    pthread_t threads[MAX_FEEDERS];
    size_t n = 0;
    enum fovea_status status = start_feeders(run, threads, &n, err);
    if (status) {
        return status;
    }
    attend(run, signal_fd, n);
    for (size_t i = 0; i < n; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    if (run->status && err) {
        *err = run->error;
    }
    return run->status;
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
        .take_mutex = PTHREAD_MUTEX_INITIALIZER,
        .output_mutex = PTHREAD_MUTEX_INITIALIZER,
        .turn_mutex = PTHREAD_MUTEX_INITIALIZER,
        .turn_changed = PTHREAD_COND_INITIALIZER,
    };
    FOVEA_AUTO_FD int signal_fd = -1;
    FOVEA_AUTO_FD int done_fd = eventfd(0, EFD_CLOEXEC);
    FOVEA_AUTO_FD int stop_fd = eventfd(0, EFD_CLOEXEC);
    FOVEA_AUTO_FD int end_fd = eventfd(0, EFD_CLOEXEC);
    FOVEA_AUTO_FD int idle_fd = eventfd(0, EFD_CLOEXEC);
    if (done_fd < 0 || stop_fd < 0 || end_fd < 0 || idle_fd < 0) {
        return fovea_fail_errno(err, FOVEA_ERR_IO, errno,
                "cannot make an event descriptor");
    }
    run.done_fd = done_fd;
    run.stop_fd = stop_fd;
    run.end_fd = end_fd;
    run.idle_fd = idle_fd;
    enum fovea_status status = fovea_signals_open(&signal_fd, err);
    if (!status) {
        status = fovea_inputs_create(&settings->inputs, &run.inputs, err);
    }
    if (!status) {
        if (settings->show_progress) {
            fovea_progress_begin(&run.progress);
        }
        if (run.progress.fd >= 0) {
            run.count = fovea_count_start(&settings->inputs);
        }
        status = run_threads(&run, signal_fd, err);
    }
    fovea_count_stop(run.count);
    run.count = NULL;
    fovea_inputs_destroy(run.inputs);
    struct fovea_progress_state state;
    read_state(&run, &state);
    *totals_out = (struct fovea_run_totals){
        .n_done = state.n_done,
        .counts = { .n_bad = state.n_bad, .n_skipped = state.n_skipped },
        .seconds = (double)state.elapsed_ns / (double)FOVEA_NS_PER_S,
    };
    memcpy(totals_out->counts.n_noted, run.n_noted, sizeof run.n_noted);
    totals_out->rate = totals_out->seconds > 0
            ? (double)(state.n_done - state.n_skipped) / totals_out->seconds
            : 0;
    return status;
}
