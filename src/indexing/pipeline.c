/* Files to vectors: see pipeline.h. */
#include "indexing/pipeline.h"

#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/macros.h"
#include "base/no_worker.h"
#include "index/rows.h"
#include "index/run.h"
#include "indexing/record.h"

enum {
    READ_AHEAD = 32,     /* files that are read before they are needed */
    COMMIT_FILES = 1000, /* after which there is a commit */
    NO_WORKER_LIMIT = 8  /* answers that there is none, in a row */
};

struct fovea_pipeline {
    const struct fovea_pipeline_settings *settings;
    struct fovea_reader *reader;
    struct fovea_flights flights;
    const struct fovea_pipeline_source *source; /* of the run */
    bool is_over;                               /* the source */
    uint64_t n_uncommitted;
    int64_t committed_ns;
    int64_t start_ns;
    int64_t started_s;
    /* The last answers, if all of them say that there is no worker. */
    struct fovea_error no_worker[NO_WORKER_LIMIT];
    size_t n_no_worker;
    bool has_worked; /* some other answer came */
};

void
fovea_pipeline_begin(struct fovea_pipeline *pipeline)
{
    pipeline->start_ns = fovea_clock_ns();
    pipeline->committed_ns = pipeline->start_ns;
    pipeline->started_s = (int64_t)time(NULL);
}

enum fovea_status
fovea_pipeline_create(const struct fovea_pipeline_settings *settings,
        struct fovea_pipeline **pipeline_out, struct fovea_error *err)
{
    struct fovea_pipeline *pipeline = calloc(1, sizeof *pipeline);
    if (!pipeline) {
        return fovea_fail_memory(err, sizeof *pipeline, "an update");
    }
    pipeline->settings = settings;
    pipeline->flights.models = settings->models;
    fovea_pipeline_begin(pipeline);
    enum fovea_status status = fovea_reader_create(settings->n_readers,
            settings->max_bytes, &pipeline->reader, err);
    if (status) {
        fovea_pipeline_destroy(pipeline);
        return status;
    }
    *pipeline_out = pipeline;
    return FOVEA_OK;
}

/* Drop what is under way. */
static void
abandon(struct fovea_pipeline *pipeline)
{
    fovea_models_stop(pipeline->settings->models);
    fovea_flights_finish(&pipeline->flights);
    fovea_reader_destroy(pipeline->reader);
    pipeline->reader = NULL;
}

void
fovea_pipeline_destroy(struct fovea_pipeline *pipeline)
{
    if (pipeline) {
        abandon(pipeline);
        free(pipeline);
    }
}

enum fovea_status
fovea_pipeline_check_stop(const struct fovea_pipeline *pipeline,
        struct fovea_error *err)
{
    struct pollfd stop = {
        .fd = pipeline->settings->stop_fd,
        .events = POLLIN,
    };
    return poll(&stop, 1, 0) > 0
            ? fovea_fail(err, FOVEA_ERR_CANCELLED, "the update was stopped")
            : FOVEA_OK;
}

enum fovea_status
fovea_pipeline_commit(struct fovea_pipeline *pipeline, const char *phase,
        struct fovea_error *err)
{
    const struct fovea_pipeline_settings *settings = pipeline->settings;
    struct fovea_counts *counts = settings->counts;
    int64_t now_s = (int64_t)time(NULL);
    bool is_over = strcmp(phase, "done") == 0;
    struct fovea_index_run run = {
        .n_done = atomic_load(&counts->n_done),
        .n_total = atomic_load(&counts->n_to_read),
        .n_failed = atomic_load(&counts->n_bad),
        .started_s = pipeline->started_s,
        .updated_s = now_s,
        .finished_s = is_over ? now_s : 0,
    };
    (void)snprintf(run.phase, sizeof run.phase, "%s", phase);
    enum fovea_status status = fovea_index_run_put(settings->folder, &run, err);
    if (!status) {
        status = fovea_index_commit(settings->folder, err);
    }
    pipeline->committed_ns = fovea_clock_ns();
    pipeline->n_uncommitted = 0;
    if (!status) {
        fovea_counts_add(&counts->n_commits, 1);
    }
    return status;
}

