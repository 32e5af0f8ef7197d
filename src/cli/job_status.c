/* `fovea job status`: how far a job is, once, or as long as it goes on. */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/macros.h"
#include "cli/columns.h"
#include "cli/job_command.h"
#include "cli/signals.h"
#include "jobs/job_json.h"
#include "shards/markers.h"

#define EVERY_NS (2 * FOVEA_NS_PER_S)

enum {
    N_FAILED = 100,     /* shards that have failed, told one by one in JSON */
    N_FAILED_SHOWN = 5, /* and to people */
    ROWS = 24,          /* of a terminal that does not say */
    PERCENT = 100
};

struct status {
    const struct fovea_job_request *request;
    struct fovea_job_progress progress;
    struct fovea_objects *objects; /* owned; NULL without an output */
    struct fovea_manifest manifest;
    bool has_manifest;
    int signal_fd;
    int signal_number;
    size_t n_lines; /* that are drawn on the terminal */
};

static bool
is_signalled(void *context)
{
    struct status *status = context;
    if (!status->signal_number) {
        status->signal_number = fovea_signals_take(status->signal_fd);
    }
    return status->signal_number != 0;
}

/* The next shard from *number on that has failed, and why. */
static bool
next_failure(struct status *status, uint64_t *number,
        struct fovea_shard_failure *failure)
{
    const struct fovea_job_markers *markers = &status->progress.markers;
    struct fovea_error ignored;
    for (; markers->states && *number < markers->n_shards; ++*number) {
        bool is_failed = false;
        if (markers->states[*number] == FOVEA_JOB_SHARD_FAILED &&
                !fovea_shard_failed(status->objects, *number, &is_failed,
                        failure, &ignored) &&
                is_failed) {
            ++*number;
            return true;
        }
    }
    return false;
}

static void
add_json(struct status *status, struct fovea_text *text)
{
    struct fovea_shard_failure failure;
    uint64_t number = 0;
    fovea_text_format(text, "{\"object\":\"job\",\"name\":\"%s\"",
            status->request->job);
    fovea_job_json_numbers(&status->progress, text);
    fovea_job_json_nodes(&status->progress, text);
    fovea_text_format(text, ",\"failed_shards\":[");
    for (size_t i = 0; i < N_FAILED && next_failure(status, &number, &failure);
            i++) {
        fovea_text_format(text,
                "%s{\"shard\":%" PRIu64 ",\"attempts\":%" PRIu64
                ",\"error\":{\"code\":\"%s\",\"message\":",
                i > 0 ? "," : "", number - 1, failure.n_attempts,
                fovea_status_name(failure.code));
        fovea_text_json_string(text, failure.message);
        fovea_text_add(text, "}}", 2);
    }
    fovea_text_add(text, "]}\n", 3);
}

/* "3m", "2h 5m", "4d 3h". */
static void
add_time(struct fovea_text *text, double seconds)
{
    enum {
        MINUTE = 60,
        HOUR = 60 * MINUTE,
        DAY = 24 * HOUR
    };
    uint64_t s = seconds < 1e12 ? (uint64_t)seconds : (uint64_t)1e12;
    if (s < MINUTE) {
        fovea_text_format(text, "%" PRIu64 "s", s);
    } else if (s < HOUR) {
        fovea_text_format(text, "%" PRIu64 "m", s / MINUTE);
    } else if (s < DAY) {
        fovea_text_format(text, "%" PRIu64 "h %" PRIu64 "m", s / HOUR,
                s % HOUR / MINUTE);
    } else {
        fovea_text_format(text, "%" PRIu64 "d %" PRIu64 "h", s / DAY,
                s % DAY / HOUR);
    }
}

