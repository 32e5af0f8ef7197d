/* An update and its company: see index_run.h. */
#include "cli/index_run.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/event_fd.h"
#include "base/macros.h"
#include "cli/attend.h"
#include "cli/complaints.h"
#include "cli/index_report.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "index/folder.h"
#include "indexing/watch.h"

enum {
    N_COMPLAINTS = 10
};

struct run {
    const struct fovea_index_request *request;
    struct fovea_update_settings *update;
    struct fovea_counts counts;
    int64_t start_ns;
    int done_fd; /* eventfd: the update has ended */
    int stop_fd; /* eventfd: it is to end */
    struct fovea_progress progress;
    int signal_number;     /* that came; 0: none */
    atomic_int print_code; /* of what could not be printed */
    /* The update's, until it has ended. */
    bool told_root; /* what a root is wrong with */
    bool has_bad;   /* files that are bad, folders that cannot be read */
    struct fovea_complaints complaints;
    enum fovea_status status;
    struct fovea_error error;
};

/* A line for programs. Where it cannot be written there is nobody to go on for. */
static void
print(struct run *run, const struct fovea_text *line)
{
    int code = fovea_cli_print_text(line);
    if (code) {
        atomic_store(&run->print_code, code);
        fovea_event_raise(run->stop_fd);
    }
}

/* Whole name of a file or a folder of a root, without a slash at its end. */
static void
add_name(struct fovea_text *name, const char *root, const char *path)
{
    size_t size = strlen(path);
    size -= size > 0 && path[size - 1] == '/';
    const char *slash = *path && strcmp(root, "/") != 0 ? "/" : "";
    fovea_text_format(name, "%s%s", root, slash);
    fovea_text_add(name, path, size);
}

/* Called in the update's thread. */
static void
tell(void *context, const char *root, const char *path,
        const struct fovea_error *error)
{
    struct run *run = context;
    FOVEA_AUTO(fovea_text_finish) struct fovea_text name = { 0 };
    FOVEA_AUTO(fovea_text_finish) struct fovea_text line = { 0 };
    add_name(&name, root, path);
    if (fovea_text_failed(&name)) {
        return;
    }
    bool is_skipped = error->code == FOVEA_ERR_NOT_AN_IMAGE;
    if (run->request->json && !is_skipped) {
        fovea_index_problem_json(&line, name.data, error);
        print(run, &line);
    }
    if (!*path) {
        struct fovea_complaints all = { .limit = 1 };
        fovea_complaints_bad(&all, name.data, error, &run->progress);
        run->told_root = true;
    } else if (is_skipped) {
        fovea_complaints_skipped(&run->complaints, name.data, error,
                &run->progress);
    } else {
        fovea_complaints_bad(&run->complaints, name.data, error,
                &run->progress);
    }
}

/* What an update came to; where it cannot be printed it is as of print(). */
static void
report(struct run *run)
{
    const struct fovea_counts *counts = &run->counts;
    FOVEA_AUTO(fovea_text_finish) struct fovea_text text = { 0 };
    double seconds =
            (double)(fovea_clock_ns() - run->start_ns) / (double)FOVEA_NS_PER_S;
    const struct fovea_index_report report = {
        .index = fovea_index_folder_path(run->update->folder),
        .counts = counts,
        .seconds = seconds,
        .rate = (double)atomic_load(&counts->n_embedded) / seconds,
    };
    if (!run->request->quiet) {
        fovea_index_report_words(&report, &text);
        if (!fovea_text_failed(&text)) {
            fovea_cli_report("%s", text.data);
        }
        fovea_text_clear(&text);
    }
    if (run->request->json) {
        fovea_index_report_json(&report, &text);
        print(run, &text);
    }
    run->has_bad = run->has_bad || atomic_load(&counts->n_bad) ||
            atomic_load(&counts->n_unsettled) || atomic_load(&counts->n_unread);
}

/* After an update of many: the next one counts from 0. */
static void
start_anew(void *context)
{
    struct run *run = context;
    report(run);
    run->start_ns = fovea_clock_ns();
    fovea_counts_clear(&run->counts);
}

