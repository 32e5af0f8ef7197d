/*
 * From sources to a sink: see pump.h.
 *
 * Inputs wait in line, in their order, from when they are taken from a source
 * until something has come of them; also those that cannot be tried. The first
 * in line is the next that the ordered stream answers, if it was put.
 */
#include "bulk/pump.h"

#include <poll.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/macros.h"
#include "base/no_worker.h"

struct waiting {
    struct fovea_entry entry;
    bool ends_batch;
    uint64_t n_bytes; /* that it brought along; the library has a copy of them,
                         once it was put */
};

struct pump {
    const struct fovea_pump_settings *settings;
    struct fovea_inputs *inputs;
    struct fovea_stream *stream;
    struct waiting *line; /* [capacity], a ring */
    size_t capacity;
    size_t first;
    size_t n;
    bool is_held;                /* the last in line is not put: it was busy */
    enum fovea_inputs_step step; /* the last of the inputs */
    uint64_t n_inputs;           /* taken from their sources */
    size_t n_in_batch;           /* of them, since a batch ended */
    uint64_t n_bytes;            /* that inputs in line brought along */
    struct fovea_row_batch batch;
};

static struct waiting *
place(const struct pump *pump, size_t index)
{
    return &pump->line[(pump->first + index) % pump->capacity];
}

/* No more inputs for now: what has come makes a batch. */
static void
end_batch(struct pump *pump)
{
    if (pump->n > 0 && pump->n_in_batch > 0) {
        place(pump, pump->n - 1)->ends_batch = true;
    }
    pump->n_in_batch = 0;
}

/* Take the next input into the line; *has_come_out: there was one. */
static enum fovea_status
take_input(struct pump *pump, bool *has_come_out, struct fovea_error *err)
{
    struct waiting *next = place(pump, pump->n);
    enum fovea_status status =
            fovea_inputs_next(pump->inputs, &pump->step, &next->entry, err);
    *has_come_out = !status && pump->step == FOVEA_INPUTS_ENTRY;
    if (*has_come_out) {
        next->n_bytes = next->entry.owned ? next->entry.size : 0;
        pump->n_bytes += next->n_bytes;
        pump->n++;
        pump->n_inputs++;
        next->ends_batch = ++pump->n_in_batch == pump->settings->n_batch;
        if (next->ends_batch) {
            pump->n_in_batch = 0;
        }
    } else if (!status) {
        end_batch(pump);
    }
    if (!status && pump->step == FOVEA_INPUTS_END) {
        atomic_store(&pump->settings->counters->n_inputs, pump->n_inputs);
    }
    return status;
}

/* Put the last in line into the stream, if it can be tried. */
static enum fovea_status
put_last(struct pump *pump, struct fovea_error *err)
{
    struct fovea_entry *entry = &place(pump, pump->n - 1)->entry;
    if (entry->problem.code) {
        return FOVEA_OK;
    }
    const struct fovea_item item = fovea_entry_item(entry);
    enum fovea_status status =
            fovea_stream_put(pump->stream, &item, pump->n_inputs, err);
    pump->is_held = status == FOVEA_ERR_BUSY;
    if (!pump->is_held) {
        fovea_entry_drop_bytes(entry);
    }
    return pump->is_held ? FOVEA_OK : status;
}

/* Whether there is room for another input and its bytes. */
static bool
has_room(const struct pump *pump)
{
    return pump->n == 0 ||
            (pump->n < pump->capacity &&
                    (pump->n_bytes == 0 ||
                            pump->n_bytes < pump->settings->read_ahead));
}

/* As many inputs as there are and the stream takes. */
static enum fovea_status
fill(struct pump *pump, struct fovea_error *err)
{
    enum fovea_status status = pump->is_held ? put_last(pump, err) : FOVEA_OK;
    bool has_come = true;
    while (!status && has_come && !pump->is_held && has_room(pump) &&
            pump->step != FOVEA_INPUTS_END) {
        status = take_input(pump, &has_come, err);
        if (!status && has_come) {
            status = put_last(pump, err);
        }
    }
    return status;
}

static enum fovea_status
write_rows(const struct pump *pump, struct fovea_error *err)
{
    const struct fovea_sink *sink = pump->settings->sink;
    const struct fovea_row_batch *batch = &pump->batch;
    enum fovea_status status = sink->kind->write(sink->state, batch->results,
            batch->n_results, err);
    return status || !sink->kind->checkpoint
            ? status
            : sink->kind->checkpoint(sink->state, pump->settings->stop_fd, err);
}

static void
count(const struct pump *pump, const struct fovea_row_counts *counts)
{
    struct fovea_pump_counters *counters = pump->settings->counters;
    (void)atomic_fetch_add(&counters->n_bad, counts->n_bad);
    (void)atomic_fetch_add(&counters->n_skipped, counts->n_skipped);
    (void)atomic_fetch_add(&counters->n_done, pump->batch.n);
    counters->n_texts += counts->n_texts;
    for (size_t i = 0; i < FOVEA_N_NOTES; i++) {
        counters->n_noted[i] += counts->n_noted[i];
    }
}