/* Two lines: what markers say, what the broker and the nodes do. */
static void
add_summary(const struct status *status, struct fovea_text *text)
{
    const struct fovea_job_progress *progress = &status->progress;
    const struct fovea_job_markers *markers = &progress->markers;
    const struct fovea_queue_counts *counts = &progress->counts;
    double rate = fovea_job_nodes_rate(&progress->nodes);
    fovea_text_format(text, "%s: %s", status->request->job,
            fovea_job_state_name(fovea_job_progress_state(progress)));
    if (markers->states) {
        fovea_text_format(text,
                ", %" PRIu64 " of %" PRIu64 " shards done (%.1f %%), %" PRIu64
                " failed\n",
                markers->n_done, markers->n_shards,
                markers->n_shards ? PERCENT * (double)markers->n_done /
                                (double)markers->n_shards
                                  : 0.0,
                markers->n_failed);
    } else {
        fovea_text_format(text, "; -o tells of how many shards\n");
    }
    fovea_text_format(text,
            "%" PRIu64 " wait, %" PRIu64 " handed out, %zu %s, %.1f images/s",
            counts->n_waiting, counts->n_handed_out, progress->nodes.n,
            progress->nodes.n == 1 ? "node" : "nodes", rate);
    if (markers->states && rate > 0 && progress->manifest->n_uncounted == 0 &&
            markers->n_items_done < progress->manifest->n_items) {
        fovea_text_format(text, ", ");
        add_time(text,
                (double)(progress->manifest->n_items - markers->n_items_done) /
                        rate);
        fovea_text_format(text, " left");
    }
    fovea_text_add(text, "\n", 1);
}

enum column {
    COLUMN_NODE,
    COLUMN_STATE,
    COLUMN_DONE,
    COLUMN_FAILED,
    COLUMN_ITEMS,
    COLUMN_BAD,
    COLUMN_RATE,
    COLUMN_AGAIN,
    COLUMN_WORK,
    N_COLUMNS
};

static const struct fovea_column columns[N_COLUMNS] = {
    [COLUMN_NODE] = { .header = "NODE", .can_be_cut = true },
    [COLUMN_STATE] = { .header = "STATE", .can_be_cut = true },
    [COLUMN_DONE] = { .header = "DONE", .is_right = true },
    [COLUMN_FAILED] = { .header = "FAILED", .is_right = true, .left_out = 2 },
    [COLUMN_ITEMS] = { .header = "IMAGES", .is_right = true },
    [COLUMN_BAD] = { .header = "BAD", .is_right = true, .left_out = 3 },
    [COLUMN_RATE] = { .header = "PER S", .is_right = true },
    [COLUMN_AGAIN] = { .header = "AGAIN", .is_right = true, .left_out = 1 },
    [COLUMN_WORK] = { .header = "WORKS ON", .can_be_cut = true },
};

static void
add_work(const struct fovea_node_report *report, struct fovea_text *text)
{
    for (size_t i = 0; i < report->n_shards; i++) {
        const struct fovea_node_shard *shard = &report->shards[i];
        fovea_text_format(text, "%s%" PRIu64, i > 0 ? ", " : "shard ",
                shard->number);
        if (shard->n_items > 0) {
            fovea_text_format(text, " (%.0f %%)",
                    PERCENT * (double)shard->n_done / (double)shard->n_items);
        }
    }
}

/* False without memory. */
static bool
add_node(const struct fovea_job_node *node, struct fovea_table *table)
{
    const struct fovea_node_report *report = &node->report;
    struct fovea_table_row *row = fovea_table_add(table);
    struct fovea_text texts[N_COLUMNS] = { { 0 } };
    if (!row) {
        return false;
    }
    fovea_text_printable(&texts[COLUMN_NODE], node->name);
    fovea_text_printable(&texts[COLUMN_STATE],
            fovea_node_state_name(report->state));
    fovea_text_format(&texts[COLUMN_DONE], "%" PRIu64, report->n_done);
    fovea_text_format(&texts[COLUMN_FAILED], "%" PRIu64, report->n_failed);
    fovea_text_format(&texts[COLUMN_ITEMS], "%" PRIu64, report->n_items);
    fovea_text_format(&texts[COLUMN_BAD], "%" PRIu64, report->n_errors);
    fovea_text_format(&texts[COLUMN_RATE], "%.1f", report->rate);
    fovea_text_format(&texts[COLUMN_AGAIN], "%" PRIu64, report->n_redeliveries);
    if (report->reason[0]) {
        fovea_text_printable(&texts[COLUMN_WORK], report->reason);
    } else {
        add_work(report, &texts[COLUMN_WORK]);
        fovea_text_add(&texts[COLUMN_WORK], "", 0);
    }
    bool is_whole = true;
    for (size_t i = 0; i < N_COLUMNS; i++) {
        if (!texts[i].data && !texts[i].failed) {
            fovea_text_format(&texts[i], "-");
        }
        is_whole = is_whole && !fovea_text_failed(&texts[i]);
        row->cells[i] = texts[i].data; /* the row's from here on */
    }
    return is_whole;
}

