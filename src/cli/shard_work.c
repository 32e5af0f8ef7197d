/* See shard_work.h. */
#include "cli/shard_work.h"

#include <inttypes.h>
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/macros.h"
#include "base/pause.h"

enum {
    CHANGED_TRIES = 5 /* where somebody else does the same shard */
};

/* Which shards have a marker, a bit each. */
struct marked {
    unsigned char *bits;
    uint64_t n_shards;
};

static bool
is_marked(const struct marked *marked, uint64_t number)
{
    return marked->bits[number / 8] >> number % 8 & 1;
}

static enum fovea_status
mark(void *context, const char *name, uint64_t size, struct fovea_error *err)
{
    const struct marked *marked = context;
    uint64_t number = 0;
    (void)size;
    (void)err;
    if (fovea_shard_number(FOVEA_SHARD_DONE, name, &number) &&
            number < marked->n_shards) {
        marked->bits[number / 8] |= (unsigned char)(1U << number % 8);
    }
    return FOVEA_OK;
}

/* What is this process's, and what of it is to be done. */
static enum fovea_status
count_shares(struct fovea_shard_work *work, const struct marked *marked,
        const struct fovea_manifest *manifest, struct fovea_error *err)
{
    uint64_t n_total = 0;
    uint64_t n_marked = 0;
    bool is_known = true;
    for (uint64_t i = work->share.index; i < manifest->n_shards;
            i += work->share.count) {
        work->totals.n_shards++;
        if (is_marked(marked, i)) {
            n_marked++;
        } else if (manifest->shards[i].count == FOVEA_SHARD_UNCOUNTED) {
            is_known = false;
        } else {
            n_total += manifest->shards[i].count;
        }
    }
    atomic_store(&work->n_total, is_known ? n_total : 0);
    return n_marked > 0 && !work->resumes
            ? fovea_fail(err, FOVEA_ERR_SHARDS_DONE,
                      "%.140s: %" PRIu64 " of the %" PRIu64
                      " shards of this process are done already; --resume "
                      "goes on with the others",
                      fovea_objects_place(work->order.objects), n_marked,
                      work->totals.n_shards)
            : FOVEA_OK;
}

static void
add_up(struct fovea_shard_work *work, const struct fovea_shard_done *done,
        bool by_us)
{
    struct fovea_shard_totals *totals = &work->totals;
    (void)pthread_mutex_lock(&work->mutex);
    totals->n_bad += done->n_errors;
    if (by_us) {
        totals->n_done++;
        totals->n_inputs += done->n_inputs;
        totals->n_rows += done->n_rows;
        totals->n_errors += done->n_errors;
        totals->n_skipped += done->n_skipped;
    } else {
        totals->n_before++;
    }
    atomic_store(&work->progress.inputs.n_done, 0);
    atomic_store(&work->progress.inputs.n_bad, 0);
    atomic_store(&work->progress.inputs.n_skipped, 0);
    (void)pthread_mutex_unlock(&work->mutex);
}

/* Do a shard, a few times if somebody else does it as well. */
static enum fovea_status
do_shard(struct fovea_shard_work *work, struct fovea_error *err)
{
    struct fovea_shard_done done;
    enum fovea_shard_verdict verdict = FOVEA_SHARD_VERDICT_RETRY;
    for (unsigned i = 1; verdict == FOVEA_SHARD_VERDICT_RETRY; i++) {
        verdict = fovea_shard_run(&work->run, &done, err);
        if (verdict == FOVEA_SHARD_VERDICT_RETRY &&
                (err->code != FOVEA_ERR_OBJECT_CHANGED || i == CHANGED_TRIES)) {
            return err->code;
        }
        if (verdict == FOVEA_SHARD_VERDICT_RETRY) {
            struct pollfd stop = {
                .fd = work->run.stop_fd,
                .events = POLLIN,
            };
            (void)poll(&stop, 1,
                    (int)(fovea_pause_ns(FOVEA_NS_PER_S, FOVEA_NS_PER_S * 8,
                                  i) /
                            FOVEA_NS_PER_MS));
        }
    }
    if (verdict == FOVEA_SHARD_VERDICT_LEFT) {
        return FOVEA_ERR_CANCELLED;
    }
    if (verdict == FOVEA_SHARD_VERDICT_FINAL) {
        work->totals.n_failed++;
        work->on_shard(work->context, work->run.number, false, err);
        return FOVEA_OK;
    }
    add_up(work, &done, verdict == FOVEA_SHARD_VERDICT_DONE);
    return FOVEA_OK;
}

