/*
 * Opening and closing the library. Opening starts no thread and no process: the
 * pool and the fetcher do when there is something to do.
 */
#include "runtime/library.h"

#include "base/clock.h"
#include "base/error.h"
#include "pool/measure.h"
#include "runtime/estimate.h"
#include "runtime/options.h"
#include "sys/memory.h"

/* What the models' AUTO is decided by: one worker, if there is memory for it. */
static enum fovea_status
measure(void *pool, const struct fovea_choice_shape *shape,
        struct fovea_choice_times *times_out, struct fovea_error *err)
{
    const uint64_t need = FOVEA_WORKER_BASE_BYTES + fovea_choice_bytes(shape);
    struct fovea_memory memory;
    if (fovea_memory_read("", &memory) && memory.available_bytes < need) {
        return fovea_fail(err, FOVEA_ERR_NO_MEMORY,
                "%.0f MB of memory are free, measuring takes %.0f MB",
                (double)memory.available_bytes / 1e6, (double)need / 1e6);
    }
    return fovea_pool_measure(pool, shape, times_out, err);
}

static enum fovea_status
open_parts(struct fovea *library, const struct fovea_options *options,
        struct fovea_error *err)
{
    const struct fovea_pool_settings pool = fovea_options_pool(options);
    const struct fovea_fetch_settings fetch = fovea_options_fetch(options);
    enum fovea_status status = fovea_pool_create(&pool, &library->pool, err);
    if (!status) {
        fovea_auto_init(&library->autos, fovea_pool_cache(library->pool),
                measure, library->pool);
        library->has_autos = true;
        status = fovea_fetcher_create(&fetch, &library->fetcher, err);
    }
    if (!status && options->s3.on) {
        const struct fovea_s3_settings s3 = {
            .s3 = options->s3,
            .url = options->url,
        };
        status = fovea_s3_create(&s3, &library->s3, err);
    }
    return status;
}

enum fovea_status
fovea_library_open(const struct fovea_options *options,
        struct fovea **library_out, struct fovea_error *err)
{
    if (!library_out) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "library_out is NULL");
    }
    struct fovea_options all;
    enum fovea_status status = fovea_options_resolve(options, &all, err);
    if (status) {
        return status;
    }
    struct fovea *library = malloc(sizeof *library);
    if (!library) {
        return fovea_fail_memory(err, sizeof *library, "the library handle");
    }
    *library = (struct fovea){
        .owner = getpid(),
        .dtype = all.dtype,
        .pixels = all.pixels,
        .max_batch = all.max_batch,
        .n_threads = all.n_threads,
        .max_workers = all.max_workers,
        .max_queue = all.max_queue,
        .thumbnail_px = all.thumbnail_px,
        .deadline_ns = all.deadline_ns,
        .drain_ns = all.drain_ns,
        .limits = all.limits,
    };
    FOVEA_ASSERT(pthread_mutex_init(&library->mutex, NULL) == 0);
    fovea_clock_init_cond(&library->fetched);
    status = open_parts(library, &all, err);
    if (status) {
        fovea_library_close(library);
        return status;
    }
    *library_out = library;
    return FOVEA_OK;
}

enum fovea_status
fovea_library_check(const struct fovea *library, struct fovea_error *err)
{
    if (library->owner != getpid()) {
        return fovea_fail(err, FOVEA_ERR_FORKED,
                "the library was opened in the parent of this process; open it "
                "again here");
    }
    return FOVEA_OK;
}

/* Let URLs arrive that are under way, for as long as images may take to
   drain. */
static void
drain_fetcher(struct fovea *library)
{
    int64_t until_ns = fovea_later(fovea_clock_ns(), library->drain_ns);
    (void)pthread_mutex_lock(&library->mutex);
    while (library->n_fetching > 0 &&
            fovea_clock_wait(&library->fetched, &library->mutex, until_ns)) {
    }
    (void)pthread_mutex_unlock(&library->mutex);
}

void
fovea_library_close(struct fovea *library)
{
    if (library->owner == getpid()) {
        drain_fetcher(library);
    }
    /* In a forked child none of these ends anything. */
    fovea_fetcher_destroy(library->fetcher);
    if (library->owner == getpid()) {
        fovea_s3_destroy(library->s3); /* with which it signed */
    }
    fovea_pool_destroy(library->pool);
    if (library->owner == getpid()) {
        if (library->has_autos) {
            fovea_auto_finish(&library->autos);
        }
        (void)pthread_cond_destroy(&library->fetched);
        (void)pthread_mutex_destroy(&library->mutex);
    }
    free(library);
}