/* The first max of them; false without memory. */
static bool
add_nodes(const struct fovea_job_nodes *nodes, size_t max, size_t width,
        struct fovea_text *text)
{
    FOVEA_AUTO(fovea_table_finish)
    struct fovea_table table = { .columns = columns, .n_columns = N_COLUMNS };
    for (size_t i = 0; i < nodes->n && i < max; i++) {
        if (!add_node(nodes->all[i], &table)) {
            return false;
        }
    }
    if (table.n_rows > 0) {
        fovea_text_add(text, "\n", 1);
        fovea_table_format(&table, width, text);
    }
    if (nodes->n > max) {
        fovea_text_format(text, "and %zu nodes more\n", nodes->n - max);
    }
    return true;
}

static void
add_failures(struct status *status, struct fovea_text *text)
{
    struct fovea_shard_failure failure;
    uint64_t number = 0;
    uint64_t n_failed = status->progress.markers.n_failed;
    for (size_t i = 0;
            i < N_FAILED_SHOWN && next_failure(status, &number, &failure);
            i++) {
        fovea_text_format(text,
                "%sshard %" PRIu64 " failed: ", i == 0 ? "\n" : "", number - 1);
        fovea_text_printable(text, failure.message);
        fovea_text_add(text, "\n", 1);
    }
    if (n_failed > N_FAILED_SHOWN) {
        fovea_text_format(text, "and %" PRIu64 " more have failed\n",
                n_failed - N_FAILED_SHOWN);
    }
}

/* One look, as a text. */
static enum fovea_status
write_look(struct status *status, size_t max_nodes, size_t width,
        struct fovea_text *text, struct fovea_error *err)
{
    bool is_whole = true;
    if (status->request->json) {
        add_json(status, text);
    } else {
        add_summary(status, text);
        is_whole = add_nodes(&status->progress.nodes, max_nodes, width, text);
        add_failures(status, text);
    }
    return is_whole && !fovea_text_failed(text)
            ? FOVEA_OK
            : fovea_fail_memory(err, text->size, "the status");
}

/* No line longer than the terminal, so that what was drawn can be drawn over. */
static void
add_cut(const struct fovea_text *from, size_t width, struct fovea_text *to,
        size_t *n_lines_out)
{
    const char *at = from->data;
    *n_lines_out = 0;
    while (at && *at) {
        size_t size = strcspn(at, "\n");
        size_t shown = size;
        /* Bytes of one character are not parted. */
        while (shown > width || (shown < size && (at[shown] & 0xc0) == 0x80)) {
            shown--;
        }
        fovea_text_add(to, at, shown);
        fovea_text_format(to, "\033[K\n");
        at += size + (at[size] == '\n');
        ++*n_lines_out;
    }
}

static size_t
terminal_rows(void)
{
    struct winsize size;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0
            ? size.ws_row
            : ROWS;
}

/* Over what was drawn before. */
static int
draw(struct status *status)
{
    enum {
        OTHER_LINES = 12 /* around the nodes */
    };
    struct fovea_error error;
    FOVEA_AUTO(fovea_text_finish) struct fovea_text text = { 0 };
    FOVEA_AUTO(fovea_text_finish) struct fovea_text drawn = { 0 };
    size_t rows = terminal_rows();
    size_t width = fovea_terminal_width();
    size_t max_nodes =
            rows > 2 * OTHER_LINES ? rows - OTHER_LINES : OTHER_LINES;
    if (write_look(status, max_nodes, width, &text, &error)) {
        return fovea_cli_fail(&error);
    }
    if (status->n_lines > 0) {
        fovea_text_format(&drawn, "\033[%zuA", status->n_lines);
    }
    add_cut(&text, width, &drawn, &status->n_lines);
    fovea_text_format(&drawn, "\033[J");
    return fovea_cli_print_text(&drawn);
}

