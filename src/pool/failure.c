/*
 * What the end of a worker means: for the images in its hands, for those that
 * wait, and for the breaker.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "pool/chores.h"
#include "pool/inside.h"

/* Its second worker: the verdict is given when the bytes are known again. */
static void
condemn(struct fovea_slot *slot, struct fovea_pool_item *item)
{
    struct fovea_pool *pool = slot->model->pool;
    bool is_timeout = slot->reason == FOVEA_STOP_IMAGE_TIMEOUT;
    struct fovea_chore chore = {
        .kind = FOVEA_CHORE_CONDEMN,
        .model = slot->model,
        .fd = -1,
        .item = item,
        .condemned = { .size = item->image.size, .since_ns = pool->now_ns },
    };
    (void)fovea_fail(&chore.condemned.verdict,
            is_timeout ? FOVEA_ERR_WORKER_TIMEOUT : FOVEA_ERR_WORKER_CRASHED,
            "the image ended two workers, the last by %s",
            slot->failure.message);
    if (!fovea_chores_add(pool, &chore)) {
        struct fovea_timings none = { 0 };
        fovea_answer(item, &chore.condemned.verdict, NULL, none);
    }
}

/* What becomes of the images of a worker that ends. */
struct lost {
    struct fovea_items cancelled;
    struct fovea_items condemned;
    struct fovea_items killed;
};

/* mu held. */
static void
lose(struct fovea_slot *slot, struct fovea_pool_item *item, struct lost *lost)
{
    struct fovea_pool_model *model = slot->model;
    item->n_deaths += slot->blame == FOVEA_BLAME_IMAGE;
    item->n_kills += slot->blame == FOVEA_BLAME_OUTSIDE;
    if (item->is_cancelled) {
        fovea_items_push(&lost->cancelled, item);
    } else if (item->n_deaths > 1) {
        fovea_items_push(&lost->condemned, item);
    } else if (item->n_kills >= FOVEA_KILLS_MAX) {
        fovea_items_push(&lost->killed, item);
    } else {
        model->counts.n_retried++;
        fovea_queue_push(&model->queue, item);
    }
}

void
fovea_failure_lose_hands(struct fovea_slot *slot)
{
    struct fovea_pool_model *model = slot->model;
    struct lost lost = { 0 };
    fovea_lock(model->pool);
    for (uint32_t i = 0; i < slot->n_hands; i++) {
        struct fovea_pool_item *item = FOVEA_TAKE(slot->hands[i].item);
        if (item) {
            lose(slot, item, &lost);
        }
    }
    slot->n_hands = 0;
    slot->n_left = 0;
    fovea_unlock(model->pool);
    struct fovea_error why;
    (void)fovea_fail(&why, FOVEA_ERR_CANCELLED, "the image was cancelled");
    fovea_answer_all(&lost.cancelled, &why);
    (void)fovea_fail(&why, FOVEA_ERR_WORKER_KILLED,
            "%d workers that had the image were ended from outside, the last "
            "by %s",
            FOVEA_KILLS_MAX, slot->failure.message);
    fovea_answer_all(&lost.killed, &why);
    for (struct fovea_pool_item *item;
            (item = fovea_items_pop(&lost.condemned));) {
        condemn(slot, item);
    }
}

void
fovea_failure_end_trial(struct fovea_slot *slot)
{
    if (slot->is_on_trial) {
        slot->is_on_trial = false;
        slot->model->trial.is_running = false;
    }
}

/* The canary's worker is at fault itself, so what was laid on images since the
   row began was its kind's doing. */
static void
acquit(struct fovea_pool_model *model)
{
    struct fovea_pool *pool = model->pool;
    fovea_lock(pool);
    fovea_trial_failed(&model->trial, pool->now_ns);
    fovea_quarantine_release(&pool->quarantine, model->trial.since_ns);
    fovea_queue_acquit(&model->queue);
    fovea_unlock(pool);
}

/* What its end means for others than its own images. True: it counts against
   its kind. */
static bool
settle_blame(struct fovea_slot *slot)
{
    struct fovea_pool_model *model = slot->model;
    bool is_on_trial = slot->is_on_trial;
    fovea_failure_end_trial(slot);
    if (slot->is_harmless || slot->blame != FOVEA_BLAME_WORKER) {
        if (slot->blame == FOVEA_BLAME_IMAGE) {
            fovea_lock(model->pool);
            fovea_trial_fault(&model->trial, model->pool->now_ns);
            fovea_unlock(model->pool);
        }
        return false;
    }
    if (is_on_trial) {
        struct fovea_error what = slot->failure;
        (void)fovea_fail(&slot->failure, what.code,
                "with a picture that is known to be good: %s", what.message);
        acquit(model);
    }
    return true;
}

void
fovea_failure_breaker(struct fovea_pool_model *model)
{
    if (model->breaker.state == model->told) {
        return;
    }
    model->told = model->breaker.state;
    fovea_event_tell(model->pool, FOVEA_EVENT_BREAKER, model, NULL, "%s",
            fovea_breaker_state_name(model->told));
}

void
fovea_failure_refusal(const struct fovea_pool_model *model, int64_t now_ns,
        struct fovea_error *error_out)
{
    int64_t left_ns = model->breaker.next_ns - now_ns;
    int64_t left_s = (left_ns + FOVEA_NS_PER_S - 1) / FOVEA_NS_PER_S;
    (void)fovea_fail(error_out, FOVEA_ERR_CIRCUIT_OPEN,
            "%u workers failed in a row, none is started for %d s; the last "
            "one: %s",
            model->breaker.n_faults, left_s > 0 ? (int)left_s : 0,
            model->last_fault.message);
}

/* Whether those who wait should hear of it now, instead of waiting for another
   try: what ended by itself while loading will do so again. A kill from outside
   says nothing about the next one. */
static bool
is_hopeless(const struct fovea_slot *slot)
{
    return slot->ready_ns == 0 && slot->reason != FOVEA_STOP_KILLED &&
            slot->reason != FOVEA_STOP_OOM &&
            fovea_slot_count(slot->model, fovea_slot_lives) == 0;
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
    struct fovea_pool_model *model = slot->model;
    struct fovea_pool *pool = model->pool;
    if (!settle_blame(slot)) {
        if (slot->is_probe) {
            fovea_lock(pool);
            fovea_breaker_probe_gone(&model->breaker);
            fovea_unlock(pool);
        }
        fovea_prewarm_release(model, slot->serial);
        return;
    }
    struct fovea_error fault = slot->failure;
    if (slot->ready_ns == 0 && fault.code == FOVEA_ERR_WORKER_CRASHED) {
        char space[80];
        say_address_space(space, sizeof space);
        (void)fovea_fail(&fault, FOVEA_ERR_WORKER_START,
                "a worker of %s ended while it was loading: %s%s",
                model->settings.key, slot->failure.message, space);
    }
    fovea_lock(pool);
    fovea_breaker_fault(&model->breaker, pool->now_ns);
    model->last_fault = fault;
    fovea_unlock(pool);
    fovea_failure_breaker(model);
    fovea_prewarm_done(model, slot->serial, &fault);
    if (is_hopeless(slot)) {
        fovea_fail_waiting(model, &fault);
    }
}
