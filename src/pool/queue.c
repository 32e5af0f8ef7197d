/* See queue.h. */
#include "pool/queue.h"

#include "base/error.h"

void
fovea_queue_init(struct fovea_queue *queue)
{
    *queue = (struct fovea_queue){ .due_ns = FOVEA_NEVER };
}

size_t
fovea_queue_size(const struct fovea_queue *queue)
{
    return queue->retries.n + queue->isolated.n + queue->singles.n +
            queue->batches.n;
}

static void
notice_deadline(struct fovea_queue *queue, const struct fovea_pool_item *item)
{
    if (item->request.deadline_ns < queue->due_ns) {
        queue->due_ns = item->request.deadline_ns;
    }
}

static struct fovea_items *
place(struct fovea_queue *queue, const struct fovea_pool_item *item)
{
    if (item->n_deaths > 0) {
        return &queue->isolated;
    }
    if (item->n_kills > 0) {
        return &queue->retries;
    }
    return item->request.is_batch ? &queue->batches : &queue->singles;
}

void
fovea_queue_push(struct fovea_queue *queue, struct fovea_pool_item *item)
{
    fovea_items_push(place(queue, item), item);
    notice_deadline(queue, item);
}

void
fovea_queue_push_front(struct fovea_queue *queue, struct fovea_pool_item *item)
{
    fovea_items_push_front(place(queue, item), item);
    notice_deadline(queue, item);
}

void
fovea_queue_take(struct fovea_queue *queue, const struct fovea_share *share,
        struct fovea_items *items_out)
{
    struct fovea_items *from = &queue->retries;
    size_t n = 1;
    if (from->n == 0 && !share->no_isolated) {
        from = &queue->isolated;
    }
    if (from->n == 0) {
        from = queue->singles.n > 0 ? &queue->singles : &queue->batches;
        n = (from->n + share->n_idle - 1) / share->n_idle;
        n = n < share->max ? n : share->max;
    }
    *items_out = (struct fovea_items){ 0 };
    for (; n > 0 && from->n > 0; n--) {
        fovea_items_push(items_out, fovea_items_pop(from));
    }
    if (fovea_queue_size(queue) == 0) {
        queue->due_ns = FOVEA_NEVER;
    }
}

void
fovea_queue_take_expired(struct fovea_queue *queue, int64_t now_ns,
        struct fovea_items *items_out)
{
    *items_out = (struct fovea_items){ 0 };
    if (now_ns < queue->due_ns) {
        return;
    }
    queue->due_ns = FOVEA_NEVER;
    struct fovea_items *lists[] = { &queue->retries, &queue->isolated,
        &queue->singles, &queue->batches };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(lists); i++) {
        struct fovea_pool_item *next = NULL;
        for (struct fovea_pool_item *item = lists[i]->first; item;
                item = next) {
            next = item->next;
            if (item->request.deadline_ns <= now_ns) {
                fovea_items_remove(lists[i], item);
                fovea_items_push(items_out, item);
            } else {
                notice_deadline(queue, item);
            }
        }
    }
}

void
fovea_queue_take_ticket(struct fovea_queue *queue, uint64_t ticket,
        struct fovea_items *items_out)
{
    *items_out = (struct fovea_items){ 0 };
    struct fovea_items *lists[] = { &queue->retries, &queue->isolated,
        &queue->singles, &queue->batches };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(lists); i++) {
        struct fovea_pool_item *next = NULL;
        for (struct fovea_pool_item *item = lists[i]->first; item;
                item = next) {
            next = item->next;
            if (item->request.ticket == ticket) {
                fovea_items_remove(lists[i], item);
                fovea_items_push(items_out, item);
            }
        }
    }
}

void
fovea_queue_take_all(struct fovea_queue *queue, struct fovea_items *items_out)
{
    *items_out = (struct fovea_items){ 0 };
    fovea_items_move(items_out, &queue->retries);
    fovea_items_move(items_out, &queue->isolated);
    fovea_items_move(items_out, &queue->singles);
    fovea_items_move(items_out, &queue->batches);
    queue->due_ns = FOVEA_NEVER;
}

void
fovea_queue_release_isolated(struct fovea_queue *queue)
{
    for (struct fovea_pool_item *item;
            (item = fovea_items_pop(&queue->isolated));) {
        item->n_deaths = 0;
        fovea_items_push(place(queue, item), item);
    }
}
