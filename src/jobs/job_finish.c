/* See job_finish.h. */
#include "jobs/job_finish.h"

#include <string.h>

#include "base/error.h"
#include "jobs/job_markers.h"
#include "shards/key.h"
#include "shards/markers.h"

/* A shard's markers, as a round goes by them. */
enum {
    DONE = FOVEA_JOB_SHARD_DONE,
    FAILED = FOVEA_JOB_SHARD_FAILED
};

struct both {
    const struct fovea_job_markers *markers;
    uint8_t *is_both; /* [n_shards] */
};

/* Marked as failed, of one that is done. */
static enum fovea_status
note_both(void *context, const char *name, uint64_t size,
        struct fovea_error *err)
{
    const struct both *both = context;
    uint64_t number = 0;
    (void)size;
    (void)err;
    if (fovea_shard_number(FOVEA_SHARD_FAILED, name, &number) &&
            number < both->markers->n_shards &&
            both->markers->states[number] == DONE) {
        both->is_both[number] = 1;
    }
    return FOVEA_OK;
}

/* Done wins: the other marker goes, if what is done was found to be good. */
static enum fovea_status
remove_failed(struct fovea_job_finish *finish,
        const struct fovea_job_markers *markers, uint8_t *room,
        struct fovea_error *err)
{
    const struct both both = { markers, room };
    memset(room, 0, markers->n_shards);
    enum fovea_status status = fovea_objects_list(finish->objects,
            fovea_shard_folder(FOVEA_SHARD_FAILED), note_both,
            (void *)(uintptr_t)&both, err);
    for (uint64_t i = 0; i < markers->n_shards && !status; i++) {
        char key[FOVEA_SHARD_KEY_SIZE];
        if (room[i] && finish->verdicts[i] == FOVEA_JOB_GOOD) {
            fovea_shard_key(FOVEA_SHARD_FAILED, i, key);
            status = fovea_objects_remove(finish->objects, key, err);
        }
    }
    return status;
}

/* Look at those that are marked as done and were not looked at yet; wanted: which. */
static enum fovea_status
verify(struct fovea_job_finish *finish, const struct fovea_job_markers *markers,
        uint8_t *wanted, struct fovea_error *err)
{
    const struct fovea_job_verify how = {
        .output = finish->place.output,
        .manifest = finish->place.manifest,
        .look = finish->look,
        .n_threads = finish->n_threads,
        .store = finish->place.store,
    };
    for (uint64_t i = 0; i < markers->n_shards; i++) {
        wanted[i] = markers->states[i] == DONE;
        if (finish->verdicts[i] != FOVEA_JOB_GOOD) {
            finish->verdicts[i] =
                    FOVEA_JOB_UNSEEN; /* it may be another one now */
        }
    }
    return fovea_job_verify(&how, wanted, finish->verdicts, &finish->sums, err);
}

/* Who is missing: neither done, and found good, nor failed. */
static void
find_missing(const struct fovea_job_finish *finish,
        const struct fovea_job_markers *markers, uint8_t *missing,
        struct fovea_job_tally *tally)
{
    for (uint64_t i = 0; i < markers->n_shards; i++) {
        bool is_done = markers->states[i] == DONE &&
                finish->verdicts[i] == FOVEA_JOB_GOOD;
        bool is_failed = markers->states[i] == FAILED;
        missing[i] = !is_done && !is_failed;
        tally->n_done += is_done;
        tally->n_failed += is_failed;
        tally->n_missing += missing[i];
        tally->n_damaged += finish->verdicts[i] == FOVEA_JOB_DAMAGED;
    }
}

/* Whether it was done or failed since the markers were listed. */
static enum fovea_status
look_again(struct fovea_job_finish *finish, uint64_t shard, bool *is_open_out,
        struct fovea_error *err)
{
    enum fovea_shard_state state = FOVEA_SHARD_STATE_OPEN;
    enum fovea_status status = fovea_shard_look(finish->objects,
            finish->place.manifest, shard, finish->look, &state, NULL, err);
    *is_open_out = state == FOVEA_SHARD_STATE_OPEN ||
            state == FOVEA_SHARD_STATE_DAMAGED;
    return status;
}

/* Leave out of those that are missing which the broker still has, for a node or with
   one. */
static enum fovea_status
ask_for_places(struct fovea_job_finish *finish, uint8_t *missing,
        struct fovea_job_tally *tally, struct fovea_error *err)
{
    enum fovea_status status = FOVEA_OK;
    for (uint64_t i = 0; i < tally->n_shards && !status; i++) {
        enum fovea_queue_place at = FOVEA_QUEUE_ABSENT;
        bool is_open = true;
        if (!missing[i]) {
            continue;
        }
        status = fovea_queue_find(finish->place.queue, i, &at, err);
        if (!status && at == FOVEA_QUEUE_SETTLED) {
            /* Its node marks it before it says so: it may be marked by now. */
            status = look_again(finish, i, &is_open, err);
        }
        tally->n_waiting += at == FOVEA_QUEUE_WAITING;
        tally->n_handed_out += at == FOVEA_QUEUE_HANDED_OUT || !is_open;
        missing[i] = is_open &&
                (at == FOVEA_QUEUE_ABSENT || at == FOVEA_QUEUE_SETTLED);
    }
    finish->has_asked = !status;
    return status;
}

