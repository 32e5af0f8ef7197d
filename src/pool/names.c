/* Names of what fovea/pool.h counts and reports, and which of it is a fault. */
#include "fovea/pool.h"

#include "base/macros.h"

static const char *const states[] = {
    [FOVEA_WORKER_SPAWNING] = "spawning",
    [FOVEA_WORKER_LOADING] = "loading",
    [FOVEA_WORKER_READY] = "ready",
    [FOVEA_WORKER_PROCESSING] = "processing",
    [FOVEA_WORKER_IDLE] = "idle",
    [FOVEA_WORKER_EVICTING] = "evicting",
    [FOVEA_WORKER_FAILED] = "failed",
    [FOVEA_WORKER_DEAD] = "dead",
};

static const char *const reasons[] = {
    [FOVEA_STOP_NONE] = "none",
    [FOVEA_STOP_IDLE] = "idle",
    [FOVEA_STOP_MEMORY] = "memory",
    [FOVEA_STOP_MODEL] = "model_closed",
    [FOVEA_STOP_SHUTDOWN] = "shutdown",
    [FOVEA_STOP_RECYCLED] = "recycled",
    [FOVEA_STOP_EXEC] = "exec",
    [FOVEA_STOP_LOAD] = "load",
    [FOVEA_STOP_LOAD_TIMEOUT] = "load_timeout",
    [FOVEA_STOP_IMAGE_TIMEOUT] = "image_timeout",
    [FOVEA_STOP_CRASHED] = "crashed",
    [FOVEA_STOP_KILLED] = "killed",
    [FOVEA_STOP_OOM] = "oom",
    [FOVEA_STOP_EXITED] = "exited",
    [FOVEA_STOP_PROTOCOL] = "protocol",
};
_Static_assert(FOVEA_ARRAY_LEN(reasons) == FOVEA_STOP_COUNT,
        "every reason has a name");

static const char *const pressures[] = { [FOVEA_PRESSURE_LOW] = "low",
    [FOVEA_PRESSURE_NORMAL] = "normal",
    [FOVEA_PRESSURE_HIGH] = "high",
    [FOVEA_PRESSURE_CRITICAL] = "critical" };

static const char *const breaker_states[] = { [FOVEA_BREAKER_CLOSED] = "closed",
    [FOVEA_BREAKER_OPEN] = "open",
    [FOVEA_BREAKER_HALF_OPEN] = "half_open" };

static const char *const events[] = {
    [FOVEA_EVENT_WORKER_STARTED] = "worker_started",
    [FOVEA_EVENT_WORKER_READY] = "worker_ready",
    [FOVEA_EVENT_WORKER_STOPPED] = "worker_stopped",
    [FOVEA_EVENT_WORKER_LOG] = "worker_log",
    [FOVEA_EVENT_COLD_START] = "cold_start",
    [FOVEA_EVENT_START_REFUSED] = "start_refused",
    [FOVEA_EVENT_NO_SANDBOX] = "no_sandbox",
    [FOVEA_EVENT_PRESSURE] = "pressure",
    [FOVEA_EVENT_BREAKER] = "breaker",
    [FOVEA_EVENT_CACHE] = "cache",
};

static const char *
name_at(const char *const *names, size_t n, unsigned index)
{
    return index < n ? names[index] : "unknown";
}

const char *
fovea_worker_state_name(enum fovea_worker_state state)
{
    return name_at(states, FOVEA_ARRAY_LEN(states), (unsigned)state);
}

const char *
fovea_stop_reason_name(enum fovea_stop_reason reason)
{
    return name_at(reasons, FOVEA_ARRAY_LEN(reasons), (unsigned)reason);
}

const char *
fovea_pressure_name(enum fovea_pressure pressure)
{
    return name_at(pressures, FOVEA_ARRAY_LEN(pressures), (unsigned)pressure);
}

const char *
fovea_breaker_state_name(enum fovea_breaker_state state)
{
    return name_at(breaker_states, FOVEA_ARRAY_LEN(breaker_states),
            (unsigned)state);
}

const char *
fovea_event_kind_name(enum fovea_event_kind kind)
{
    return name_at(events, FOVEA_ARRAY_LEN(events), (unsigned)kind);
}

bool
fovea_stop_reason_is_fault(enum fovea_stop_reason reason)
{
    switch (reason) {
    case FOVEA_STOP_EXEC:
    case FOVEA_STOP_LOAD:
    case FOVEA_STOP_LOAD_TIMEOUT:
    case FOVEA_STOP_IMAGE_TIMEOUT:
    case FOVEA_STOP_CRASHED:
    case FOVEA_STOP_KILLED:
    case FOVEA_STOP_OOM:
    case FOVEA_STOP_EXITED:
    case FOVEA_STOP_PROTOCOL:
        return true;
    case FOVEA_STOP_NONE:
    case FOVEA_STOP_IDLE:
    case FOVEA_STOP_MEMORY:
    case FOVEA_STOP_MODEL:
    case FOVEA_STOP_SHUTDOWN:
    case FOVEA_STOP_RECYCLED:
    case FOVEA_STOP_COUNT:
    default:
        return false;
    }
}
