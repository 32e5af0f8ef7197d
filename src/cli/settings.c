/* See settings.h. */
#include "cli/settings.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/number.h"
#include "cli/cli.h"
#include "sys/cpu.h"

/* In the order of enum fovea_sandbox; "default" is what not giving it means. */
static const char *const sandbox_names[] = { "default", "on", "auto", "off",
    NULL };

/* In the order of enum fovea_damaged. */
static const char *const damaged_names[] = { "refuse", "accept", NULL };

enum {
    KIBI = 1024,
    KILO = 1000,
    N_IMAGE_FLAGS = 7,
    N_URL_FLAGS = 6
};

/* What an image may be. */
static void
image_flags(struct fovea_settings *settings, struct fovea_flag *flags)
{
    const struct fovea_flag table[N_IMAGE_FLAGS] = {
        { .name = "max-bytes",
                .number = &settings->max_bytes,
                .min = 1,
                .max = UINT64_MAX,
                .kilo = KIBI },
        { .name = "max-pixels",
                .number = &settings->max_pixels,
                .min = 1,
                .max = UINT64_MAX,
                .kilo = KILO },
        { .name = "max-side",
                .number = &settings->max_side_px,
                .min = 1,
                .max = UINT32_MAX,
                .kilo = KILO },
        { .name = "max-image-memory",
                .number = &settings->max_decode_bytes,
                .min = 1,
                .max = UINT64_MAX,
                .kilo = KIBI },
        { .name = "max-image-work",
                .number = &settings->max_decode_work,
                .min = 1,
                .max = UINT64_MAX,
                .kilo = KILO },
        { .name = "damaged",
                .number = &settings->damaged,
                .choices = damaged_names },
        { .name = "max-warnings", .text = &settings->max_warnings },
    };
    memcpy(flags, table, sizeof table);
}

/* How URLs are fetched. */
static void
url_flags(struct fovea_settings *settings, struct fovea_flag *flags)
{
    enum {
        MAX_REDIRECTS = 50,
        MAX_TRIES = 10,
    };
    const struct fovea_flag table[N_URL_FLAGS] = {
        { .name = "connect-time", .time_ns = &settings->connect_ns },
        { .name = "fetch-time", .time_ns = &settings->fetch_ns },
        { .name = "max-redirects",
                .number = &settings->max_redirects,
                .min = 1,
                .max = MAX_REDIRECTS },
        { .name = "fetch-tries",
                .number = &settings->max_tries,
                .min = 1,
                .max = MAX_TRIES },
        { .name = "user-agent", .text = &settings->user_agent },
        { .name = "allow-private-urls", .on = &settings->allow_private },
    };
    memcpy(flags, table, sizeof table);
}

void
fovea_settings_flags(struct fovea_settings *settings, struct fovea_flag *flags)
{
    const struct fovea_flag
            table[FOVEA_SETTINGS_N_FLAGS - N_URL_FLAGS - N_IMAGE_FLAGS] = {
                { .name = "batch",
                        .number = &settings->n_batch,
                        .min = 1,
                        .max = FOVEA_MAX_BATCH },
                { .name = "workers",
                        .number = &settings->n_workers,
                        .min = 1,
                        .max = FOVEA_MAX_WORKERS },
                { .name = "threads",
                        .number = &settings->n_threads,
                        .min = 1,
                        .max = FOVEA_MAX_THREADS },
                { .name = "memory-limit", .text = &settings->memory_limit },
                { .name = "max-queue",
                        .number = &settings->max_queue,
                        .min = 1,
                        .max = FOVEA_MAX_QUEUE },
                { .name = "deadline", .time_ns = &settings->deadline_ns },
                { .name = "image-time", .time_ns = &settings->image_ns },
                { .name = "load-time", .time_ns = &settings->load_ns },
                { .name = "idle", .time_ns = &settings->idle_ns },
                { .name = "recycle",
                        .number = &settings->recycle,
                        .min = 1,
                        .max = UINT64_MAX },
                { .name = "max-cache",
                        .number = &settings->max_cache,
                        .min = 1,
                        .max = UINT64_MAX,
                        .kilo = KIBI },
                { .name = "sandbox",
                        .number = &settings->sandbox,
                        .choices = sandbox_names },
            };
    memcpy(flags, table, sizeof table);
    flags += FOVEA_ARRAY_LEN(table);
    url_flags(settings, flags);
    image_flags(settings, flags + N_URL_FLAGS);
}

