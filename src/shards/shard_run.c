/*
 * See shard_run.h.
 *
 * A shard goes through a pump: its names are the source, its output the sink. What
 * fails with what may pass goes aside and through the pump again. Members of an
 * archive cannot be asked for once more: their shard begins anew.
 */
#include "shards/shard_run.h"

#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/macros.h"
#include "base/no_worker.h"
#include "base/pause.h"
#include "shards/deferred.h"
#include "shards/names.h"
#include "shards/names_source.h"
#include "shards/output.h"
#include "shards/publish.h"

enum {
    MAX_NAMES_BYTES = 1 << 30,
    BATCH = 128,
    READ_AHEAD = 32 << 20,
    TRIES = 3,
    /* So many inputs, and none of them there, are no accident of theirs. */
    FEW_INPUTS = 10,
};

#define PAUSE_NS      FOVEA_NS_PER_S
#define MOST_PAUSE_NS (60 * FOVEA_NS_PER_S)

struct shard {
    const struct fovea_shard_run *run;
    struct fovea_shard_progress *progress;
    struct fovea_names names;
    struct fovea_shard_output output;
    struct fovea_deferred deferred;
    unsigned n_tries;
    unsigned n_tried;  /* of the shard, or of what was deferred */
    bool begins_anew;  /* what ended the pump may pass, but not here */
    uint64_t n_inputs; /* that have come, once all have */
    uint64_t n_skipped;
    uint64_t n_missing; /* files that are not there, or not ours to open */
};

static void
step(struct shard *shard)
{
    (void)atomic_fetch_add(&shard->progress->n_steps, 1);
}

static bool
is_stopped(const struct shard *shard)
{
    struct pollfd event = { .fd = shard->run->stop_fd, .events = POLLIN };
    return poll(&event, 1, 0) > 0;
}

/* -- results */

/* What is not the input's business ends the shard: no worker to be had, a store that
   cannot be reached, an archive that is not what it was. */
static bool
ends_shard(const struct fovea_error *error)
{
    return fovea_no_worker(error, 1, NULL) ||
            error->code == FOVEA_ERR_OBJECT_STORE ||
            error->code == FOVEA_ERR_OBJECT_STORE_CREDENTIALS ||
            error->code == FOVEA_ERR_ARCHIVE_CHANGED ||
            error->code == FOVEA_ERR_CANCELLED ||
            error->code == FOVEA_ERR_SHUTTING_DOWN;
}

static enum fovea_status
pass_on(const struct fovea_error *error, const char *name,
        struct fovea_error *err)
{
    (void)fovea_fail(err, error->code, "%.100s: %s", name, error->message);
    err->sys_errno = error->sys_errno;
    return error->code;
}

/* Of the first pass. */
static enum fovea_status
take_result(struct shard *shard, const struct fovea_row_result *result,
        struct fovea_error *err)
{
    const struct fovea_error *error = result->error;
    const struct fovea_entry *entry = result->entry;
    bool may_pass = fovea_status_retryable(error->code) &&
            shard->n_tried < shard->n_tries;
    if (error->code && ends_shard(error)) {
        return pass_on(error, entry->path, err);
    }
    if (may_pass && entry->is_bytes) {
        shard->begins_anew = true;
        return pass_on(error, entry->path, err);
    }
    if (may_pass && !entry->problem.code) {
        return fovea_deferred_add(&shard->deferred, result, err);
    }
    if (error->code && shard->run->on_bad) {
        shard->run->on_bad(shard->run->context, entry, error, false);
    }
    shard->n_missing += error->code == FOVEA_ERR_FILE_NOT_FOUND ||
            error->code == FOVEA_ERR_FILE_DENIED;
    return fovea_shard_output_add(&shard->output, result, entry->number, err);
}

static enum fovea_status
write_first(void *state, const struct fovea_row_result *results, size_t n,
        struct fovea_error *err)
{
    struct shard *shard = *(struct shard **)state;
    enum fovea_status status = FOVEA_OK;
    for (size_t i = 0; !status && i < n; i++) {
        status = take_result(shard, &results[i], err);
    }
    return status;
}

