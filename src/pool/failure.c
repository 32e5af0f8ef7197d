/*
 * What the end of a worker means: for the items that it had in flight, for
 * those that wait, and for the breaker.
 */
#include "pool/failure.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "pool/complete.h"
#include "pool/events.h"
#include "pool/inflight.h"
#include "pool/jobs.h"
#include "pool/prewarm.h"
#include "pool/slot.h"

/* An item that ended two workers: its bytes are digested, then it is answered.
   */
struct quarantine_job {
    struct fovea_background_job background; /* first */
    struct fovea_group *group;
    struct fovea_pool_item *item; /* owned */
    struct fovea_quarantined entry;
    enum fovea_status status; /* of the digest */
};

static void
run_quarantine(struct fovea_background_job *background)
{
    struct quarantine_job *job = (struct quarantine_job *)background;
    job->status = fovea_quarantine_digest(job->item->request.fd,
            job->item->request.size, fovea_group_judge(job->group),
            job->entry.digest, NULL);
}

static void
finish_quarantine(struct fovea_background_job *background)
{
    FOVEA_AUTO_FREE struct quarantine_job *job =
            (struct quarantine_job *)background;
    struct fovea_pool *pool = job->group->pool;
    bool is_released = job->entry.since_ns <= job->group->trial.released_ns;
    if (job->status == FOVEA_OK && !is_released) {
        fovea_lock(pool);
        fovea_quarantine_add(&pool->quarantine, &job->entry);
        fovea_unlock(pool);
    }
    fovea_complete_failed(job->item, &job->entry.result);
    fovea_jobs_end(job->group);
}

static void
quarantine(struct fovea_slot *slot, struct fovea_pool_item *item)
{
    struct fovea_pool *pool = slot->group->pool;
    struct fovea_error result;
    bool is_timeout = slot->reason == FOVEA_STOP_IMAGE_TIMEOUT;
    (void)fovea_fail(&result,
            is_timeout ? FOVEA_ERR_WORKER_TIMEOUT : FOVEA_ERR_WORKER_CRASHED,
            "the %s ended two workers, the last by %s",
            fovea_group_item(slot->group), slot->failure.message);
    FOVEA_AUTO_FREE struct quarantine_job *job = calloc(1, sizeof *job);
    if (!job) {
        fovea_complete_failed(item, &result);
        return;
    }
    *job = (struct quarantine_job){
        .background = { .run = run_quarantine, .done = finish_quarantine },
        .group = slot->group,
        .item = item,
        .entry = { .size = item->request.size,
                .since_ns = pool->now_ns,
                .result = result },
    };
    if (fovea_jobs_add(slot->group, &job->background)) {
        (void)FOVEA_TAKE(job); /* its own from here */
    } else {
        fovea_complete_failed(item, &result);
    }
}

/* What becomes of the items of a worker that ends. */
struct lost {
    struct fovea_items cancelled;
    struct fovea_items quarantined;
    struct fovea_items killed;
};

/* mu held. */
static void
lose(struct fovea_slot *slot, struct fovea_pool_item *item, struct lost *lost)
{
    struct fovea_group *group = slot->group;
    item->n_deaths += slot->blame == FOVEA_BLAME_ITEM;
    item->n_kills += slot->blame == FOVEA_BLAME_OUTSIDE;
    if (item->is_cancelled) {
        fovea_items_push(&lost->cancelled, item);
    } else if (item->n_deaths > 1) {
        fovea_items_push(&lost->quarantined, item);
    } else if (item->n_kills >= FOVEA_KILLS_MAX) {
        fovea_items_push(&lost->killed, item);
    } else {
        group->counts.n_retried++;
        fovea_queue_push(&group->queue, item);
    }
}

void
fovea_failure_lose_inflight(struct fovea_slot *slot)
{
    struct fovea_group *group = slot->group;
    struct lost lost = { 0 };
    fovea_lock(group->pool);
    struct fovea_items items;
    fovea_inflight_take_all(slot, &items);
    for (struct fovea_pool_item *item; (item = fovea_items_pop(&items));) {
        lose(slot, item, &lost);
    }
    fovea_unlock(group->pool);
    struct fovea_error why;
    (void)fovea_fail(&why, FOVEA_ERR_CANCELLED, "the %s was cancelled",
            fovea_group_item(group));
    fovea_complete_all(&lost.cancelled, &why);
    (void)fovea_fail(&why, FOVEA_ERR_WORKER_KILLED,
            "%d workers that had the %s were ended from outside, the last "
            "by %s",
            FOVEA_KILLS_MAX, fovea_group_item(group), slot->failure.message);
    fovea_complete_all(&lost.killed, &why);
    for (struct fovea_pool_item *item;
            (item = fovea_items_pop(&lost.quarantined));) {
        quarantine(slot, item);
    }
}