static void
count_done(struct fovea_pipeline *pipeline)
{
    struct fovea_counts *counts = pipeline->settings->counts;
    fovea_counts_add(&counts->n_done, 1);
    pipeline->n_uncommitted++;
}

static void
tell(const struct fovea_pipeline *pipeline, const struct fovea_reading *reading,
        const struct fovea_error *error)
{
    fovea_hooks_tell(pipeline->settings->hooks, pipeline->source->root_path,
            reading->path, error);
}

/* Whether a file is still the one that was read; else the next update sees to
   it. */
static bool
is_same(struct fovea_pipeline *pipeline, const struct fovea_reading *reading)
{
    enum fovea_reread reread = fovea_record_look(reading);
    fovea_counts_add(&pipeline->settings->counts->n_unsettled,
            reread == FOVEA_REREAD_CHANGED);
    return reread == FOVEA_REREAD_SAME;
}

/* A file that failed; what is known of it stays, unless it is its own fault. */
static enum fovea_status
record_failure(struct fovea_pipeline *pipeline,
        const struct fovea_reading *reading, const struct fovea_error *failure,
        struct fovea_error *err)
{
    struct fovea_counts *counts = pipeline->settings->counts;
    count_done(pipeline);
    if (!is_same(pipeline, reading)) {
        return FOVEA_OK;
    }
    fovea_counts_add(failure->code == FOVEA_ERR_NOT_AN_IMAGE
                    ? &counts->n_skipped
                    : &counts->n_bad,
            1);
    /* That nothing can be embedded at all is said once, in the end. */
    if (pipeline->has_worked || !fovea_no_worker(failure, 1, NULL)) {
        tell(pipeline, reading, failure);
    }
    return fovea_record_is_lasting(failure->code)
            ? fovea_record_put(pipeline->settings->folder, reading, 0, failure,
                      err)
            : FOVEA_OK;
}

/* A file of a content that the index has. */
static enum fovea_status
record_content(struct fovea_pipeline *pipeline,
        const struct fovea_reading *reading, int64_t content,
        const struct fovea_error *failure, struct fovea_error *err)
{
    count_done(pipeline);
    return is_same(pipeline, reading)
            ? fovea_record_put(pipeline->settings->folder, reading, content,
                      failure, err)
            : FOVEA_OK;
}

/* All answers of the last items, if they say that no worker is to be had. */
static enum fovea_status
note_answer(struct fovea_pipeline *pipeline, const struct fovea_error *answer,
        struct fovea_error *err)
{
    if (!fovea_no_worker(answer, 1, NULL)) {
        pipeline->n_no_worker = 0;
        pipeline->has_worked = true;
        return FOVEA_OK;
    }
    pipeline->no_worker[pipeline->n_no_worker++] = *answer;
    return pipeline->n_no_worker < NO_WORKER_LIMIT
            ? FOVEA_OK
            : fovea_no_worker(pipeline->no_worker, NO_WORKER_LIMIT, err);
}

/* Write down what came of a content. What was embedded is of the bytes that were
   digested only if the file has not changed since. */
static enum fovea_status
settle(struct fovea_pipeline *pipeline, struct fovea_flight *flight,
        struct fovea_error *err)
{
    struct fovea_counts *counts = pipeline->settings->counts;
    const struct fovea_error *failure =
            flight->error.code ? &flight->error : NULL;
    enum fovea_status status = note_answer(pipeline, &flight->error, err);
    int64_t content = 0;
    bool is_whole = fovea_record_look(flight->readings) == FOVEA_REREAD_SAME;
    if (!status && is_whole && flight->n_vectors > 0) {
        status = fovea_index_content_put(pipeline->settings->folder,
                &flight->content, flight->vectors, flight->n_vectors, &content,
                err);
        fovea_counts_add(&counts->n_embedded, 1);
    }
    for (const struct fovea_reading *reading = flight->readings;
            !status && reading; reading = reading->next) {
        if (content) {
            fovea_counts_add(&counts->n_known, reading != flight->readings);
            status = record_content(pipeline, reading, content, failure, err);
        } else if (failure) {
            status = record_failure(pipeline, reading, failure, err);
        } else {
            count_done(pipeline);
            (void)is_same(pipeline, reading);
        }
    }
    if (!atomic_load(&counts->n_first)) {
        atomic_store(&counts->first_ns, fovea_clock_ns() - pipeline->start_ns);
        atomic_store(&counts->n_first, atomic_load(&counts->n_done));
    }
    return status;
}