static enum fovea_status
write_again(void *state, const struct fovea_row_result *results, size_t n,
        struct fovea_error *err)
{
    struct shard *shard = *(struct shard **)state;
    size_t row_size = shard->run->manifest->frozen.dimension * sizeof(float);
    enum fovea_status status = FOVEA_OK;
    for (size_t i = 0; !status && i < n; i++) {
        if (results[i].error->code && ends_shard(results[i].error)) {
            return pass_on(results[i].error, results[i].entry->path, err);
        }
        status = fovea_deferred_settle(&shard->deferred, &results[i],
                shard->n_tried == shard->n_tries, row_size, err);
    }
    return status;
}

/* -- the pump */

static void
before_write(void *context)
{
    (void)context;
}

static void
after_write(void *context, const struct fovea_row_batch *batch,
        const struct fovea_error *error)
{
    const struct shard *shard = context;
    for (size_t i = 0; !error && shard->run->on_bad && i < batch->n_skipped;
            i++) {
        shard->run->on_bad(shard->run->context, batch->skipped[i].entry,
                batch->skipped[i].error, true);
    }
}

/* Send the inputs of a source through a pump, to one of the functions above. */
static enum fovea_status
pump(struct shard *shard, const struct fovea_source_kind *source,
        const void *own, const struct fovea_sink_kind *kind,
        struct fovea_pump_counters *counters, struct fovea_error *err)
{
    const struct fovea_shard_run *run = shard->run;
    const struct fovea_frozen *frozen = &run->manifest->frozen;
    struct fovea_inputs_settings inputs = {
        .own_source = source,
        .own = own,
        .source = run->source ? *run->source
                              : (struct fovea_source_settings){ 0 },
    };
    inputs.source.purpose = FOVEA_PURPOSE_READ;
    inputs.source.filter = &frozen->filter;
    struct fovea_sink sink = {
        .kind = kind,
        .state = &shard,
        .row_size = frozen->dimension * sizeof(float),
    };
    const struct fovea_pump_settings settings = {
        .model = run->model,
        .work = FOVEA_STREAM_EMBED,
        .flags = frozen->is_raw ? (unsigned)FOVEA_EMBED_RAW : 0,
        .inputs = &inputs,
        .sink = &sink,
        .n_batch = run->n_batch ? run->n_batch : BATCH,
        .read_ahead = run->read_ahead ? run->read_ahead : READ_AHEAD,
        .stop_fd = run->stop_fd,
        .counters = counters,
        .before_write = before_write,
        .after_write = after_write,
        .context = shard,
    };
    return fovea_pump(&settings, err);
}

static const struct fovea_sink_kind first_sink = { .write = write_first };
static const struct fovea_sink_kind again_sink = { .write = write_again };

/* Pause before try n_tried + 1; FOVEA_ERR_CANCELLED if it is to stop. */
static enum fovea_status
pause_before_try(const struct shard *shard, struct fovea_error *err)
{
    int64_t first_ns = shard->run->pause_ns ? shard->run->pause_ns : PAUSE_NS;
    int64_t pause_ns = fovea_pause_ns(first_ns, MOST_PAUSE_NS, shard->n_tried);
    struct pollfd event = { .fd = shard->run->stop_fd, .events = POLLIN };
    (void)poll(&event, 1, (int)(pause_ns / FOVEA_NS_PER_MS));
    return event.revents
            ? fovea_fail(err, FOVEA_ERR_CANCELLED, "the run was stopped")
            : FOVEA_OK;
}

/* All inputs once; what may pass is deferred. */
static enum fovea_status
try_all(struct shard *shard, struct fovea_error *err)
{
    const struct fovea_shard_run *run = shard->run;
    struct fovea_pump_counters *counters = &shard->progress->inputs;
    enum fovea_status status = FOVEA_OK;
    do {
        shard->begins_anew = false;
        shard->n_missing = 0;
        fovea_deferred_finish(&shard->deferred);
        fovea_shard_output_finish(&shard->output);
        atomic_store(&counters->n_done, 0);
        atomic_store(&counters->n_bad, 0);
        atomic_store(&counters->n_skipped, 0);
        if (shard->n_tried > 0) {
            status = pause_before_try(shard, err);
        }
        shard->n_tried++;
        if (!status) {
            status = fovea_shard_output_open(run->objects, run->manifest,
                    run->number, &shard->output, err);
        }
        if (!status) {
            status = pump(shard, &fovea_source_names, &shard->names,
                    &first_sink, counters, err);
        }
    } while (status && shard->begins_anew);
    shard->n_inputs = atomic_load(&counters->n_done);
    shard->n_skipped = atomic_load(&counters->n_skipped);
    return status;
}

