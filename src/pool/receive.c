/*
 * What workers say. Nothing of it is believed: a frame that may not come now, a
 * number out of range, a vector that cannot be one costs that worker, and only
 * that.
 */
#include "pool/receive.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/vector.h"
#include "pool/claims.h"
#include "pool/complete.h"
#include "pool/events.h"
#include "pool/failure.h"
#include "pool/grant.h"
#include "pool/group_weights.h"
#include "pool/inflight.h"
#include "pool/life.h"
#include "pool/output.h"
#include "pool/prewarm.h"
#include "pool/slot.h"

/* How far a vector's length may be from 1. */
#define NORM_TOLERANCE 1e-3

static void
break_off(struct fovea_slot *slot, enum fovea_status code, const char *what)
{
    struct fovea_error why;
    (void)fovea_fail(&why, code, "%s", what);
    fovea_life_kill(slot, FOVEA_STOP_PROTOCOL, &why);
}

static void
receive_hello(struct fovea_slot *slot, const struct fovea_frame *frame)
{
    struct fovea_hello hello;
    if (!fovea_hello_read(frame, &hello)) {
        break_off(slot, FOVEA_ERR_WORKER_START, "malformed HELLO");
        return;
    }
    if (hello.protocol != FOVEA_PROTOCOL_VERSION ||
            strcmp(hello.build, FOVEA_VERSION) != 0) {
        struct fovea_error why;
        (void)fovea_fail(&why, FOVEA_ERR_WORKER_START,
                "the worker program %.130s is of fovea %s, protocol %u; this is "
                "%s, protocol %d",
                slot->group->pool->program, hello.build,
                (unsigned)hello.protocol, FOVEA_VERSION,
                FOVEA_PROTOCOL_VERSION);
        fovea_life_kill(slot, FOVEA_STOP_PROTOCOL, &why);
        return;
    }
    slot->due_ns = FOVEA_NEVER; /* from here it waits for us */
    fovea_group_weights_greeted(slot, hello.engine);
}

/* The word of a worker that it is not sealed counts; the other needs none. */
static bool
check_sandbox(struct fovea_slot *slot, const struct fovea_ready *ready)
{
    struct fovea_pool *pool = slot->group->pool;
    if (ready->is_sandboxed) {
        return true;
    }
    if (pool->settings.sandbox == FOVEA_SANDBOX_ON) {
        break_off(slot, FOVEA_ERR_SANDBOX, "not sealed though it had to be");
        return false;
    }
    if (pool->settings.sandbox == FOVEA_SANDBOX_AUTO &&
            !pool->reported_no_sandbox) {
        pool->reported_no_sandbox = true;
        fovea_event_report(pool, FOVEA_EVENT_NO_SANDBOX, slot->group, slot,
                "workers are not sealed off: %s", ready->remark);
    }
    return true;
}

static void
receive_ready(struct fovea_slot *slot, struct fovea_frame *frame)
{
    struct fovea_group *group = slot->group;
    struct fovea_pool *pool = group->pool;
    struct fovea_ready ready;
    if (!fovea_ready_read(frame, &ready)) {
        break_off(slot, FOVEA_ERR_WORKER_START, "malformed READY");
        return;
    }
    const char *nonsense = fovea_claims_ready(&group->settings, &ready,
            fovea_clock_ns() - slot->started_ns);
    if (nonsense) {
        break_off(slot, FOVEA_ERR_WORKER_START, nonsense);
        return;
    }
    if (!fovea_group_weights_ready(slot, frame, &ready)) {
        break_off(slot, FOVEA_ERR_WORKER_START,
                "packed weights that make no sense");
        return;
    }
    if (!check_sandbox(slot, &ready)) {
        return;
    }
    uint64_t own = group->settings.worker_bytes;
    own = ready.scratch_bytes > own ? ready.scratch_bytes : own;
    fovea_lock(pool);
    fovea_governor_settle(&pool->governor, &slot->own, own);
    slot->is_sandboxed = ready.is_sandboxed;
    slot->ready_ns = pool->now_ns;
    fovea_unlock(pool);
    slot->used_ns = pool->now_ns;
    fovea_slot_set_state(slot, FOVEA_WORKER_READY);
    fovea_event_report(pool, FOVEA_EVENT_WORKER_READY, group, slot,
            "after %.0f ms",
            (double)(slot->ready_ns - slot->started_ns) /
                    (double)FOVEA_NS_PER_MS);
    struct fovea_error good = { .code = FOVEA_OK };
    fovea_prewarm_done(group, slot->serial, &good);
}

