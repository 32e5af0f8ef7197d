/*
 * Memory for workers: the cold start, one more worker, and who has to go for
 * them.
 */
#include <inttypes.h>

#include "pool/inside.h"

#define MIB (UINT64_C(1) << 20)

enum {
    COLD_START_WORKERS = 2
};

void
fovea_start_refresh(struct fovea_pool *pool, int64_t max_age_ns)
{
    if (pool->memory_read_ns &&
            pool->now_ns - pool->memory_read_ns < max_age_ns) {
        return;
    }
    struct fovea_memory memory;
    if (!fovea_memory_read(pool->settings.memory_root, &memory)) {
        /* Where nobody says how much there is nobody is held back. */
        memory.total_bytes = UINT64_MAX / 128;
        memory.available_bytes = memory.total_bytes;
    }
    pool->memory_read_ns = pool->now_ns;
    pool->oom_kills = fovea_memory_oom_kills(pool->settings.memory_root);
    fovea_lock(pool);
    fovea_governor_update(&pool->governor, &memory);
    fovea_unlock(pool);
    enum fovea_pressure pressure = fovea_governor_pressure(&pool->governor);
    if (pressure != pool->pressure) {
        pool->pressure = pressure;
        fovea_event_tell(pool, FOVEA_EVENT_PRESSURE, NULL, NULL, "%s",
                fovea_pressure_name(pressure));
    }
}

