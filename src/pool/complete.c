/*
 * An item's end: counted, its file closed, its caller told. Exactly once,
 * because the item is freed here and nowhere else.
 */
#include "pool/complete.h"

#include "base/histogram.h"
#include "base/notes.h"
#include "pool/prewarm.h"

void
fovea_complete(struct fovea_pool_item *item, const struct fovea_error *result,
        const void *row, struct fovea_timings timings)
{
    struct fovea_group *group = item->group;
    int64_t now = fovea_clock_ns();
    timings.fetch_ns = item->request.fetch_ns;
    timings.total_ns = now - item->request.submitted_ns;
    timings.queue_ns =
            (item->dispatched_ns ? item->dispatched_ns : now) - item->queued_ns;
    fovea_lock(group->pool);
    struct fovea_model_stats *counts = &group->counts;
    if (row) {
        counts->n_embedded++;
        fovea_notes_count(result, counts->n_noted);
        fovea_histogram_add(&counts->decode_ns, timings.decode_ns);
        fovea_histogram_add(&counts->forward_ns, timings.forward_ns);
    } else {
        counts->n_failed++;
    }
    fovea_histogram_add(&counts->queue_ns, timings.queue_ns);
    fovea_histogram_add(&counts->total_ns, timings.total_ns);
    fovea_unlock(group->pool);
    (void)close(item->request.fd);
    item->request.done(item->request.context, result, row, &timings);
    free(item);
}

void
fovea_complete_all(struct fovea_items *items, const struct fovea_error *result)
{
    struct fovea_timings none = { 0 };
    for (struct fovea_pool_item *item; (item = fovea_items_pop(items));) {
        fovea_complete(item, result, NULL, none);
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
