/* Options: see options.h. */
#include "runtime/options.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/sized.h"
#include "option/limits.h"
#include "pool/breaker.h"
#include "pool/quarantine.h"
#include "runtime/weights_digest.h"
#include "spec/dtype.h"
#include "sys/cpu.h"

enum {
    MIN_WORKERS = 2, /* one may be busy with a picture that takes long */
    MEMORY_LIMIT_PCT = 80,
    RECYCLE_AFTER = 10000,
    MAX_REDIRECTS = 5,
    MAX_CONNECTIONS = 32,
    MAX_PER_HOST = 6,
    MAX_TRIES = 3,
    MAX_USER_AGENT = 256,
};

static const uint64_t max_cache_bytes = UINT64_C(8) << 30;

static unsigned
usual_workers(void)
{
    unsigned n = fovea_cpu_count();
    n = n < MIN_WORKERS ? MIN_WORKERS : n;
    return n > FOVEA_MAX_WORKERS ? FOVEA_MAX_WORKERS : n;
}

static enum fovea_status
resolve_numbers(struct fovea_options *all, struct fovea_error *err)
{
    struct fovea_url_options *url = &all->url;
    const struct {
        const char *name;
        unsigned *value;
        unsigned most;
        unsigned usual;
    } numbers[] = {
        { "max_batch", &all->max_batch, FOVEA_MAX_BATCH, FOVEA_DEFAULT_BATCH },
        { "n_threads", &all->n_threads, FOVEA_MAX_THREADS, 1 },
        { "max_workers", &all->max_workers, FOVEA_MAX_WORKERS,
                usual_workers() },
        { "max_queue", &all->max_queue, FOVEA_MAX_QUEUE, FOVEA_DEFAULT_QUEUE },
        { "memory_limit_pct", &all->memory_limit_pct, 100, MEMORY_LIMIT_PCT },
        { "url.max_redirects", &url->max_redirects, 100, MAX_REDIRECTS },
        { "url.max_connections", &url->max_connections, 1024, MAX_CONNECTIONS },
        { "url.max_per_host", &url->max_per_host, 1024, MAX_PER_HOST },
        { "url.max_tries", &url->max_tries, 10, MAX_TRIES },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(numbers); i++) {
        if (*numbers[i].value > numbers[i].most) {
            return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                    "%s is %u, more than the limit of %u", numbers[i].name,
                    *numbers[i].value, numbers[i].most);
        }
        if (*numbers[i].value == 0) {
            *numbers[i].value = numbers[i].usual;
        }
    }
    return FOVEA_OK;
}

static enum fovea_status
resolve_times(struct fovea_options *all, struct fovea_error *err)
{
    const struct {
        const char *name;
        int64_t *value;
        int64_t usual_s;
    } times[] = {
        { "idle_ns", &all->idle_ns, 300 },
        { "deadline_ns", &all->deadline_ns, 300 },
        { "image_ns", &all->image_ns, 30 },
        { "load_ns", &all->load_ns, 120 },
        { "url.connect_ns", &all->url.connect_ns, 10 },
        { "url.total_ns", &all->url.total_ns, 60 },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(times); i++) {
        if (*times[i].value < 0) {
            return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                    "%s is less than no time", times[i].name);
        }
        if (*times[i].value == 0) {
            *times[i].value = times[i].usual_s * FOVEA_NS_PER_S;
        }
    }
    if (all->drain_ns == 0) {
        all->drain_ns = 5 * FOVEA_NS_PER_S;
    } else if (all->drain_ns < 0) {
        all->drain_ns = 0;
    }
    return FOVEA_OK;
}

/* It becomes a line of a request. */
static enum fovea_status
resolve_user_agent(struct fovea_url_options *url, struct fovea_error *err)
{
    if (!url->user_agent) {
        url->user_agent = FOVEA_DEFAULT_USER_AGENT;
    }
    size_t size = 0;
    while (url->user_agent[size] >= ' ' && url->user_agent[size] <= '~') {
        size++;
    }
    if (url->user_agent[size] || size == 0 || size > MAX_USER_AGENT) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "url.user_agent (--user-agent) must be 1 to %d characters of "
                "ASCII on one line",
                MAX_USER_AGENT);
    }
    return FOVEA_OK;
}