static void
tell_of_deferred(const struct shard *shard)
{
    for (uint64_t i = 0; shard->run->on_bad && i < shard->deferred.n; i++) {
        const struct fovea_deferred_input *input = &shard->deferred.all[i];
        if (!input->is_skipped && input->error.code) {
            shard->run->on_bad(shard->run->context, &input->entry,
                    &input->error, false);
        }
    }
}

/* What was deferred, until it went well or often enough badly; all results are in
   one output then. */
static enum fovea_status
try_deferred(struct shard *shard, struct fovea_error *err)
{
    const struct fovea_shard_run *run = shard->run;
    struct fovea_deferred *deferred = &shard->deferred;
    struct fovea_shard_output merged;
    char key[FOVEA_SHARD_KEY_SIZE];
    fovea_shard_key(FOVEA_SHARD_ROWS, run->number, key);
    enum fovea_status status =
            fovea_objects_draft(run->objects, key, &deferred->rows, err);
    while (!status && fovea_deferred_n_open(deferred) > 0) {
        status = pause_before_try(shard, err);
        shard->n_tried++;
        if (!status) {
            status = pump(shard, &fovea_source_deferred, &deferred, &again_sink,
                    &shard->progress->again, err);
        }
    }
    if (status) {
        return status;
    }
    tell_of_deferred(shard);
    for (uint64_t i = 0; i < deferred->n; i++) {
        shard->n_skipped += deferred->all[i].is_skipped;
    }
    status = fovea_shard_output_open(run->objects, run->manifest, run->number,
            &merged, err);
    if (!status) {
        status = fovea_deferred_merge(deferred, &shard->output, &merged, err);
    }
    fovea_shard_output_finish(&shard->output);
    shard->output = merged;
    return status;
}

/* -- the whole */

/* The names are not those of the manifest. Where that is gone as well, or another's,
   the place is not what it was, a folder that is not mounted any more: that says
   nothing of the shard. */
static enum fovea_status
refuse_names(const struct fovea_shard_run *run, const char *key,
        struct fovea_error *err)
{
    struct fovea_object_info info;
    struct fovea_error error;
    enum fovea_status status = fovea_objects_digest(run->objects,
            FOVEA_MANIFEST_KEY, &info, &error);
    if (status == FOVEA_ERR_FILE_NOT_FOUND ||
            (!status && strcmp(info.sha256, run->manifest->sha256) != 0)) {
        return fovea_fail(err, FOVEA_ERR_JOB_DIFFERS,
                "%.140s: the manifest of this run is not there any more",
                fovea_objects_name(run->objects, FOVEA_MANIFEST_KEY));
    }
    if (status && err) {
        *err = error;
    }
    return status ? status
                  : fovea_fail(err, FOVEA_ERR_SHARDS_DIFFER,
                            "%.140s: is not the list of names that the "
                            "manifest tells of",
                            fovea_objects_name(run->objects, key));
}

static enum fovea_status
read_names(struct shard *shard, struct fovea_text *bytes,
        struct fovea_error *err)
{
    const struct fovea_shard_run *run = shard->run;
    struct fovea_object_info info;
    char key[FOVEA_SHARD_KEY_SIZE];
    fovea_shard_key(FOVEA_SHARD_NAMES, run->number, key);
    enum fovea_status status = fovea_objects_get(run->objects, key,
            MAX_NAMES_BYTES, bytes, &info, err);
    if (status == FOVEA_ERR_FILE_NOT_FOUND || status == FOVEA_ERR_ARGUMENT ||
            (!status &&
                    strcmp(info.sha256,
                            run->manifest->shards[run->number].names) != 0)) {
        return refuse_names(run, key, err);
    }
    shard->names = (struct fovea_names){ bytes->data, bytes->size };
    return status;
}

static enum fovea_status
check_count(const struct shard *shard, struct fovea_error *err)
{
    const struct fovea_manifest_shard *told =
            &shard->run->manifest->shards[shard->run->number];
    return shard->n_inputs == told->count ||
                    (shard->n_inputs < told->count && told->is_archive)
            ? FOVEA_OK
            : fovea_fail(err, FOVEA_ERR_SHARDS_DIFFER,
                      "shard %llu has %llu inputs, and %llu in the manifest",
                      (unsigned long long)shard->run->number,
                      (unsigned long long)shard->n_inputs,
                      (unsigned long long)told->count);
}

