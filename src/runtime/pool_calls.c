/*
 * Looking into the pool: what fovea/pool.h promises of it. The pool's own
 * figures are of this version's shape; they are handed out in the caller's.
 */
#include <string.h>

#include "base/error.h"
#include "base/size.h"
#include "base/sized.h"
#include "pool/stats.h"
#include "runtime/model.h"

/* What an array cannot do without: the pointer to a key is the first member. */
enum {
    MIN_ELEMENT = sizeof(const char *),
    MIN_STATS = offsetof(struct fovea_pool_stats, workers) +
            sizeof(struct fovea_worker_stats *)
};

static enum fovea_status
check_sizes(const struct fovea_pool_stats *stats, struct fovea_error *err)
{
    if (stats->struct_size < MIN_STATS ||
            stats->struct_size > FOVEA_SIZED_MAX ||
            stats->model_size < MIN_ELEMENT ||
            stats->model_size > FOVEA_SIZED_MAX ||
            stats->worker_size < MIN_ELEMENT ||
            stats->worker_size > FOVEA_SIZED_MAX) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "struct_size, model_size and worker_size of struct "
                "fovea_pool_stats are %zu, %zu and %zu: begin with "
                "FOVEA_POOL_STATS_INIT",
                stats->struct_size, stats->model_size, stats->worker_size);
    }
    return FOVEA_OK;
}

/* An array of n with another size of an element, and room behind it; members
   that we do not know are zero, those that the caller does not are left out. */
static void *
resize_elements(const void *all, size_t n, size_t size, size_t new_size,
        size_t room)
{
    size_t bytes = 0;
    if (__builtin_mul_overflow(n, new_size, &bytes) ||
            __builtin_add_overflow(bytes, room + 1, &bytes)) {
        return NULL;
    }
    unsigned char *to = calloc(1, bytes);
    for (size_t i = 0; to && i < n; i++) {
        memcpy(to + i * new_size, (const unsigned char *)all + i * size,
                size < new_size ? size : new_size);
    }
    return to;
}

static size_t
keys_size(const struct fovea_pool_stats *stats)
{
    size_t size = 0;
    for (size_t i = 0; i < stats->n_models; i++) {
        size += strlen(stats->models[i].key) + 1;
    }
    return size;
}

/* Keys stand behind the models, here as in the pool's. */
static void
move_keys(const struct fovea_pool_stats *ours, struct fovea_pool_stats *stats)
{
    unsigned char *models = (unsigned char *)stats->models;
    unsigned char *workers = (unsigned char *)stats->workers;
    char *at = (char *)models + ours->n_models * stats->model_size;
    for (size_t i = 0; i < ours->n_models; i++) {
        const char *key = ours->models[i].key;
        size_t size = strlen(key) + 1;
        memcpy(at, key, size);
        memcpy(models + i * stats->model_size, &at, sizeof at);
        for (size_t j = 0; j < ours->n_workers; j++) {
            if (ours->workers[j].model_key == key) {
                memcpy(workers + j * stats->worker_size, &at, sizeof at);
            }
        }
        at += size;
    }
}

/* In the sizes that the caller knows. */
static enum fovea_status
hand_out(const struct fovea_pool_stats *ours,
        struct fovea_pool_stats *stats_out, struct fovea_error *err)
{
    struct fovea_pool_stats stats = *ours;
    stats.struct_size = stats_out->struct_size;
    stats.model_size = stats_out->model_size;
    stats.worker_size = stats_out->worker_size;
    stats.models = resize_elements(ours->models, ours->n_models,
            sizeof *ours->models, stats.model_size, keys_size(ours));
    stats.workers = resize_elements(ours->workers, ours->n_workers,
            sizeof *ours->workers, stats.worker_size, 0);
    if (!stats.models || !stats.workers) {
        free(stats.models);
        free(stats.workers);
        return fovea_fail_memory(err,
                fovea_product_bytes(ours->n_models, stats.model_size), "stats");
    }
    move_keys(ours, &stats);
    size_t size = stats.struct_size;
    size_t known = size < sizeof stats ? size : sizeof stats;
    memcpy(stats_out, &stats, known);
    memset((unsigned char *)stats_out + known, 0, size - known);
    return FOVEA_OK;
}

enum fovea_status
fovea_pool_stats(struct fovea *library, struct fovea_pool_stats *stats_out,
        struct fovea_error *err)
{
    if (!library || !stats_out) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "an argument is NULL");
    }
    FOVEA_AUTO(fovea_pool_stats_finish)
    struct fovea_pool_stats ours = FOVEA_POOL_STATS_INIT;
    enum fovea_status status = fovea_library_check(library, err);
    if (!status) {
        status = check_sizes(stats_out, err);
    }
    if (!status) {
        status = fovea_stats_read(library->pool, &ours, err);
    }
    if (status) {
        return status;
    }
    fovea_fetcher_read_times(library->fetcher, &ours.fetch_ns);
    return hand_out(&ours, stats_out, err);
}

bool
fovea_pool_has_workers(const struct fovea_model *model)
{
    return model && !fovea_library_check(model->library, NULL) &&
            fovea_group_has_workers(model->embedder);
}

enum fovea_status
fovea_pool_check(const struct fovea_model *model, struct fovea_error *err)
{
    if (!model) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "model is NULL");
    }
    enum fovea_status status = fovea_library_check(model->library, err);
    return status ? status : fovea_group_check(model->embedder, err);
}

enum fovea_status
fovea_pool_spawn_worker(struct fovea_model *model, struct fovea_error *err)
{
    if (!model) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "model is NULL");
    }
    enum fovea_status status = fovea_library_check(model->library, err);
    return status ? status : fovea_group_prewarm(model->embedder, err);
}

/* The workers of texts; they are opened by the first who asks. */
static enum fovea_status
find_text_group(struct fovea_model *model, struct fovea_group **group_out,
        struct fovea_error *err)
{
    if (!model) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "model is NULL");
    }
    enum fovea_status status = fovea_library_check(model->library, err);
    if (!status) {
        status = fovea_model_check_text(model, err);
    }
    return status
            ? status
            : fovea_model_group(model, FOVEA_WORK_EMBED_TEXT, group_out, err);
}

bool
fovea_pool_has_text_workers(struct fovea_model *model)
{
    struct fovea_group *group = NULL;
    return !find_text_group(model, &group, NULL) &&
            fovea_group_has_workers(group);
}

enum fovea_status
fovea_pool_check_text(struct fovea_model *model, struct fovea_error *err)
{
    struct fovea_group *group = NULL;
    enum fovea_status status = find_text_group(model, &group, err);
    return status ? status : fovea_group_check(group, err);
}

enum fovea_status
fovea_pool_spawn_text_worker(struct fovea_model *model, struct fovea_error *err)
{
    struct fovea_group *group = NULL;
    enum fovea_status status = find_text_group(model, &group, err);
    return status ? status : fovea_group_prewarm(group, err);
}

uint64_t
fovea_pool_total_memory_mb(const struct fovea *library)
{
    const uint64_t mib = UINT64_C(1) << 20;
    if (!library || fovea_library_check(library, NULL)) {
        return 0;
    }
    return (fovea_stats_reserved_bytes(library->pool) + mib - 1) / mib;
}
