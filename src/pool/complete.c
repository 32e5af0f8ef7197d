/*
 * An image's end: counted, its file closed, its caller told. Exactly once,
 * because the item is freed here and nowhere else.
 */
#include "base/histogram.h"
#include "base/notes.h"
#include "pool/internal.h"

void
fovea_complete(struct fovea_pool_item *item, const struct fovea_error *result,
        const void *row, struct fovea_timings timings)
{
    struct fovea_group *group = item->group;
    int64_t now = fovea_clock_ns();
    timings.fetch_ns = item->request.fetch_ns;
    timings.total_ns = now - item->request.submitted_ns;
    timings.queue_ns =
            (item->handed_ns ? item->handed_ns : now) - item->queued_ns;
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
fovea_prewarm_done(struct fovea_group *group, uint64_t serial,
        const struct fovea_error *result)
{
    struct fovea_pool *pool = group->pool;
    fovea_lock(pool);
    struct fovea_prewarm **link = &group->prewarms;
    while (*link) {
        struct fovea_prewarm *prewarm = *link;
        bool is_meant = serial == 0 || prewarm->serial == serial ||
                (prewarm->serial == 0 && prewarm->is_seen &&
                        result->code == FOVEA_OK);
        if (!is_meant) {
            link = &prewarm->next;
            continue;
        }
        *link = prewarm->next;
        prewarm->result = *result;
        prewarm->is_done = true;
    }
    (void)pthread_cond_broadcast(&pool->prewarmed);
    fovea_unlock(pool);
}

void
fovea_prewarm_release(struct fovea_group *group, uint64_t serial)
{
    fovea_lock(group->pool);
    for (struct fovea_prewarm *prewarm = group->prewarms; prewarm;
            prewarm = prewarm->next) {
        if (prewarm->serial == serial) {
            prewarm->serial = 0;
        }
    }
    fovea_unlock(group->pool);
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