/* Which vectors the content of these bytes lacks; *id_out 0: it is not known. */
static enum fovea_status
find_lacks(const struct fovea_pipeline *pipeline, const char *digest,
        bool lacks_out[FOVEA_SETS_MAX], int64_t *id_out,
        struct fovea_error *err)
{
    struct fovea_index_folder *folder = pipeline->settings->folder;
    const struct fovea_models *models = pipeline->settings->models;
    struct fovea_index_content content;
    enum fovea_status status =
            fovea_index_content_find(folder, digest, &content, err);
    *id_out = status ? 0 : content.id;
    for (size_t i = 0; i < models->n; i++) {
        lacks_out[i] = status == FOVEA_ERR_NO_ITEM;
    }
    if (status) {
        return status == FOVEA_ERR_NO_ITEM ? FOVEA_OK : status;
    }
    for (size_t i = 0; !status && i < models->n; i++) {
        bool has = false;
        status = fovea_index_content_has(folder, models->all[i].set, content.id,
                &has, err);
        lacks_out[i] = !has;
    }
    return status;
}

/* A file of bytes that are known, or on their way, or new; takes it. */
static enum fovea_status
place_image(struct fovea_pipeline *pipeline, struct fovea_reading *reading,
        struct fovea_error *err)
{
    bool lacks[FOVEA_SETS_MAX] = { false };
    int64_t content = 0;
    bool lacks_any = false;
    struct fovea_flight *flight =
            fovea_flights_find(&pipeline->flights, reading->digest);
    if (flight) {
        fovea_flight_join(flight, reading);
        return FOVEA_OK;
    }
    enum fovea_status status =
            find_lacks(pipeline, reading->digest, lacks, &content, err);
    for (size_t i = 0; i < FOVEA_SETS_MAX; i++) {
        lacks_any = lacks_any || lacks[i];
    }
    if (!status && lacks_any) {
        status = fovea_models_open(pipeline->settings->models, err);
    }
    if (!status && lacks_any) {
        return fovea_flights_begin(&pipeline->flights, reading, lacks, err);
    }
    if (!status) {
        fovea_counts_add(&pipeline->settings->counts->n_known, 1);
        status = record_content(pipeline, reading, content, NULL, err);
    }
    fovea_reading_destroy(reading);
    return status;
}

/* What is to become of a file that was read; takes it. */
static enum fovea_status
place(struct fovea_pipeline *pipeline, struct fovea_reading *reading,
        struct fovea_error *err)
{
    enum fovea_status status = FOVEA_OK;
    if (!reading->is_gone && !reading->has_changed && !reading->error.code) {
        return place_image(pipeline, reading, err);
    }
    if (reading->is_gone || reading->has_changed) {
        count_done(pipeline);
        fovea_counts_add(&pipeline->settings->counts->n_unsettled,
                reading->has_changed);
    } else if (reading->error.code == FOVEA_ERR_NO_MEMORY) {
        status = reading->error.code;
        *err = reading->error;
    } else {
        status = record_failure(pipeline, reading, &reading->error, err);
    }
    fovea_reading_destroy(reading);
    return status;
}

/* Take what has come out of the streams and of the reader. */
static enum fovea_status
drain(struct fovea_pipeline *pipeline, bool *has_moved_out,
        struct fovea_error *err)
{
    struct fovea_flight *flight = NULL;
    *has_moved_out = false;
    do {
        enum fovea_status status =
                fovea_flights_next(&pipeline->flights, &flight, err);
        if (!status && flight) {
            status = settle(pipeline, flight, err);
            fovea_flight_destroy(flight);
            *has_moved_out = true;
        }
        if (status) {
            return status;
        }
    } while (flight);
    while (!pipeline->flights.held) {
        struct fovea_reading *reading = fovea_reader_take(pipeline->reader);
        if (!reading) {
            break;
        }
        *has_moved_out = true;
        enum fovea_status status = place(pipeline, reading, err);
        if (status) {
            return status;
        }
    }
    return FOVEA_OK;
}

