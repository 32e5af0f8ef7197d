/* What a node does with shards: see node_shards.h. */
#include "jobs/node_shards.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/error.h"
#include "base/event_fd.h"
#include "base/macros.h"
#include "jobs/message.h"
#include "shards/markers.h"

/* The loop has one, too, which runs no shard. */
struct place {
    struct fovea_objects *objects; /* of its thread alone */
    struct fovea_objects_settings settings;
    int stop_fd; /* eventfd: the run is to be left */
    atomic_bool is_cancelled;
    atomic_uint_least64_t n_items; /* 0: not known */
    atomic_bool is_done;           /* by this run: then n_errors is known */
    atomic_uint_least64_t n_errors;
    struct fovea_shard_progress progress;
};

struct fovea_node_shards {
    struct fovea_node_shards_settings settings;
    struct fovea_node_work work;
    struct place places[FOVEA_NODE_SHARDS + 1];
};

static bool
is_cancelled(void *context)
{
    struct place *place = context;
    return atomic_load(&place->is_cancelled);
}

static enum fovea_status
check(void *context, const struct fovea_queue_delivery *delivery,
        struct fovea_error *err)
{
    const struct fovea_node_shards *shards = context;
    return fovea_job_message_check(delivery->message, delivery->size,
            shards->settings.job, shards->settings.manifest, delivery->shard,
            err);
}

static void
begin(void *context, unsigned slot, uint64_t number)
{
    struct fovea_node_shards *shards = context;
    struct place *place = &shards->places[slot];
    const struct fovea_manifest *manifest = shards->settings.manifest;
    uint64_t n = manifest->shards[number].count;
    uint64_t stopped;
    (void)!read(place->stop_fd, &stopped, sizeof stopped);
    atomic_store(&place->is_cancelled, false);
    atomic_store(&place->is_done, false);
    memset(&place->progress, 0, sizeof place->progress);
    atomic_store(&place->n_items, n == FOVEA_SHARD_UNCOUNTED ? 0 : n);
}

static enum fovea_status
run(void *context, unsigned slot, uint64_t number, struct fovea_error *err)
{
    struct fovea_node_shards *shards = context;
    struct place *place = &shards->places[slot];
    struct fovea_shard_failure failure;
    struct fovea_shard_done done;
    bool is_failed = false;
    enum fovea_status status = fovea_shard_failed(place->objects, number,
            &is_failed, &failure, err);
    if (status || is_failed) {
        return status ? status
                      : fovea_fail(err, FOVEA_ERR_SHARD_FAILED, "%s",
                                failure.message);
    }
    const struct fovea_shard_run settings = {
        .model = shards->settings.model,
        .manifest = shards->settings.manifest,
        .number = number,
        .objects = place->objects,
        .source = shards->settings.source,
        .look = FOVEA_SHARD_LOOK_STAT,
        .n_batch = shards->settings.n_batch,
        .read_ahead = shards->settings.read_ahead,
        .n_tries = shards->settings.n_tries,
        .stop_fd = place->stop_fd,
        .progress = &place->progress,
    };
    switch (fovea_shard_run(&settings, &done, err)) {
    case FOVEA_SHARD_VERDICT_DONE:
        /* Some inputs were bad at first, and good when they were tried again. */
        atomic_store(&place->n_errors, done.n_errors);
        atomic_store(&place->is_done, true);
        return FOVEA_OK;
    case FOVEA_SHARD_VERDICT_ALREADY:
        return FOVEA_OK;
    case FOVEA_SHARD_VERDICT_FINAL:
    case FOVEA_SHARD_VERDICT_RETRY:
    case FOVEA_SHARD_VERDICT_LEFT:
    default:
        FOVEA_ASSERT(err->code);
        return err->code;
    }
}

static void
look(void *context, unsigned slot, struct fovea_node_look *look_out)
{
    struct fovea_node_shards *shards = context;
    struct place *place = &shards->places[slot];
    struct fovea_shard_progress *progress = &place->progress;
    *look_out = (struct fovea_node_look){
        .progress = fovea_shard_progress_moved(progress) +
                atomic_load(shards->settings.pool_events),
        .n_items = atomic_load(&place->n_items),
        .n_done = atomic_load(&progress->inputs.n_done),
        .n_errors = atomic_load(&place->is_done)
                ? atomic_load(&place->n_errors)
                : atomic_load(&progress->inputs.n_bad),
    };
}

static void
cancel(void *context, unsigned slot)
{
    struct fovea_node_shards *shards = context;
    struct place *place = &shards->places[slot];
    atomic_store(&place->is_cancelled, true);
    fovea_event_raise(place->stop_fd);
}

/* The run was perhaps cancelled; what is written down of it is not. */
static enum fovea_status
count(void *context, unsigned slot, uint64_t number,
        const struct fovea_error *why, uint64_t *n_out, struct fovea_error *err)
{
    struct fovea_node_shards *shards = context;
    struct place *place = &shards->places[slot];
    atomic_store(&place->is_cancelled, false);
    return fovea_shard_count_attempt(place->objects, number, why, n_out, err);
}

static enum fovea_status
fail(void *context, unsigned slot, uint64_t number, uint64_t n,
        const struct fovea_error *why, struct fovea_error *err)
{
    struct fovea_node_shards *shards = context;
    struct fovea_shard_failure failure = {
        .number = number,
        .n_attempts = n,
        .code = why->code,
    };
    (void)snprintf(failure.message, sizeof failure.message, "%s", why->message);
    return fovea_shard_fail(shards->places[slot].objects, &failure, err);
}

static enum fovea_status
open_place(const struct fovea_node_shards_settings *settings,
        struct place *place, struct fovea_error *err)
{
    place->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (place->stop_fd < 0) {
        return fovea_fail_errno(err, FOVEA_ERR_IO, errno,
                "cannot make an event descriptor");
    }
    place->settings = (struct fovea_objects_settings){
        .is_cancelled = is_cancelled,
        .context = place,
        .s3 = &settings->options->s3,
        .url = &settings->options->url,
    };
    return fovea_objects_open(settings->output, &place->settings,
            &place->objects, err);
}

enum fovea_status
fovea_node_shards_open(const struct fovea_node_shards_settings *settings,
        struct fovea_node_shards **shards_out, struct fovea_error *err)
{
    struct fovea_node_shards *shards = calloc(1, sizeof *shards);
    if (!shards) {
        return fovea_fail_memory(err, sizeof *shards, "a node's shards");
    }
    shards->settings = *settings;
    shards->work = (struct fovea_node_work){
        .context = shards,
        .check = check,
        .begin = begin,
        .run = run,
        .look = look,
        .cancel = cancel,
        .count = count,
        .fail = fail,
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(shards->places); i++) {
        shards->places[i].stop_fd = -1;
    }
    enum fovea_status status = FOVEA_OK;
    for (size_t i = 0; !status && i < FOVEA_ARRAY_LEN(shards->places); i++) {
        status = open_place(settings, &shards->places[i], err);
    }
    if (status) {
        fovea_node_shards_close(shards);
        return status;
    }
    *shards_out = shards;
    return FOVEA_OK;
}

const struct fovea_node_work *
fovea_node_shards_work(const struct fovea_node_shards *shards)
{
    return &shards->work;
}

void
fovea_node_shards_close(struct fovea_node_shards *shards)
{
    if (!shards) {
        return;
    }
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(shards->places); i++) {
        fovea_objects_close(shards->places[i].objects);
        fovea_auto_fd(&shards->places[i].stop_fd);
    }
    free(shards);
}