static uint64_t
add_bytes(uint64_t a, uint64_t b)
{
    uint64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

/* What n workers would take, with the weights if nobody holds them yet. */
static uint64_t
need_bytes(const struct fovea_pool_model *model, unsigned n)
{
    uint64_t need = model->shared.bytes > 0 ? 0 : model->settings.shared_bytes;
    for (unsigned i = 0; i < n; i++) {
        need = add_bytes(need, model->settings.worker_bytes);
    }
    return need;
}

/* All or nothing. */
static bool
reserve(struct fovea_pool_model *model, unsigned n,
        struct fovea_reservation owns[])
{
    struct fovea_pool *pool = model->pool;
    struct fovea_governor *governor = &pool->governor;
    uint64_t shared = need_bytes(model, 0);
    fovea_lock(pool);
    bool fits = need_bytes(model, n) <= fovea_governor_room(governor) &&
            (shared == 0 ||
                    fovea_governor_reserve(governor, shared, &model->shared));
    for (unsigned i = 0; i < n && fits; i++) {
        /* There is room, as was looked above. */
        FOVEA_ASSERT(fovea_governor_reserve(governor,
                model->settings.worker_bytes, &owns[i]));
    }
    fovea_unlock(pool);
    return fits;
}

static bool
is_ending(const struct fovea_slot *slot)
{
    return slot->state == FOVEA_WORKER_EVICTING ||
            slot->state == FOVEA_WORKER_FAILED;
}

static bool
any_is_ending(const struct fovea_pool *pool)
{
    for (unsigned i = 0; i < pool->n_slots; i++) {
        if (is_ending(&pool->slots[i])) {
            return true;
        }
    }
    return false;
}

static bool
is_here(const struct fovea_slot *slot)
{
    return slot->state != FOVEA_WORKER_DEAD;
}

static size_t
queue_size(struct fovea_pool_model *model)
{
    fovea_lock(model->pool);
    size_t n = fovea_queue_size(&model->queue);
    fovea_unlock(model->pool);
    return n;
}

/* May it go so that another model can start? mu held. */
static bool
is_dispensable(const struct fovea_slot *slot)
{
    return fovea_slot_is_free_to_work(slot) &&
            fovea_queue_size(&slot->model->queue) == 0;
}

/* What comes back when all that end have ended, and, if asked, all that are
   dispensable too. mu held. */
static uint64_t
coming_bytes(const struct fovea_pool_model *asker, bool with_dispensable)
{
    const struct fovea_pool *pool = asker->pool;
    uint64_t sum = 0;
    for (unsigned i = 0; i < pool->n_slots; i++) {
        const struct fovea_slot *slot = &pool->slots[i];
        const struct fovea_pool_model *model = slot->model;
        if (is_ending(slot) ||
                (with_dispensable && model != asker && is_dispensable(slot))) {
            sum += slot->own.bytes;
        }
    }
    for (const struct fovea_pool_model *model = pool->models; model;
            model = model->next) {
        unsigned n_staying = fovea_slot_count(model, is_here) -
                fovea_slot_count(model, is_ending);
        if (with_dispensable && model != asker) {
            n_staying -= fovea_slot_count(model, is_dispensable);
        }
        if (n_staying == 0 && model != asker) {
            sum += model->shared.bytes;
        }
    }
    return sum;
}

/* Ask the one to end that has been without work for longest. */
static bool
evict_one(const struct fovea_pool_model *asker)
{
    struct fovea_pool *pool = asker->pool;
    struct fovea_slot *oldest = NULL;
    fovea_lock(pool);
    for (unsigned i = 0; i < pool->n_slots; i++) {
        struct fovea_slot *slot = &pool->slots[i];
        if (is_here(slot) && slot->model != asker && is_dispensable(slot) &&
                (!oldest || slot->used_ns < oldest->used_ns)) {
            oldest = slot;
        }
    }
    fovea_unlock(pool);
    if (oldest) {
        fovea_slot_stop(oldest, FOVEA_STOP_MEMORY);
        fovea_loop_due(pool, oldest->due_ns);
    }
    return oldest != NULL;
}

/* Whether waiting for others' end will do; makes as many end as that takes. */
static bool
make_room(const struct fovea_pool_model *asker, uint64_t need)
{
    uint64_t room = fovea_governor_room(&asker->pool->governor);
    fovea_lock(asker->pool);
    bool can = room + coming_bytes(asker, true) >= need;
    uint64_t coming = coming_bytes(asker, false);
    fovea_unlock(asker->pool);
    bool waits = coming > 0;
    while (can && room + coming < need && evict_one(asker)) {
        waits = true;
        fovea_lock(asker->pool);
        coming = coming_bytes(asker, false);
        fovea_unlock(asker->pool);
    }
    return can && waits;
}

static enum fovea_status
fail_memory(const struct fovea_pool_model *model, uint64_t need, uint64_t room,
        struct fovea_error *err)
{
    return fovea_fail(err, FOVEA_ERR_MEMORY_EXHAUSTED,
            "Cannot spawn workers for %s. Need %" PRIu64 " MB, only %" PRIu64
            " MB available",
            model->settings.key, need / MIB + (need % MIB != 0), room / MIB);
}

enum fovea_status
fovea_start_check(const struct fovea_pool_model *model,
        const struct fovea_memory *memory, struct fovea_error *err)
{
    struct fovea_governor governor = model->pool->governor;
    if (memory) {
        fovea_governor_update(&governor, memory);
    }
    uint64_t need = need_bytes(model, 1);
    uint64_t room = fovea_governor_room(&governor);
    return room + coming_bytes(model, true) >= need
            ? FOVEA_OK
            : fail_memory(model, need, room, err);
}

static void
refuse(struct fovea_pool_model *model, uint64_t need)
{
    struct fovea_pool *pool = model->pool;
    struct fovea_error error;
    (void)fail_memory(model, need, fovea_governor_room(&pool->governor),
            &error);
    fovea_event_tell(pool, FOVEA_EVENT_START_REFUSED, model, NULL, "%s",
            error.message);
    fovea_fail_waiting(model, &error);
}

static bool
breaker_allows(struct fovea_pool_model *model)
{
    fovea_lock(model->pool);
    bool allows = fovea_breaker_may_start(&model->breaker, model->pool->now_ns);
    fovea_unlock(model->pool);
    fovea_failure_breaker(model);
    return allows;
}

static unsigned
free_slots(const struct fovea_pool *pool)
{
    unsigned n = FOVEA_MAX_WORKERS - pool->n_slots;
    for (unsigned i = 0; i < pool->n_slots; i++) {
        n += !is_here(&pool->slots[i]);
    }
    return n;
}

static unsigned
smaller(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static void
start_all(struct fovea_pool_model *model, unsigned n,
        struct fovea_reservation owns[])
{
    struct fovea_pool *pool = model->pool;
    fovea_weights_look(model);
    struct fovea_slot *failed = NULL;
    for (unsigned i = 0; i < n && !failed; i++) {
        struct fovea_slot *slot = fovea_slot_start(model, &owns[i]);
        failed = slot->state == FOVEA_WORKER_DEAD ? slot : NULL;
    }
    if (!failed) {
        return;
    }
    fovea_lock(pool);
    for (unsigned i = 0; i < n; i++) { /* nothing is held by those started */
        fovea_governor_release(&pool->governor, &owns[i]);
    }
    fovea_unlock(pool);
    fovea_failure_judge(failed);
}

static void
cold_start(struct fovea_pool_model *model)
{
    struct fovea_pool *pool = model->pool;
    if (!breaker_allows(model)) {
        if (model->breaker.next_ns > pool->now_ns) {
            fovea_loop_due(pool, model->breaker.next_ns);
        }
        return; /* or a probe's end will tell */
    }
    unsigned n = smaller(COLD_START_WORKERS, pool->settings.max_workers);
    if (model->breaker.state == FOVEA_BREAKER_HALF_OPEN) {
        n = 1;
    }
    n = smaller(n, free_slots(pool));
    if (n == 0) {
        if (!any_is_ending(pool)) {
            (void)evict_one(model); /* or wait until any worker ends */
        }
        return;
    }
    fovea_start_refresh(pool, 0);
    struct fovea_reservation owns[COLD_START_WORKERS] = { 0 };
    for (; n > 0 && !reserve(model, n, owns); n--) {
    }
    if (n == 0) {
        uint64_t need = need_bytes(model, 1);
        if (!make_room(model, need)) {
            refuse(model, need);
        }
        return;
    }
    fovea_lock(pool);
    model->counts.n_cold_starts++;
    fovea_unlock(pool);
    fovea_event_tell(pool, FOVEA_EVENT_COLD_START, model, NULL, "%u worker%s",
            n, n == 1 ? "" : "s");
    start_all(model, n, owns);
}

/* One more beside others. */
static enum fovea_status
add_worker(struct fovea_pool_model *model, struct fovea_error *err)
{
    struct fovea_pool *pool = model->pool;
    fovea_start_refresh(pool, FOVEA_SCALE_AGAIN_NS);
    if (pool->pressure >= FOVEA_PRESSURE_HIGH) {
        return fovea_fail(err, FOVEA_ERR_MEMORY_EXHAUSTED,
                "memory is short: no worker is added to those of %s",
                model->settings.key);
    }
    if (free_slots(pool) == 0) {
        return fovea_fail(err, FOVEA_ERR_MEMORY_EXHAUSTED,
                "all %d places for workers are taken", FOVEA_MAX_WORKERS);
    }
    if (!breaker_allows(model)) {
        return fovea_fail(err, FOVEA_ERR_CIRCUIT_OPEN, "%s",
                model->last_fault.message);
    }
    struct fovea_reservation own[1] = { { 0 } };
    uint64_t need = need_bytes(model, 1);
    if (!reserve(model, 1, own)) {
        return fail_memory(model, need, fovea_governor_room(&pool->governor),
                err);
    }
    start_all(model, 1, own);
    return FOVEA_OK;
}

static struct fovea_prewarm *
find_prewarm(struct fovea_pool_model *model)
{
    fovea_lock(model->pool);
    struct fovea_prewarm *prewarm = model->prewarms;
    while (prewarm && prewarm->is_seen) {
        prewarm = prewarm->next;
    }
    if (prewarm) {
        prewarm->is_seen = true;
    }
    fovea_unlock(model->pool);
    return prewarm;
}

/* Each that is new, where workers live already: one more, and wait for it. The
   one that asks stays where it is until it is done, so it may be looked at. */
static void
serve_prewarms(struct fovea_pool_model *model)
{
    struct fovea_pool *pool = model->pool;
    if (model->breaker.next_ns > pool->now_ns) {
        fovea_loop_due(pool, model->breaker.next_ns);
        return;
    }
    for (struct fovea_prewarm *prewarm; (prewarm = find_prewarm(model));) {
        struct fovea_error error = { .code = FOVEA_OK };
        bool is_full = fovea_slot_count(model, fovea_slot_lives) >=
                pool->settings.max_workers;
        uint64_t serial = pool->last_serial + 1;
        if (!is_full) {
            fovea_lock(pool);
            prewarm->serial = serial;
            fovea_unlock(pool);
            if (add_worker(model, &error)) {
                fovea_prewarm_done(model, serial, &error);
            }
        } else if (fovea_slot_count(model, fovea_slot_is_ready) > 0) {
            fovea_lock(pool);
            prewarm->serial = serial; /* of nobody: for this one alone */
            fovea_unlock(pool);
            fovea_prewarm_done(model, serial, &error);
        }
    }
}

static bool
is_busy(const struct fovea_slot *slot)
{
    return slot->state == FOVEA_WORKER_PROCESSING;
}

void
fovea_start_workers(struct fovea_pool_model *model)
{
    struct fovea_pool *pool = model->pool;
    unsigned n_live = fovea_slot_count(model, fovea_slot_lives);
    if (n_live == 0) {
        while (find_prewarm(model)) {
            /* They wait for any worker now. */
        }
        cold_start(model);
        return;
    }
    serve_prewarms(model);
    if (queue_size(model) == 0 || n_live >= pool->settings.max_workers ||
            fovea_slot_count(model, is_busy) < n_live) {
        return;
    }
    if (pool->now_ns >= model->scale_ns && add_worker(model, NULL)) {
        model->scale_ns = pool->now_ns + FOVEA_SCALE_AGAIN_NS;
    }
    fovea_loop_due(pool,
            model->scale_ns > pool->now_ns ? model->scale_ns : FOVEA_NEVER);
}
