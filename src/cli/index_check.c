/* See index_check.h. */
#include "cli/index_check.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/error.h"
#include "base/macros.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "index/check.h"
#include "index/compact.h"
#include "index/folder.h"

/* A walk through all rows, as it is shown. */
struct walk {
    const char *verb;
    struct fovea_progress progress;
    struct fovea_text faults; /* JSON */
    int signal_fd;
    int signal_number;
};

static bool
show(void *context, uint64_t n_done, uint64_t n_total)
{
    struct walk *walk = context;
    if (!walk->signal_number) {
        walk->signal_number = fovea_signals_take(walk->signal_fd);
    }
    char line[FOVEA_PROGRESS_SIZE];
    (void)snprintf(line, sizeof line, "%s  %" PRIu64 "/%" PRIu64 " vectors",
            walk->verb, n_done, n_total);
    fovea_progress_draw_line(&walk->progress, line);
    return !walk->signal_number;
}

static bool
tell_fault(void *context, const char *fault, const char *remedy)
{
    struct walk *walk = context;
    fovea_progress_clear(&walk->progress);
    fovea_cli_report("%s; %s", fault, remedy);
    fovea_text_format(&walk->faults,
            "%s{\"fault\":", walk->faults.size > 0 ? "," : "");
    fovea_text_json_string(&walk->faults, fault);
    fovea_text_format(&walk->faults, ",\"remedy\":");
    fovea_text_json_string(&walk->faults, remedy);
    fovea_text_format(&walk->faults, "}");
    return !walk->signal_number;
}

static enum fovea_status
begin(struct walk *walk, const struct fovea_index_request *request,
        const char *verb, struct fovea_error *err)
{
    *walk = (struct walk){
        .verb = verb,
        .progress = FOVEA_PROGRESS_INIT,
        .signal_fd = -1,
    };
    enum fovea_status status = fovea_signals_open(&walk->signal_fd, err);
    if (!status && !request->quiet && !request->no_progress) {
        fovea_progress_begin(&walk->progress);
    }
    return status;
}

static void
finish(struct walk *walk)
{
    fovea_progress_clear(&walk->progress);
    fovea_text_finish(&walk->faults);
    if (walk->signal_fd >= 0) {
        (void)close(walk->signal_fd);
    }
}

/* After a signal nothing more is said. */
static int
fail(const struct walk *walk, const struct fovea_error *error)
{
    return walk->signal_number ? FOVEA_EXIT_SIGNAL + walk->signal_number
                               : fovea_cli_fail(error);
}

int
fovea_index_check_alone(const struct fovea_index_request *request,
        const char *path)
{
    struct fovea_error error;
    uint64_t n_faults = 0;
    FOVEA_AUTO(finish) struct walk walk;
    enum fovea_status status = begin(&walk, request, "checking", &error);
    const struct fovea_index_check_calls calls = {
        .on_fault = tell_fault,
        .on_progress = show,
        .context = &walk,
    };
    if (!status) {
        status = fovea_index_check(path, &calls, &n_faults, &error);
    }
    if (status) {
        return fail(&walk, &error);
    }
    fovea_progress_clear(&walk.progress);
    if (request->json) {
        FOVEA_AUTO(fovea_text_finish) struct fovea_text line = { 0 };
        fovea_text_format(&line, "{\"index\":");
        fovea_text_json_string(&line, path);
        fovea_text_format(&line, ",\"faults\":[%s]}\n",
                walk.faults.size > 0 ? walk.faults.data : "");
        int code = fovea_cli_print_text(&line);
        if (code) {
            return code;
        }
    }
    if (n_faults == 0 && !request->quiet) {
        fovea_cli_report("%s: whole", path);
    }
    return n_faults == 0 ? FOVEA_EXIT_OK
                         : fovea_status_exit_code(FOVEA_ERR_INDEX_DAMAGED);
}

int
fovea_index_compact_alone(const struct fovea_index_request *request,
        struct fovea_index_folder *folder)
{
    struct fovea_error error;
    struct fovea_index_compacted done = { 0 };
    FOVEA_AUTO(finish) struct walk walk;
    enum fovea_status status = begin(&walk, request, "compacting", &error);
    const struct fovea_index_check_calls calls = {
        .on_progress = show,
        .context = &walk,
    };
    if (!status) {
        status = fovea_index_compact(folder, &calls, &done, &error);
    }
    if (status) {
        return fail(&walk, &error);
    }
    fovea_progress_clear(&walk.progress);
    const char *path = fovea_index_folder_path(folder);
    if (!request->quiet) {
        fovea_cli_report("%s: %" PRIu64 " removed vectors are gone, %" PRIu64
                         " of %" PRIu64 " bytes left",
                path, done.n_tombstones, done.after_bytes, done.before_bytes);
    }
    FOVEA_AUTO(fovea_text_finish) struct fovea_text line = { 0 };
    fovea_text_format(&line, "{\"index\":");
    fovea_text_json_string(&line, path);
    fovea_text_format(&line,
            ",\"removed_vectors\":%" PRIu64 ",\"bytes_before\":%" PRIu64
            ",\"bytes\":%" PRIu64 "}\n",
            done.n_tombstones, done.before_bytes, done.after_bytes);
    return request->json ? fovea_cli_print_text(&line) : FOVEA_EXIT_OK;
}