static enum fovea_status
write_batch(struct pump *pump, struct fovea_error *err)
{
    const struct fovea_pump_settings *settings = pump->settings;
    struct fovea_error error;
    enum fovea_status status =
            fovea_no_worker(pump->batch.errors, pump->batch.n_tried, err);
    if (status) {
        return status;
    }
    struct fovea_row_counts counts = fovea_row_batch_settle(&pump->batch);
    settings->before_write(settings->context);
    status = write_rows(pump, &error);
    settings->after_write(settings->context, &pump->batch,
            status ? &error : NULL);
    if (status) {
        *err = error;
        return status;
    }
    count(pump, &counts);
    fovea_row_batch_clear(&pump->batch);
    return FOVEA_OK;
}

/* Move the first in line to the batch, if something has come of it. */
static enum fovea_status
settle_first(struct pump *pump, bool *is_settled_out, struct fovea_error *err)
{
    struct fovea_entry *entry = &place(pump, 0)->entry;
    *is_settled_out = true;
    if (entry->problem.code) {
        fovea_row_batch_add(&pump->batch, entry, NULL, NULL);
        return FOVEA_OK;
    }
    const struct fovea_stream_result *result = NULL;
    enum fovea_status status = fovea_stream_take(pump->stream, &result, err);
    *is_settled_out = !status && result->state == FOVEA_STREAM_RESULT;
    if (*is_settled_out) {
        fovea_row_batch_add(&pump->batch, entry, &result->error,
                result->embedding);
    }
    return status;
}

/* Write what came of the first in line, up to one of which nothing has. */
static enum fovea_status
drain(struct pump *pump, bool *has_settled_out, struct fovea_error *err)
{
    enum fovea_status status = FOVEA_OK;
    bool is_settled = true;
    *has_settled_out = false;
    while (!status && is_settled && pump->n > 0) {
        status = settle_first(pump, &is_settled, err);
        if (status || !is_settled) {
            break;
        }
        *has_settled_out = true;
        (void)atomic_fetch_add(&pump->settings->counters->n_settled, 1);
        bool ends_batch = place(pump, 0)->ends_batch;
        pump->n_bytes -= place(pump, 0)->n_bytes;
        pump->first = (pump->first + 1) % pump->capacity;
        pump->n--;
        if (ends_batch) {
            status = write_batch(pump, err);
        }
    }
    /* Its end was not known when its last one left the line. */
    if (!status && pump->n == 0 && pump->n_in_batch == 0 && pump->batch.n > 0) {
        status = write_batch(pump, err);
    }
    return status;
}

/* Until something has come of the first in line, or a source has more; or only
   look whether it is to stop. */
static enum fovea_status
wait_for_more(const struct pump *pump, bool only_look, struct fovea_error *err)
{
    bool awaits_input = pump->step == FOVEA_INPUTS_WAIT;
    struct pollfd fds[] = {
        { .fd = pump->settings->stop_fd, .events = POLLIN },
        { .fd = fovea_stream_fd(pump->stream), .events = POLLIN },
        { .fd = awaits_input ? fovea_inputs_wait_fd(pump->inputs) : -1,
                .events = POLLIN },
    };
    (void)poll(fds, FOVEA_ARRAY_LEN(fds), only_look ? 0 : -1);
    return fds[0].revents
            ? fovea_fail(err, FOVEA_ERR_CANCELLED, "the run was stopped")
            : FOVEA_OK;
}

static enum fovea_status
run(struct pump *pump, struct fovea_error *err)
{
    enum fovea_status status = FOVEA_OK;
    bool is_over = false;
    while (!status && !is_over) {
        bool has_settled = false;
        status = fill(pump, err);
        if (!status) {
            status = drain(pump, &has_settled, err);
        }
        is_over = pump->step == FOVEA_INPUTS_END && pump->n == 0;
        if (!status && !is_over) {
            status = wait_for_more(pump, has_settled, err);
        }
    }
    return status;
}

static enum fovea_status
open_pump(struct pump *pump, struct fovea_error *err)
{
    const struct fovea_pump_settings *settings = pump->settings;
    struct fovea_stream_options options = FOVEA_STREAM_OPTIONS_INIT;
    options.work = settings->work;
    options.flags = settings->flags;
    options.ordered = true;
    pump->capacity = fovea_model_window(settings->model) + 1;
    pump->line = calloc(pump->capacity, sizeof *pump->line);
    if (!pump->line) {
        return fovea_fail_memory(err, pump->capacity * sizeof *pump->line,
                "inputs in line");
    }
    enum fovea_status status = fovea_row_batch_init(&pump->batch,
            settings->n_batch, settings->sink->row_size, err);
    if (!status) {
        status = fovea_inputs_create(settings->inputs, &pump->inputs, err);
    }
    return status
            ? status
            : fovea_stream_open(settings->model, &options, &pump->stream, err);
}

static void
close_pump(struct pump *pump)
{
    fovea_stream_close(pump->stream);
    fovea_inputs_destroy(pump->inputs);
    for (size_t i = 0; i < pump->n; i++) {
        fovea_entry_finish(&place(pump, i)->entry);
    }
    free(pump->line);
    fovea_row_batch_finish(&pump->batch);
}

enum fovea_status
fovea_pump(const struct fovea_pump_settings *settings, struct fovea_error *err)
{
    struct pump pump = { .settings = settings };
    struct fovea_error error;
    enum fovea_status status = open_pump(&pump, &error);
    if (!status) {
        status = run(&pump, &error);
    }
    close_pump(&pump);
    if (status && err) {
        *err = error;
    }
    return status;
}