/* The broker lost the job while it was asked, so another look makes it again. */
static enum fovea_status
fail_lost(const struct fovea_job_place *place, struct fovea_error *err)
{
    return fovea_fail(err, FOVEA_ERR_QUEUE,
            "%s: the broker has just lost the job; finish once more",
            place->name);
}

/* What is missing and the broker does not have is published. */
static enum fovea_status
publish_missing(struct fovea_job_finish *finish, uint8_t *missing,
        struct fovea_job_tally *tally, struct fovea_error *err)
{
    struct fovea_queue_counts counts;
    struct fovea_job_published published = { 0 };
    enum fovea_status status =
            fovea_queue_count(finish->place.queue, &counts, err);
    if (status == FOVEA_ERR_NO_JOB) {
        tally->was_made = true;
        status = fovea_job_make(&finish->place, finish->ack_wait_ns,
                finish->n_replicas, err);
        if (!status) {
            status = fovea_queue_count(finish->place.queue, &counts, err);
        }
    }
    /* While as many are under way as are missing nothing shows that one is lost, and
       who waits for the end does not ask for each again and again. */
    bool may_be_lost = !finish->has_asked ||
            counts.n_waiting + counts.n_handed_out < tally->n_missing;
    if (!status && !may_be_lost) {
        tally->n_waiting = tally->n_missing < counts.n_waiting
                ? tally->n_missing
                : counts.n_waiting;
        tally->n_handed_out = tally->n_missing - tally->n_waiting;
    } else if (!status) {
        status = ask_for_places(finish, missing, tally, err);
        if (!status) {
            status = fovea_job_publish(&finish->place, missing,
                    !tally->was_made, &published, err);
        }
        tally->n_published = published.n_new;
    }
    return status == FOVEA_ERR_NO_JOB ? fail_lost(&finish->place, err) : status;
}

/* The broker has the job, of this manifest. */
static enum fovea_status
check_tag(const struct fovea_job_place *place, struct fovea_error *err)
{
    struct fovea_queue_job job;
    enum fovea_status status = fovea_queue_look(place->queue, &job, err);
    if (!status && strcmp(job.tag, place->manifest->sha256) != 0) {
        return fovea_fail(err, FOVEA_ERR_JOB_EXISTS,
                "%s: the broker has a job of this name with another manifest "
                "than that of %.100s; give the -o that the job was made with",
                place->name, place->output);
    }
    return status;
}

enum fovea_status
fovea_job_finish_round(struct fovea_job_finish *finish,
        struct fovea_job_tally *tally_out, struct fovea_error *err)
{
    const struct fovea_manifest *manifest = finish->place.manifest;
    struct fovea_job_markers markers = { .states = NULL };
    struct fovea_job_tally tally = { .n_shards = manifest->n_shards };
    FOVEA_AUTO_FREE uint8_t *room = calloc(manifest->n_shards + 1, 1);
    if (!finish->verdicts) {
        finish->verdicts = calloc(manifest->n_shards + 1, 1);
    }
    if (!room || !finish->verdicts) {
        return fovea_fail_memory(err, manifest->n_shards, "the shards");
    }
    enum fovea_status status = check_tag(&finish->place, err);
    if (!status || status == FOVEA_ERR_NO_JOB) { /* which is made again */
        status = fovea_job_markers_read(&markers, finish->objects, manifest,
                err);
    }
    if (!status) {
        status = verify(finish, &markers, room, err);
    }
    if (!status) {
        status = remove_failed(finish, &markers, room, err);
    }
    if (!status) {
        find_missing(finish, &markers, room, &tally);
        status = tally.n_missing ? publish_missing(finish, room, &tally, err)
                                 : FOVEA_OK;
    }
    fovea_job_markers_finish(&markers);
    if (!status) {
        *tally_out = tally;
    }
    return status;
}

void
fovea_job_finish_end(struct fovea_job_finish *finish)
{
    free(finish->verdicts);
    finish->verdicts = NULL;
}

enum fovea_status
fovea_job_retry(const struct fovea_job_place *place,
        struct fovea_objects *objects, const uint8_t *chosen, uint64_t *n_out,
        struct fovea_error *err)
{
    struct fovea_job_markers markers = { .states = NULL };
    struct fovea_job_published published = { 0 };
    FOVEA_AUTO_FREE uint8_t *wanted = calloc(place->manifest->n_shards + 1, 1);
    if (!wanted) {
        return fovea_fail_memory(err, place->manifest->n_shards, "the shards");
    }
    enum fovea_status status = check_tag(place, err);
    if (!status) {
        status =
                fovea_job_markers_read(&markers, objects, place->manifest, err);
    }
    /* Markers first: one that is published and marked as failed would be dropped by
       the next node. */
    for (uint64_t i = 0; !status && i < markers.n_shards; i++) {
        wanted[i] = markers.states[i] == FAILED && (!chosen || chosen[i]);
        if (wanted[i]) {
            status = fovea_shard_forgive(objects, i, err);
        }
    }
    fovea_job_markers_finish(&markers);
    if (!status) {
        status = fovea_job_publish(place, wanted, true, &published, err);
    }
    *n_out = published.n_new;
    return status;
}