static int
print(struct status *status)
{
    struct fovea_error error;
    FOVEA_AUTO(fovea_text_finish) struct fovea_text text = { 0 };
    bool is_terminal = isatty(STDOUT_FILENO);
    return write_look(status, SIZE_MAX,
                   is_terminal ? fovea_terminal_width() : 0, &text, &error)
            ? fovea_cli_fail(&error)
            : fovea_cli_print_text(&text);
}

static bool
is_over(const struct status *status)
{
    enum fovea_job_state state = fovea_job_progress_state(&status->progress);
    return state == FOVEA_JOB_COMPLETE || state == FOVEA_JOB_FAILED;
}

/* Hear nodes until the time has come, or a signal. */
static void
listen_for(struct status *status, int64_t for_ns)
{
    const int64_t step_ns = FOVEA_NS_PER_S / 10;
    int64_t until_ns = fovea_later(fovea_clock_ns(), for_ns);
    while (!is_signalled(status) && fovea_clock_ns() < until_ns) {
        fovea_job_progress_hear(&status->progress, step_ns);
    }
}

/* With all open. The exit code. */
static int
show(struct status *status)
{
    const struct fovea_job_request *request = status->request;
    bool is_live = request->watch && !request->json && isatty(STDOUT_FILENO);
    int code = FOVEA_EXIT_OK;
    struct fovea_error error;
    int64_t for_ns = request->listen_ns;
    do {
        if (fovea_job_progress_look(&status->progress, &error)) {
            if (!request->watch || !fovea_status_retryable(error.code)) {
                return fovea_cli_fail(&error);
            }
            fovea_cli_report("%s; it is tried again", error.message);
            status->n_lines = 0;
        } else {
            listen_for(status, for_ns);
            code = is_live ? draw(status) : print(status);
        }
        for_ns = EVERY_NS;
    } while (!code && request->watch && !is_over(status) &&
            !is_signalled(status));
    return code                     ? code
            : status->signal_number ? FOVEA_EXIT_SIGNAL + status->signal_number
                                    : FOVEA_EXIT_OK;
}

static enum fovea_status
open_output(struct status *status, struct fovea_error *err)
{
    const struct fovea_job_request *request = status->request;
    const struct fovea_objects_settings settings = {
        .is_cancelled = is_signalled,
        .context = status,
        .s3 = &request->options.s3,
        .url = &request->options.url,
    };
    enum fovea_status opened = fovea_objects_open(request->output, &settings,
            &status->objects, err);
    if (!opened) {
        opened = fovea_job_manifest(status->objects, &status->manifest, err);
    }
    status->has_manifest = !opened;
    if (!opened &&
            !fovea_job_progress_is_of(&status->progress, &status->manifest)) {
        return fovea_fail(err, FOVEA_ERR_NO_JOB,
                "%.120s has another manifest than job %s was made with",
                request->output, request->job);
    }
    status->progress.objects = status->objects;
    status->progress.manifest = &status->manifest;
    return opened;
}

int
fovea_job_status(const struct fovea_job_request *request)
{
    struct status status = { .request = request, .signal_fd = -1 };
    struct fovea_error error;
    enum fovea_status opened = fovea_signals_open(&status.signal_fd, &error);
    if (!opened) {
        opened = fovea_job_progress_open(&status.progress, &request->queue,
                request->job, &error);
    }
    if (!opened && request->output) {
        opened = open_output(&status, &error);
    }
    int code = opened ? fovea_cli_fail(&error) : show(&status);
    fovea_job_progress_close(&status.progress);
    fovea_objects_close(status.objects);
    if (status.has_manifest) {
        fovea_manifest_finish(&status.manifest);
    }
    if (status.signal_fd >= 0) {
        (void)close(status.signal_fd);
    }
    return code;
}
