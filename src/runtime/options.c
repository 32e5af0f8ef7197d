/* Options: see options.h. */
#include "runtime/options.h"

#include "base/error.h"
#include "base/sized.h"
#include "option/members.h"
#include "pool/breaker.h"
#include "pool/quarantine.h"
#include "runtime/shared_digest.h"

enum {
    MAX_USER_AGENT = 256,
};

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
check_zero(const uint64_t *reserved, size_t n, const char *of,
        struct fovea_error *err)
{
    for (size_t i = 0; i < n; i++) {
        if (reserved[i]) {
            return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                    "%s.reserved[%zu] is not 0: it has no meaning in this "
                    "version of the library",
                    of, i);
        }
    }
    return FOVEA_OK;
}

static enum fovea_status
check_reserved(const struct fovea_options *all, struct fovea_error *err)
{
    enum fovea_status status = check_zero(all->url.reserved,
            FOVEA_ARRAY_LEN(all->url.reserved), "url", err);
    if (!status) {
        status = check_zero(all->limits.reserved,
                FOVEA_ARRAY_LEN(all->limits.reserved), "limits", err);
    }
    return status ? status
                  : check_zero(all->s3.reserved,
                            FOVEA_ARRAY_LEN(all->s3.reserved), "s3", err);
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
    status = fovea_options_fill(&all, err);
    if (!status) {
        status = resolve_user_agent(&all.url, err);
    }
    if (status) {
        return status;
    }
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
        .digest = fovea_shared_digest,
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