/* A later version's members would be there. */
static enum fovea_status
check_reserved(const struct fovea_options *all, struct fovea_error *err)
{
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(all->url.reserved); i++) {
        if (all->url.reserved[i]) {
            return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                    "url.reserved[%zu] is not 0: it has no meaning in this "
                    "version of the library",
                    i);
        }
    }
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(all->limits.reserved); i++) {
        if (all->limits.reserved[i]) {
            return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                    "limits.reserved[%zu] is not 0: it has no meaning in this "
                    "version of the library",
                    i);
        }
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_options_resolve(const struct fovea_options *options,
        struct fovea_options *all_out, struct fovea_error *err)
{
    struct fovea_options all = { .max_batch = 0 };
    enum fovea_status status = fovea_sized_take(options, "fovea_options",
            "FOVEA_OPTIONS_INIT", &all, sizeof all, err);
    if (!status) {
        status = check_reserved(&all, err);
    }
    if (status) {
        return status;
    }
    if (!fovea_dtype_word(all.dtype)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "dtype %d is not known",
                (int)all.dtype);
    }
    if (all.sandbox != FOVEA_SANDBOX_DEFAULT &&
            all.sandbox != FOVEA_SANDBOX_ON &&
            all.sandbox != FOVEA_SANDBOX_AUTO &&
            all.sandbox != FOVEA_SANDBOX_OFF) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "sandbox %d is not known",
                (int)all.sandbox);
    }
    if (all.limits.damaged != FOVEA_DAMAGED_REFUSE &&
            all.limits.damaged != FOVEA_DAMAGED_ACCEPT) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "damaged %d is not known",
                (int)all.limits.damaged);
    }
    status = resolve_numbers(&all, err);
    if (!status) {
        status = resolve_times(&all, err);
    }
    if (!status) {
        status = resolve_user_agent(&all.url, err);
    }
    if (status) {
        return status;
    }
    if (all.sandbox == FOVEA_SANDBOX_DEFAULT) {
        all.sandbox = FOVEA_HAS_SANDBOX ? FOVEA_SANDBOX_ON : FOVEA_SANDBOX_OFF;
    }
    if (!all.recycle_after) {
        all.recycle_after = RECYCLE_AFTER;
    }
    if (!all.max_cache_bytes) {
        all.max_cache_bytes = max_cache_bytes;
    }
    all.limits = fovea_limits_resolve(&all.limits);
    *all_out = all;
    return FOVEA_OK;
}

struct fovea_pool_settings
fovea_options_pool(const struct fovea_options *options)
{
    return (struct fovea_pool_settings){
        .max_workers = options->max_workers,
        .max_queue = options->max_queue,
        .memory_limit_pct = options->memory_limit_pct,
        .memory_limit_bytes = options->memory_limit_bytes,
        .idle_ns = options->idle_ns,
        .image_ns = options->image_ns,
        .load_ns = options->load_ns,
        .drain_ns = options->drain_ns,
        .recycle_after = options->recycle_after,
        .breaker_open_ns = FOVEA_BREAKER_OPEN_NS,
        .quarantine_ns = FOVEA_QUARANTINE_NS,
        .sandbox = options->sandbox,
        .worker_program = options->worker_program,
        .cache_directory = options->cache_directory,
        .max_cache_bytes = options->max_cache_bytes,
        .digest = fovea_weights_digest,
        .on_event = options->on_event,
        .event_context = options->event_context,
        .memory_root = "",
    };
}

struct fovea_fetch_settings
fovea_options_fetch(const struct fovea_options *options)
{
    return (struct fovea_fetch_settings){
        .url = options->url,
        .max_bytes = options->limits.max_bytes,
        .max_waiting = options->max_queue,
    };
}