/* Whether a shard that has a marker is done; else somebody is told why not. */
static enum fovea_status
look(struct fovea_shard_work *work, uint64_t number, bool *is_done_out,
        struct fovea_error *err)
{
    struct fovea_shard_done done;
    struct fovea_error why = { .code = FOVEA_OK };
    enum fovea_shard_state state = FOVEA_SHARD_STATE_OPEN;
    enum fovea_status status =
            fovea_shard_look(work->order.objects, work->run.manifest, number,
                    FOVEA_SHARD_LOOK_READ, &state, &done, &why);
    *is_done_out = !status && state == FOVEA_SHARD_STATE_DONE;
    if (status) {
        *err = why;
    } else if (*is_done_out) {
        add_up(work, &done, false);
    } else if (state == FOVEA_SHARD_STATE_DAMAGED) {
        uint64_t count = work->run.manifest->shards[number].count;
        if (count != FOVEA_SHARD_UNCOUNTED && atomic_load(&work->n_total)) {
            (void)atomic_fetch_add(&work->n_total, count);
        }
        work->on_shard(work->context, number, true, &why);
    }
    return status;
}

static enum fovea_status
do_shares(struct fovea_shard_work *work, const struct marked *marked,
        struct fovea_error *err)
{
    const struct fovea_manifest *manifest = work->run.manifest;
    enum fovea_status status = FOVEA_OK;
    atomic_store(&work->has_begun, true);
    for (uint64_t i = work->share.index; !status && i < manifest->n_shards;
            i += work->share.count) {
        bool is_done = false;
        work->run.number = i;
        if (atomic_load(&work->leaves)) {
            return fovea_fail(err, FOVEA_ERR_CANCELLED, "the run was stopped");
        }
        if (is_marked(marked, i)) {
            status = look(work, i, &is_done, err);
        }
        if (!status && !is_done) {
            status = do_shard(work, err);
        }
    }
    return status;
}

void
fovea_shard_work_counts(struct fovea_shard_work *work, uint64_t *n_done_out,
        uint64_t *n_bad_out, uint64_t *n_skipped_out)
{
    const struct fovea_pump_counters *now = &work->progress.inputs;
    (void)pthread_mutex_lock(&work->mutex);
    *n_done_out = work->totals.n_inputs + atomic_load(&now->n_done);
    *n_bad_out = work->totals.n_errors + atomic_load(&now->n_bad);
    *n_skipped_out = work->totals.n_skipped + atomic_load(&now->n_skipped);
    (void)pthread_mutex_unlock(&work->mutex);
}

enum fovea_status
fovea_shard_work(struct fovea_shard_work *work, struct fovea_error *err)
{
    struct fovea_manifest manifest = { .n_shards = 0 };
    work->order.n_listed = &work->n_listed;
    enum fovea_status status =
            fovea_manifest_make(&work->order, NULL, &manifest, err);
    if (status) {
        return status;
    }
    struct marked marked = {
        .bits = calloc(manifest.n_shards / 8 + 1, 1),
        .n_shards = manifest.n_shards,
    };
    work->run.manifest = &manifest;
    work->run.progress = &work->progress;
    status = marked.bits
            ? fovea_objects_list(work->order.objects,
                      fovea_shard_folder(FOVEA_SHARD_DONE), mark, &marked, err)
            : fovea_fail_memory(err, manifest.n_shards / 8 + 1, "shards");
    if (!status) {
        status = count_shares(work, &marked, &manifest, err);
    }
    if (!status) {
        status = do_shares(work, &marked, err);
    }
    free(marked.bits);
    fovea_manifest_finish(&manifest);
    return status;
}
