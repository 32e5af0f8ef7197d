/*
 * How everything stands. Copied with the lock held, measured without: reading
 * what processes use takes the kernel a while.
 */
#include "pool/stats.h"

#include <string.h>

#include "pool/internal.h"
#include "pool/slot.h"

static void
copy_group(const struct fovea_group *group, struct fovea_model_stats *stats_out)
{
    const struct fovea_pool *pool = group->pool;
    *stats_out = group->counts;
    stats_out->work = fovea_work_facts(group->settings.kind)->name;
    stats_out->max_workers = pool->settings.max_workers;
    stats_out->max_queue = pool->settings.max_queue;
    stats_out->n_workers = fovea_slot_count(group, fovea_slot_lives);
    stats_out->n_queued = (uint32_t)fovea_queue_size(&group->queue);
    stats_out->breaker = group->breaker.state;
    stats_out->shared_bytes = group->shared_bytes;
    for (unsigned i = 0; i < pool->n_slots; i++) {
        if (pool->slots[i].group == group) {
            stats_out->n_in_flight += pool->slots[i].n_left;
        }
    }
}

static void
copy_worker(const struct fovea_slot *slot, unsigned index, int64_t now_ns,
        struct fovea_worker_stats *stats_out)
{
    *stats_out = (struct fovea_worker_stats){
        .work = fovea_work_facts(slot->group->settings.kind)->name,
        .pid = slot->pid,
        .slot = index,
        .state = slot->state,
        .stop_reason = slot->reason,
        .sandboxed = slot->is_sandboxed,
        .age_ns = now_ns - slot->started_ns,
        .in_state_ns = now_ns - slot->since_ns,
        .ready_after_ns =
                slot->ready_ns ? slot->ready_ns - slot->started_ns : 0,
        .n_images = slot->n_items,
        .n_in_flight = slot->n_left,
        .reserved_bytes = slot->own.bytes + slot->granted_bytes,
    };
}

/* Keys stand behind the models, in the same block: a model may be closed before
   its stats are read. */
static void
copy_key(const char *key, const char **key_out, char **at)
{
    size_t size = strlen(key) + 1;
    memcpy(*at, key, size);
    *key_out = *at;
    *at += size;
}

/* mu held. */
static enum fovea_status
copy_all(const struct fovea_pool *pool, struct fovea_pool_stats *stats,
        struct fovea_error *err)
{
    size_t n_models = 0;
    size_t keys_size = 0;
    for (const struct fovea_group *group = pool->groups; group;
            group = group->next) {
        n_models++;
        keys_size += strlen(group->settings.key) + 1;
    }
    size_t models_size = n_models * sizeof *stats->models + keys_size;
    size_t workers_size = pool->n_slots * sizeof *stats->workers;
    stats->models = malloc(models_size + 1);
    stats->workers = malloc(workers_size + 1);
    if (!stats->models || !stats->workers) {
        return fovea_fail_memory(err, models_size + workers_size, "stats");
    }
    char *at = (char *)(stats->models + n_models);
    int64_t now_ns = fovea_clock_ns();
    for (const struct fovea_group *group = pool->groups; group;
            group = group->next) {
        struct fovea_model_stats *model_stats =
                &stats->models[stats->n_models++];
        copy_group(group, model_stats);
        copy_key(group->settings.key, &model_stats->key, &at);
        for (unsigned i = 0; i < pool->n_slots; i++) {
            const struct fovea_slot *slot = &pool->slots[i];
            if (slot->group == group && slot->state != FOVEA_WORKER_DEAD) {
                copy_worker(slot, i, now_ns, &stats->workers[stats->n_workers]);
                stats->workers[stats->n_workers++].model_key = model_stats->key;
            }
        }
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_stats_read(struct fovea_pool *pool, struct fovea_pool_stats *stats_out,
        struct fovea_error *err)
{
    if (fovea_pool_is_forked(pool)) {
        return fovea_fail(err, FOVEA_ERR_FORKED,
                "the library was opened in the parent of this process");
    }
    struct fovea_memory memory;
    bool has_memory = fovea_memory_read(pool->settings.memory_root, &memory);
    struct fovea_pool_stats stats = FOVEA_POOL_STATS_INIT;
    fovea_lock(pool);
    enum fovea_status status = copy_all(pool, &stats, err);
    struct fovea_governor governor = pool->governor;
    stats.n_quarantined = (uint32_t)fovea_quarantine_count(&pool->quarantine,
            fovea_clock_ns());
    fovea_unlock(pool);
    if (status) {
        fovea_pool_stats_finish(&stats);
        return status;
    }
    if (has_memory) {
        fovea_governor_update(&governor, &memory);
    }
    stats.memory_total_bytes = governor.memory.total_bytes;
    stats.memory_available_bytes = governor.memory.available_bytes;
    stats.memory_limit_bytes = fovea_governor_limit(&governor);
    stats.memory_reserved_bytes = governor.reserved_bytes;
    stats.pressure = fovea_governor_pressure(&governor);
    for (size_t i = 0; i < stats.n_workers; i++) {
        struct fovea_worker_stats *worker = &stats.workers[i];
        worker->pss_bytes = worker->pid ? fovea_memory_pss(worker->pid) : 0;
        stats.memory_pss_bytes += worker->pss_bytes;
    }
    *stats_out = stats;
    return FOVEA_OK;
}

void
fovea_pool_stats_finish(struct fovea_pool_stats *stats)
{
    if (stats) {
        /* What is behind these is left to its values: how far it goes is
           known to whoever was compiled with it. */
        free(stats->models);
        free(stats->workers);
        stats->models = NULL;
        stats->workers = NULL;
        stats->n_models = 0;
        stats->n_workers = 0;
    }
}

uint64_t
fovea_stats_reserved_bytes(struct fovea_pool *pool)
{
    if (fovea_pool_is_forked(pool)) {
        return 0;
    }
    fovea_lock(pool);
    uint64_t bytes = pool->governor.reserved_bytes;
    fovea_unlock(pool);
    return bytes;
}