/* Have more files read, as many as may be ahead. */
static enum fovea_status
feed(struct fovea_pipeline *pipeline, struct fovea_error *err)
{
    const struct fovea_pipeline_source *source = pipeline->source;
    const char *path = NULL;
    do {
        if (pipeline->is_over ||
                fovea_reader_count(pipeline->reader) >= READ_AHEAD) {
            return FOVEA_OK;
        }
        struct fovea_reading *reading = NULL;
        enum fovea_status status =
                source->next(source->context, &path, &pipeline->is_over, err);
        if (!status && path) {
            status = fovea_reading_create(path, &reading, err);
        }
        if (!status && reading) {
            reading->root = source->root;
            reading->root_fd = source->root_fd;
            status = fovea_reader_add(pipeline->reader, reading, err);
        }
        if (status) {
            return status;
        }
    } while (path);
    return FOVEA_OK;
}

static enum fovea_status
commit_if_due(struct fovea_pipeline *pipeline, struct fovea_error *err)
{
    bool is_due = pipeline->n_uncommitted >= COMMIT_FILES ||
            (pipeline->n_uncommitted > 0 &&
                    fovea_clock_ns() - pipeline->committed_ns >=
                            pipeline->settings->commit_ns);
    return is_due ? fovea_pipeline_commit(pipeline, "embedding", err)
                  : FOVEA_OK;
}

/* Until something has come, or a commit is due. */
static void
wait_for_more(const struct fovea_pipeline *pipeline)
{
    const struct fovea_models *models = pipeline->settings->models;
    struct pollfd fds[FOVEA_SETS_MAX + 2];
    size_t n = 0;
    fds[n++] = (struct pollfd){ pipeline->settings->stop_fd, POLLIN, 0 };
    if (!pipeline->flights.held) {
        fds[n++] =
                (struct pollfd){ fovea_reader_fd(pipeline->reader), POLLIN, 0 };
    }
    for (size_t i = 0; i < models->n; i++) {
        fds[n++] = (struct pollfd){ fovea_stream_fd(models->all[i].stream),
            POLLIN, 0 };
    }
    int64_t left_ns =
            fovea_later(pipeline->committed_ns, pipeline->settings->commit_ns) -
            fovea_clock_ns();
    int64_t left_ms = left_ns < 0 ? 0 : left_ns / FOVEA_NS_PER_MS + 1;
    left_ms = left_ms < INT_MAX ? left_ms : INT_MAX; /* and then once more */
    (void)poll(fds, n, pipeline->n_uncommitted == 0 ? -1 : (int)left_ms);
}

static bool
is_idle(const struct fovea_pipeline *pipeline)
{
    return pipeline->is_over && pipeline->flights.n == 0 &&
            fovea_reader_count(pipeline->reader) == 0;
}

static enum fovea_status
run_through(struct fovea_pipeline *pipeline, struct fovea_error *err)
{
    bool has_moved = true;
    enum fovea_status status = FOVEA_OK;
    while (!status && !is_idle(pipeline)) {
        if (!has_moved) {
            wait_for_more(pipeline);
        }
        status = feed(pipeline, err);
        if (!status) {
            status = drain(pipeline, &has_moved, err);
        }
        if (!status) {
            status = commit_if_due(pipeline, err);
        }
        if (!status) {
            status = fovea_pipeline_check_stop(pipeline, err);
        }
    }
    if (!status && pipeline->n_no_worker > 0 && !pipeline->has_worked) {
        status = fovea_no_worker(pipeline->no_worker, pipeline->n_no_worker,
                err);
    }
    return status;
}

enum fovea_status
fovea_pipeline_run(struct fovea_pipeline *pipeline,
        const struct fovea_pipeline_source *source, struct fovea_error *err)
{
    pipeline->source = source;
    pipeline->is_over = false;
    enum fovea_status status = run_through(pipeline, err);
    if (status) {
        abandon(pipeline);
    }
    if (pipeline->n_uncommitted == 0) {
        return status;
    }
    if (!status || status == FOVEA_ERR_CANCELLED ||
            fovea_no_worker(&(struct fovea_error){ .code = status }, 1, NULL)) {
        struct fovea_error error;
        if (fovea_pipeline_commit(pipeline, "embedding", &error)) {
            *err = error;
            status = error.code;
        }
    }
    return status;
}