static void
receive_failed(struct fovea_slot *slot, const struct fovea_frame *frame)
{
    struct fovea_failed failed;
    if (!fovea_failed_read(frame, &failed)) {
        break_off(slot, FOVEA_ERR_WORKER_START, "malformed FAILED");
        return;
    }
    struct fovea_error why;
    (void)fovea_fail(&why, failed.status, "%s", failed.message);
    why.sys_errno = failed.sys_errno;
    slot->failure = why;
    slot->is_harmless = failed.packed_is_bad && fovea_group_weights_bad(slot);
    fovea_life_kill(slot, FOVEA_STOP_LOAD, &why);
}

/* No work on an item took longer than the host waits for it. */
static bool
is_in_time(const struct fovea_slot *slot, uint64_t decode_ns,
        uint64_t forward_ns)
{
    return fovea_claims_times(decode_ns, forward_ns,
            fovea_clock_ns() - slot->job_ns);
}

static void
receive_decoded(struct fovea_slot *slot, const struct fovea_frame *frame)
{
    struct fovea_decoded decoded;
    struct fovea_inflight *inflight = NULL;
    if (fovea_decoded_read(frame, &decoded)) {
        inflight = fovea_inflight_find(slot, frame->id, decoded.index);
    }
    if (!inflight || inflight->is_decoded ||
            !is_in_time(slot, decoded.decode_ns, 0)) {
        break_off(slot, FOVEA_ERR_WORKER_CRASHED,
                "DECODED that makes no sense");
        return;
    }
    fovea_inflight_decoded(slot, inflight);
}

static bool
is_vector(const float *vector, size_t n, bool is_raw)
{
    double square = fovea_vector_square(vector, n);
    return isfinite(square) &&
            (is_raw || fabs(sqrt(square) - 1) <= NORM_TOLERANCE);
}

/* After the last result of a job. */
static void
finish_job(struct fovea_slot *slot)
{
    struct fovea_pool *pool = slot->group->pool;
    fovea_output_close(slot);
    fovea_inflight_end(slot);
    fovea_channel_finish_job(&slot->channel_state);
    slot->used_ns = pool->now_ns;
    fovea_slot_set_state(slot, FOVEA_WORKER_READY);
    bool is_worn = slot->lacks_memory && slot->n_items >= FOVEA_WORN_AFTER;
    if (is_worn || slot->n_items >= pool->settings.recycle_after) {
        fovea_life_stop(slot, FOVEA_STOP_RECYCLED);
    }
}

/* NULL with a bad item is right; with a good one it makes no sense. */
static const void *
find_row(struct fovea_slot *slot, const struct fovea_inflight *inflight,
        uint32_t index)
{
    const struct fovea_group_settings *settings = &slot->group->settings;
    if (fovea_work_facts(settings->kind)->output == FOVEA_OUTPUT_FILE) {
        const void *row = fovea_output_read(slot, index);
        return row && fovea_claims_row(settings, row) ? row : NULL;
    }
    float *vector = slot->group->pool->vector;
    return is_vector(vector, settings->dimension, inflight->is_raw) ? vector
                                                                    : NULL;
}

/* A damaged image is good only where the policy accepts one, and texts are
   cut, not images. */
static bool
may_note(const struct fovea_group_settings *settings, uint32_t notes)
{
    bool is_text =
            fovea_work_facts(settings->kind)->modality == FOVEA_MODALITY_TEXT;
    return is_text ? !(notes & ~(uint32_t)FOVEA_NOTE_TRUNCATED)
                   : !(notes & FOVEA_NOTE_TRUNCATED) &&
                    (!(notes & FOVEA_NOTE_DAMAGED) ||
                            settings->limits.damaged == FOVEA_DAMAGED_ACCEPT);
}

/* The library's struct of what the worker said; nothing of a bad item. */
static struct fovea_image_facts
take_facts(const struct fovea_facts *said)
{
    struct fovea_image_facts facts = { .struct_size = sizeof facts };
    if (said->width_px > 0) {
        facts.format = fovea_format_word(said->format);
        facts.taken_s = said->has_taken ? said->taken_s : FOVEA_TAKEN_UNKNOWN;
        facts.width_px = said->width_px;
        facts.height_px = said->height_px;
    }
    return facts;
}

