/* See pressure.h. */
#include "pool/pressure.h"

#include "pool/events.h"

void
fovea_pressure_refresh(struct fovea_pool *pool, int64_t max_age_ns)
{
    if (pool->memory_read_ns &&
            pool->now_ns - pool->memory_read_ns < max_age_ns) {
        return;
    }
    struct fovea_memory memory;
    if (!fovea_memory_read(pool->settings.memory_root, &memory)) {
        /* Where it is not known how much there is, nothing is held back. */
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
        fovea_event_report(pool, FOVEA_EVENT_PRESSURE, NULL, NULL, "%s",
                fovea_pressure_name(pressure));
    }
}