/* Where not one of many inputs can be opened, a folder is not mounted on this
   machine: that is no result. */
static enum fovea_status
check_there(const struct shard *shard, struct fovea_error *err)
{
    return shard->n_inputs < FEW_INPUTS || shard->n_missing < shard->n_inputs
            ? FOVEA_OK
            : fovea_fail(err, FOVEA_ERR_ROOT_MISSING,
                      "shard %llu: none of its %llu inputs can be opened on "
                      "this machine; is their folder mounted?",
                      (unsigned long long)shard->run->number,
                      (unsigned long long)shard->n_inputs);
}

static enum fovea_status
embed_and_publish(struct shard *shard, struct fovea_shard_done *done,
        bool *is_theirs_out, struct fovea_error *err)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text names = { 0 };
    enum fovea_status status = read_names(shard, &names, err);
    step(shard);
    if (!status) {
        status = try_all(shard, err);
    }
    if (!status && shard->deferred.n > 0) {
        status = try_deferred(shard, err);
    }
    if (!status) {
        status = check_count(shard, err);
    }
    if (!status) {
        status = check_there(shard, err);
    }
    if (!status) {
        status = fovea_shard_output_seal(&shard->output, err);
    }
    step(shard);
    if (!status && is_stopped(shard)) {
        status = fovea_fail(err, FOVEA_ERR_CANCELLED, "the run was stopped");
    }
    if (!status) {
        *done = (struct fovea_shard_done){
            .n_inputs = shard->n_inputs,
            .n_rows = shard->output.n_rows,
            .n_errors = shard->output.n_errors,
            .n_skipped = shard->n_skipped,
        };
        status = fovea_shard_publish(&shard->output, shard->run->manifest, done,
                is_theirs_out, err);
    }
    step(shard);
    return status;
}

/* What a failure says of the shard: that it was left; that it may go well another
   time; or neither. */
static enum fovea_shard_verdict
judge(const struct shard *shard, enum fovea_status status)
{
    if (status == FOVEA_ERR_CANCELLED && is_stopped(shard)) {
        return FOVEA_SHARD_VERDICT_LEFT;
    }
    return fovea_status_retryable(status) ||
                    status == FOVEA_ERR_OBJECT_CHANGED ||
                    status == FOVEA_ERR_ROOT_MISSING
            ? FOVEA_SHARD_VERDICT_RETRY
            : FOVEA_SHARD_VERDICT_FINAL;
}

enum fovea_shard_verdict
fovea_shard_run(const struct fovea_shard_run *run,
        struct fovea_shard_done *done_out, struct fovea_error *err)
{
    struct fovea_shard_progress unseen = { .n_steps = 0 };
    struct shard shard = {
        .run = run,
        .progress = run->progress ? run->progress : &unseen,
        .output = FOVEA_SHARD_OUTPUT_INIT,
        .deferred = { .rows = FOVEA_DRAFT_INIT },
        .n_tries = run->n_tries ? run->n_tries : TRIES,
    };
    enum fovea_shard_state state = FOVEA_SHARD_STATE_OPEN;
    struct fovea_shard_done done = { .number = run->number };
    struct fovea_error error;
    bool is_theirs = false;
    FOVEA_ASSERT(fovea_embedding_dimension(run->model) ==
            run->manifest->frozen.dimension);
    enum fovea_status status = fovea_shard_look(run->objects, run->manifest,
            run->number, run->look, &state, &done, &error);
    if (!status && state != FOVEA_SHARD_STATE_DONE) {
        status = embed_and_publish(&shard, &done, &is_theirs, &error);
    }
    fovea_deferred_finish(&shard.deferred);
    fovea_shard_output_finish(&shard.output);
    if (status) {
        if (err) {
            *err = error;
        }
        return judge(&shard, status);
    }
    if (done_out) {
        *done_out = done;
    }
    return is_theirs || state == FOVEA_SHARD_STATE_DONE
            ? FOVEA_SHARD_VERDICT_ALREADY
            : FOVEA_SHARD_VERDICT_DONE;
}
