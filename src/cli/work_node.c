/* The node of `fovea work`: see work_node.h. */
#include "cli/work_node.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/error.h"
#include "cli/cli.h"
#include "cli/signals.h"
#include "jobs/job_markers.h"
#include "jobs/node.h"
#include "jobs/node_http.h"
#include "jobs/node_shards.h"

struct run {
    bool is_quiet;
    int signal_fd;
    int n_signals;
    int last_signal;
};

void
fovea_work_event(void *context, const struct fovea_event *event)
{
    struct fovea_work_events *events = context;
    if (event->kind == FOVEA_EVENT_WORKER_STARTED ||
            event->kind == FOVEA_EVENT_WORKER_READY ||
            event->kind == FOVEA_EVENT_WORKER_STOPPED) {
        (void)atomic_fetch_add(&events->n_lives, 1);
    }
    fovea_watch_event(&events->watch, event);
}

static enum fovea_node_wish
wish(void *context)
{
    struct run *run = context;
    int number;
    while ((number = fovea_signals_take(run->signal_fd))) {
        run->n_signals++;
        run->last_signal = number;
    }
    return run->n_signals > 1 ? FOVEA_NODE_STOP_NOW
            : run->n_signals  ? FOVEA_NODE_STOP
                              : FOVEA_NODE_GO_ON;
}

static void
say(void *context, const char *line)
{
    const struct run *run = context;
    if (!run->is_quiet) {
        fovea_cli_report("%s", line);
    }
}

/* With everything open but the node; the exit code. */
static int
run_node(const struct run *run, const struct fovea_node_settings *settings)
{
    struct fovea_error error;
    bool is_left = false;
    enum fovea_status status = fovea_node_run(settings, &is_left, &error);
    int code = status == FOVEA_ERR_CANCELLED
            ? FOVEA_EXIT_SIGNAL + run->last_signal
            : status ? fovea_cli_fail(&error)
                     : FOVEA_EXIT_OK;
    if (is_left) {
        fovea_cli_quit(code);
    }
    return code;
}

static int
run_with_shards(const struct fovea_work_request *request, struct run *run,
        const struct fovea_manifest *manifest, struct fovea_model *model,
        struct fovea_node_shards *shards)
{
    struct fovea_error error;
    struct fovea_node_board board;
    struct fovea_node_http *http = NULL;
    const struct fovea_node_settings settings = {
        .job = request->job,
        .name = request->name,
        .version = fovea_version(),
        .tag = manifest->sha256,
        .queue = request->queue,
        .patience_ns = request->patience_ns,
        .work = fovea_node_shards_work(shards),
        .width = fovea_model_window(model),
        .stall_ns = request->stall_ns,
        .pause_ns = request->pause_ns,
        .grace_ns = request->grace_ns,
        .until_done = request->until_done,
        .board = &board,
        .stop_fd = run->signal_fd,
        .wish = wish,
        .say = say,
        .context = run,
    };
    fovea_node_board_init(&board, fovea_clock_ns());
    if (request->metrics) {
        if (fovea_node_http_open(request->metrics, request->job, &board, &http,
                    &error)) {
            fovea_node_board_finish(&board);
            return fovea_cli_fail(&error);
        }
        fovea_cli_report("metrics at %s/metrics", fovea_node_http_name(http));
    }
    int code = run_node(run, &settings);
    fovea_node_http_close(http);
    fovea_node_board_finish(&board);
    return code;
}

/* Nothing is left at the broker: whether all of it is done, as fovea job finish has
   it. */
static int
conclude(const struct fovea_work_request *request,
        const struct fovea_manifest *manifest)
{
    struct fovea_job_markers markers = { .states = NULL };
    struct fovea_objects *objects = NULL;
    struct fovea_error error;
    int code = FOVEA_EXIT_OK;
    const struct fovea_objects_settings settings = {
        .s3 = &request->options.s3,
        .url = &request->options.url,
    };
    enum fovea_status status =
            fovea_objects_open(request->output, &settings, &objects, &error);
    if (!status) {
        status = fovea_job_markers_read(&markers, objects, manifest, &error);
    }
    if (status) {
        code = fovea_cli_fail(&error);
    } else if (markers.n_failed > 0) {
        fovea_cli_report("%" PRIu64 " of %" PRIu64 " shards have failed; fovea "
                         "job finish says why",
                markers.n_failed, markers.n_shards);
        code = FOVEA_EXIT_SOME_BAD;
    }
    fovea_job_markers_finish(&markers);
    fovea_objects_close(objects);
    return code;
}

int
fovea_work_node(const struct fovea_work_request *request,
        const struct fovea_manifest *manifest, struct fovea_model *model,
        const struct fovea_work_events *events)
{
    struct fovea_error error;
    struct fovea_node_shards *shards = NULL;
    struct run run = { .is_quiet = request->quiet };
    FOVEA_AUTO_FD int signal_fd = -1;
    const struct fovea_source_settings source = {
        .archive = request->archive,
        .options = &request->options,
    };
    const struct fovea_node_shards_settings settings = {
        .source = &source,
        .model = model,
        .manifest = manifest,
        .job = request->job,
        .output = request->output,
        .options = &request->options,
        .n_batch = request->options.max_batch,
        .read_ahead = request->read_ahead,
        .n_tries = (unsigned)request->n_tries,
        .pool_events = &events->n_lives,
    };
    /* From here on they are a wish; the client library's threads are to have them
       blocked, too. */
    if (fovea_signals_open(&signal_fd, &error) ||
            fovea_node_shards_open(&settings, &shards, &error)) {
        return fovea_cli_fail(&error);
    }
    run.signal_fd = signal_fd;
    int code = run_with_shards(request, &run, manifest, model, shards);
    fovea_node_shards_close(shards);
    bool is_through = code == FOVEA_EXIT_OK && run.n_signals == 0;
    return is_through ? conclude(request, manifest) : code;
}