/* The canary's worker is at fault itself, so what was blamed on items since the
   row began was its kind's doing. */
static void
release_isolated(struct fovea_group *group)
{
    struct fovea_pool *pool = group->pool;
    fovea_lock(pool);
    fovea_trial_failed(&group->trial, pool->now_ns);
    fovea_quarantine_release(&pool->quarantine, group->trial.since_ns);
    fovea_queue_release_isolated(&group->queue);
    fovea_unlock(pool);
}

/* What its end means for others than its own items. True: it counts against
   its kind. */
static bool
settle_blame(struct fovea_slot *slot)
{
    struct fovea_group *group = slot->group;
    bool is_on_trial = slot->is_on_trial;
    fovea_inflight_end_trial(slot);
    if (slot->is_harmless || slot->blame != FOVEA_BLAME_WORKER) {
        if (slot->blame == FOVEA_BLAME_ITEM) {
            fovea_lock(group->pool);
            fovea_trial_fault(&group->trial, group->pool->now_ns);
            fovea_unlock(group->pool);
        }
        return false;
    }
    if (is_on_trial) {
        struct fovea_error what = slot->failure;
        bool is_text = fovea_work_facts(group->settings.kind)->modality ==
                FOVEA_MODALITY_TEXT;
        (void)fovea_fail(&slot->failure, what.code,
                "with %s that is known to be good: %s",
                is_text ? "a text" : "a picture", what.message);
        release_isolated(group);
    }
    return true;
}

void
fovea_failure_breaker(struct fovea_group *group)
{
    if (group->breaker.state == group->breaker_reported) {
        return;
    }
    group->breaker_reported = group->breaker.state;
    fovea_event_report(group->pool, FOVEA_EVENT_BREAKER, group, NULL, "%s",
            fovea_breaker_state_name(group->breaker_reported));
}

void
fovea_failure_refusal(const struct fovea_group *group, int64_t now_ns,
        struct fovea_error *error_out)
{
    int64_t left_ns = group->breaker.next_ns - now_ns;
    int64_t left_s = (left_ns + FOVEA_NS_PER_S - 1) / FOVEA_NS_PER_S;
    (void)fovea_fail(error_out, FOVEA_ERR_CIRCUIT_OPEN,
            "%u workers failed in a row, none is started for %d s; the last "
            "one: %s",
            group->breaker.n_faults, left_s > 0 ? (int)left_s : 0,
            group->last_fault.message);
}

/* Whether those who wait should hear of it now, instead of waiting for another
   try: what ended by itself while loading will do so again. A kill from outside
   says nothing about the next one. */
static bool
is_hopeless(const struct fovea_slot *slot)
{
    return slot->ready_ns == 0 && slot->reason != FOVEA_STOP_KILLED &&
            slot->reason != FOVEA_STOP_OOM &&
            fovea_slot_count(slot->group, fovea_slot_lives) == 0;
}

/* Libraries crash where they get no memory: who set a limit (ulimit -v, a
   service's LimitAS) should not have to guess. Empty where there is none. */
static void
say_address_space(char *text, size_t size)
{
    struct rlimit limit;
    text[0] = '\0';
    if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
        (void)snprintf(text, size,
                "; its address space is limited to %" PRIu64 " MB (RLIMIT_AS)",
                (uint64_t)limit.rlim_cur >> 20);
    }
}

void
fovea_failure_judge(struct fovea_slot *slot)
{
    struct fovea_group *group = slot->group;
    struct fovea_pool *pool = group->pool;
    if (!settle_blame(slot)) {
        if (slot->is_probe) {
            fovea_lock(pool);
            fovea_breaker_probe_gone(&group->breaker);
            fovea_unlock(pool);
        }
        fovea_prewarm_release(group, slot->serial);
        return;
    }
    struct fovea_error fault = slot->failure;
    if (slot->ready_ns == 0 && fault.code == FOVEA_ERR_WORKER_CRASHED) {
        char space[80];
        say_address_space(space, sizeof space);
        (void)fovea_fail(&fault, FOVEA_ERR_WORKER_START,
                "a worker of %s ended while it was loading: %s%s",
                group->settings.key, slot->failure.message, space);
    }
    fovea_lock(pool);
    fovea_breaker_fault(&group->breaker, pool->now_ns);
    group->last_fault = fault;
    fovea_unlock(pool);
    fovea_failure_breaker(group);
    fovea_prewarm_done(group, slot->serial, &fault);
    if (is_hopeless(slot)) {
        fovea_complete_waiting(group, &fault);
    }
}
