/*
 * An item's end: counted, its file closed, its caller told. Exactly once,
 * because the item is freed here and nowhere else.
 */
#include "pool/complete.h"

#include "base/histogram.h"
#include "base/notes.h"
#include "pool/prewarm.h"

void
fovea_complete(struct fovea_pool_item *item, struct fovea_pool_outcome *outcome)
{
    struct fovea_group *group = item->group;
    struct fovea_timings *timings = &outcome->timings;
    int64_t now = fovea_clock_ns();
    timings->fetch_ns = item->request.fetch_ns;
    timings->total_ns = now - item->request.submitted_ns;
    timings->queue_ns =
            (item->dispatched_ns ? item->dispatched_ns : now) - item->queued_ns;
    fovea_lock(group->pool);
    struct fovea_model_stats *counts = &group->counts;
    if (outcome->row) {
        counts->n_embedded++;
        fovea_notes_count(&outcome->error, counts->n_noted);
        fovea_histogram_add(&counts->decode_ns, timings->decode_ns);
        fovea_histogram_add(&counts->forward_ns, timings->forward_ns);
    } else {
        counts->n_failed++;
    }
    fovea_histogram_add(&counts->queue_ns, timings->queue_ns);
    fovea_histogram_add(&counts->total_ns, timings->total_ns);
    fovea_unlock(group->pool);
    (void)close(item->request.fd);
    item->request.done(item->request.context, outcome);
    free(item);
}

void
fovea_complete_failed(struct fovea_pool_item *item,
        const struct fovea_error *result)
{
    struct fovea_pool_outcome outcome = { .error = *result };
    fovea_complete(item, &outcome);
}

void
fovea_complete_all(struct fovea_items *items, const struct fovea_error *result)
{
    for (struct fovea_pool_item *item; (item = fovea_items_pop(items));) {
        fovea_complete_failed(item, result);
    }
}

void
fovea_complete_waiting(struct fovea_group *group,
        const struct fovea_error *result)
{
    struct fovea_items items;
    fovea_lock(group->pool);
    fovea_queue_take_all(&group->queue, &items);
    fovea_unlock(group->pool);
    fovea_prewarm_done(group, 0, result);
    fovea_complete_all(&items, result);
}