static enum fovea_status
update_once(struct run *run)
{
    struct fovea_updater *updater = NULL;
    enum fovea_status status =
            fovea_updater_create(run->update, &updater, &run->error);
    if (!status) {
        status = fovea_updater_run(updater, NULL, 0, &run->error);
    }
    fovea_updater_destroy(updater);
    return status;
}

static void *
update(void *context)
{
    struct run *run = context;
    run->status = run->request->watch ? fovea_watch(run->update, &run->error)
                                      : update_once(run);
    fovea_event_raise(run->done_fd);
    return NULL;
}

static void
draw(void *context)
{
    struct run *run = context;
    const struct fovea_counts *counts = &run->counts;
    uint64_t n_total = atomic_load(&counts->n_to_read);
    const struct fovea_progress_state state = {
        .verb = n_total ? "indexing" : "looking",
        .n_done = atomic_load(&counts->n_done),
        .n_bad = atomic_load(&counts->n_bad),
        .n_skipped = atomic_load(&counts->n_skipped),
        .n_total = n_total,
        .elapsed_ns = fovea_clock_ns() - run->start_ns,
        .first_ns = atomic_load(&counts->first_ns),
        .n_first = atomic_load(&counts->n_first),
    };
    fovea_progress_draw(&run->progress, &state);
}

/* The first one ends the update; another one, the process. */
static void
take_signal(void *context, int signal_number)
{
    struct run *run = context;
    if (run->signal_number) {
        fovea_progress_clear(&run->progress);
        fovea_cli_quit(FOVEA_EXIT_SIGNAL + signal_number);
    }
    run->signal_number = signal_number;
    fovea_event_raise(run->stop_fd);
}

/* The exit code. */
static int
conclude(struct run *run)
{
    enum fovea_status status = run->status;
    if (atomic_load(&run->print_code)) {
        return atomic_load(&run->print_code);
    }
    bool was_told = run->told_root && fovea_update_is_of_root(status);
    if (status && status != FOVEA_ERR_CANCELLED && !was_told) {
        return fovea_cli_fail(&run->error);
    }
    if (!run->request->watch) {
        report(run);
    }
    if (atomic_load(&run->print_code)) {
        return atomic_load(&run->print_code);
    }
    return run->signal_number ? FOVEA_EXIT_SIGNAL + run->signal_number
            : status          ? fovea_status_exit_code(status)
            : run->has_bad    ? FOVEA_EXIT_SOME_BAD
                              : FOVEA_EXIT_OK;
}

int
fovea_index_run(const struct fovea_index_request *request,
        struct fovea_update_settings *settings)
{
    struct fovea_error error;
    FOVEA_AUTO_FD int signal_fd = -1;
    FOVEA_AUTO_FD int done_fd = eventfd(0, EFD_CLOEXEC);
    FOVEA_AUTO_FD int stop_fd = eventfd(0, EFD_CLOEXEC);
    struct run run = {
        .request = request,
        .update = settings,
        .start_ns = fovea_clock_ns(),
        .done_fd = done_fd,
        .stop_fd = stop_fd,
        .progress = FOVEA_PROGRESS_INIT,
        .complaints = {
            .limit = request->quiet ? 0 : N_COMPLAINTS,
            .list_skipped = request->verbose,
        },
    };
    const struct fovea_hooks hooks = {
        .on_problem = tell,
        .on_update = start_anew,
        .context = &run,
    };
    settings->counts = &run.counts;
    settings->hooks = &hooks;
    settings->stop_fd = stop_fd;
    if (done_fd < 0 || stop_fd < 0) {
        (void)fovea_fail_errno(&error, FOVEA_ERR_IO, errno,
                "cannot make an event descriptor");
        return fovea_cli_fail(&error);
    }
    if (fovea_signals_open(&signal_fd, &error)) {
        return fovea_cli_fail(&error);
    }
    if (!request->quiet && !request->no_progress) {
        fovea_progress_begin(&run.progress);
    }
    const struct fovea_attendance attendance = {
        .work = update,
        .done_fd = done_fd,
        .signal_fd = signal_fd,
        .timer_fd = -1,
        .progress = &run.progress,
        .draw = draw,
        .on_signal = take_signal,
        .context = &run,
    };
    return fovea_attend(&attendance, &error) ? fovea_cli_fail(&error)
                                             : conclude(&run);
}