/* Of the result that was read; row: NULL with a bad one. */
static void
complete(struct fovea_pool_item *item, const struct fovea_result *result,
        const void *row)
{
    struct fovea_pool_outcome outcome = {
        .error = {
            .code = result->status,
            .sys_errno = result->sys_errno,
            .notes = result->notes,
        },
        .row = row,
        .timings = {
            .decode_ns = (int64_t)result->decode_ns,
            .forward_ns = (int64_t)result->forward_ns,
        },
        .facts = take_facts(&result->facts),
    };
    memcpy(outcome.error.message, result->message,
            sizeof outcome.error.message);
    if (item->is_cancelled) {
        outcome.row = NULL;
        outcome.facts = take_facts(&(struct fovea_facts){ 0 });
        (void)fovea_fail(&outcome.error, FOVEA_ERR_CANCELLED,
                "the %s was cancelled", fovea_group_item(item->group));
    }
    fovea_complete(item, &outcome);
}

static void
receive_result(struct fovea_slot *slot, const struct fovea_frame *frame)
{
    struct fovea_group *group = slot->group;
    struct fovea_pool *pool = group->pool;
    struct fovea_result result;
    struct fovea_inflight *inflight = NULL;
    if (fovea_result_read(frame, group->settings.dimension, &result,
                pool->vector) &&
            may_note(&group->settings, result.notes) &&
            (result.status != FOVEA_OK ||
                    fovea_claims_facts(&group->settings, &result.facts)) &&
            is_in_time(slot, result.decode_ns, result.forward_ns)) {
        inflight = fovea_inflight_find(slot, frame->id, result.index);
    }
    bool is_to_file =
            fovea_work_facts(group->settings.kind)->output == FOVEA_OUTPUT_FILE;
    bool is_good = inflight && result.status == FOVEA_OK;
    const void *row = is_good ? find_row(slot, inflight, result.index) : NULL;
    if (!inflight || (is_good && !row)) {
        break_off(slot, FOVEA_ERR_WORKER_CRASHED,
                !inflight            ? "RESULT that makes no sense"
                        : is_to_file ? "a row that cannot be one"
                                     : "a vector that cannot be one");
        return;
    }
    slot->lacks_memory = slot->lacks_memory ||
            (result.status == FOVEA_ERR_NO_MEMORY && !inflight->is_refused);
    struct fovea_pool_item *item = fovea_inflight_done(slot, inflight);
    fovea_lock(pool);
    fovea_breaker_served(&group->breaker);
    fovea_trial_passed(&group->trial);
    fovea_unlock(pool);
    fovea_failure_breaker(group);
    if (slot->n_left == 0) {
        finish_job(slot);
    }
    if (item) {
        complete(item, &result, row);
    }
}

static void
receive_frame(struct fovea_slot *slot, struct fovea_frame *frame)
{
    char what[64];
    if (!fovea_channel_advance(&slot->channel_state, frame->type)) {
        (void)snprintf(what, sizeof what, "%s out of turn",
                fovea_frame_type_name(frame->type));
        break_off(slot, FOVEA_ERR_WORKER_CRASHED, what);
        return;
    }
    switch (frame->type) {
    case FOVEA_FRAME_HELLO:
        receive_hello(slot, frame);
        break;
    case FOVEA_FRAME_READY:
        receive_ready(slot, frame);
        break;
    case FOVEA_FRAME_FAILED:
        receive_failed(slot, frame);
        break;
    case FOVEA_FRAME_DECODED:
        receive_decoded(slot, frame);
        break;
    case FOVEA_FRAME_RESULT:
        receive_result(slot, frame);
        break;
    case FOVEA_FRAME_NEED:
        if (!fovea_grant_ask(slot, frame)) {
            break_off(slot, FOVEA_ERR_WORKER_CRASHED,
                    "NEED that makes no sense");
        }
        break;
    case FOVEA_FRAME_MEASURED: /* never asked of these */
    case FOVEA_FRAME_GRANT:
    case FOVEA_FRAME_LOAD:
    case FOVEA_FRAME_JOB:
    case FOVEA_FRAME_MEASURE:
        break_off(slot, FOVEA_ERR_WORKER_CRASHED, "a frame of the host");
        break;
    }
}

void
fovea_receive(struct fovea_slot *slot, unsigned max_frames)
{
    struct fovea_pool *pool = slot->group->pool;
    for (unsigned i = 0; i < max_frames && fovea_slot_lives(slot); i++) {
        struct fovea_frame frame;
        enum fovea_received received = FOVEA_RECEIVED_NOTHING;
        struct fovea_error error;
        if (fovea_frame_receive(slot->channel, pool->buffer, &received, &frame,
                    &error)) {
            break_off(slot, FOVEA_ERR_WORKER_CRASHED, error.message);
            return;
        }
        if (received == FOVEA_RECEIVED_END) {
            fovea_life_lose_channel(slot);
            return;
        }
        if (received == FOVEA_RECEIVED_NOTHING) {
            return;
        }
        receive_frame(slot, &frame);
        fovea_frame_finish(&frame);
    }
}