/* "80%", or bytes as --max-bytes has them. */
static enum fovea_status
apply_memory_limit(const char *text, struct fovea_options *options,
        struct fovea_error *err)
{
    enum {
        ALL_PCT = 100,
    };
    size_t size = strlen(text);
    if (text[size - 1] != '%') {
        struct fovea_flag flag = { .name = "memory-limit",
            .number = &options->memory_limit_bytes,
            .min = 1,
            .max = UINT64_MAX,
            .kilo = KIBI };
        options->memory_limit_pct = ALL_PCT;
        return fovea_args_number(&flag, text, err);
    }
    uint64_t pct = 0;
    const char *at = text;
    if (!fovea_number_scan(&at, &pct) || at + 1 != text + size || pct < 1 ||
            pct > ALL_PCT) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "--memory-limit: \"%s\" is not from 1%% to 100%%", text);
    }
    options->memory_limit_pct = (unsigned)pct;
    return FOVEA_OK;
}

/* It counted what --damaged decides about now. Scripts that have it go on. */
static enum fovea_status
check_max_warnings(const char *text, struct fovea_error *err)
{
    uint64_t number = 0;
    const struct fovea_flag flag = { .name = "max-warnings",
        .number = &number,
        .max = UINT32_MAX };
    if (!text) {
        return FOVEA_OK;
    }
    fovea_cli_report("--max-warnings is without effect: --damaged says what "
                     "becomes of damaged images");
    return fovea_args_number(&flag, text, err);
}

/* More threads each: fewer workers, so that all together use the CPUs. */
static unsigned
choose_workers(const struct fovea_settings *settings)
{
    if (settings->n_workers || settings->n_threads < 2) {
        return (unsigned)settings->n_workers;
    }
    unsigned n = fovea_cpu_count() / (unsigned)settings->n_threads;
    return n > 1 ? n : 1;
}

enum fovea_status
fovea_settings_apply(const struct fovea_settings *settings,
        struct fovea_options *options, struct fovea_error *err)
{
    options->max_batch = (unsigned)settings->n_batch;
    options->n_threads = (unsigned)settings->n_threads;
    options->max_workers = choose_workers(settings);
    options->max_queue = (unsigned)settings->max_queue;
    options->idle_ns = settings->idle_ns;
    options->deadline_ns = settings->deadline_ns;
    options->image_ns = settings->image_ns;
    options->load_ns = settings->load_ns;
    options->recycle_after = settings->recycle;
    options->max_cache_bytes = settings->max_cache;
    options->sandbox = (enum fovea_sandbox)settings->sandbox;
    options->url = (struct fovea_url_options){
        .allow_private = settings->allow_private,
        .use_proxies = true,
        .connect_ns = settings->connect_ns,
        .total_ns = settings->fetch_ns,
        .max_redirects = (unsigned)settings->max_redirects,
        .max_tries = (unsigned)settings->max_tries,
        .user_agent = settings->user_agent,
    };
    options->limits = (struct fovea_limits){
        .max_bytes = settings->max_bytes,
        .max_pixels = settings->max_pixels,
        .max_side_px = (uint32_t)settings->max_side_px,
        .damaged = (enum fovea_damaged)settings->damaged,
        .max_decode_bytes = settings->max_decode_bytes,
        .max_decode_work = settings->max_decode_work,
    };
    enum fovea_status status = check_max_warnings(settings->max_warnings, err);
    if (status) {
        return status;
    }
    return settings->memory_limit
            ? apply_memory_limit(settings->memory_limit, options, err)
            : FOVEA_OK;
}

void
fovea_settings_resolve(struct fovea_options *options)
{
    enum {
        MIN_WORKERS = 2, /* what the library takes on a single CPU */
        DEADLINE_S = 300,
    };
    if (options->max_workers == 0) {
        unsigned n = fovea_cpu_count();
        options->max_workers = n < MIN_WORKERS ? MIN_WORKERS : n;
    }
    if (options->max_batch == 0) {
        options->max_batch = FOVEA_DEFAULT_BATCH;
    }
    if (options->max_queue == 0) {
        options->max_queue = FOVEA_DEFAULT_QUEUE;
    }
    if (options->deadline_ns == 0) {
        options->deadline_ns = DEADLINE_S * FOVEA_NS_PER_S;
    }
}
