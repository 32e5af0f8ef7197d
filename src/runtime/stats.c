/* Looking into the pool: what fovea/pool.h promises of it. */
#include "base/error.h"
#include "runtime/model.h"

enum fovea_status
fovea_pool_stats(struct fovea *library, struct fovea_pool_stats *stats_out,
        struct fovea_error *err)
{
    if (!library || !stats_out) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "an argument is NULL");
    }
    enum fovea_status status = fovea_library_check(library, err);
    if (!status) {
        status = fovea_stats_read(library->pool, stats_out, err);
    }
    if (!status) {
        fovea_fetcher_read_times(library->fetcher, &stats_out->fetch_ns);
    }
    return status;
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

uint64_t
fovea_pool_total_memory_mb(const struct fovea *library)
{
    const uint64_t mib = UINT64_C(1) << 20;
    if (!library || fovea_library_check(library, NULL)) {
        return 0;
    }
    return (fovea_stats_reserved_bytes(library->pool) + mib - 1) / mib;
}
