/* See items.h. */
#include "pool/items.h"

#include "base/error.h"

void
fovea_items_push(struct fovea_items *items, struct fovea_pool_item *item)
{
    item->next = NULL;
    item->previous = items->last;
    *(items->last ? &items->last->next : &items->first) = item;
    items->last = item;
    items->n++;
}

void
fovea_items_push_front(struct fovea_items *items, struct fovea_pool_item *item)
{
    item->previous = NULL;
    item->next = items->first;
    *(items->first ? &items->first->previous : &items->last) = item;
    items->first = item;
    items->n++;
}

void
fovea_items_remove(struct fovea_items *items, struct fovea_pool_item *item)
{
    FOVEA_ASSERT(items->n > 0);
    *(item->previous ? &item->previous->next : &items->first) = item->next;
    *(item->next ? &item->next->previous : &items->last) = item->previous;
    item->previous = NULL;
    item->next = NULL;
    items->n--;
}

struct fovea_pool_item *
fovea_items_pop(struct fovea_items *items)
{
    struct fovea_pool_item *item = items->first;
    if (item) {
        fovea_items_remove(items, item);
    }
    return item;
}

void
fovea_items_move(struct fovea_items *items, struct fovea_items *from)
{
    for (struct fovea_pool_item *item; (item = fovea_items_pop(from));) {
        fovea_items_push(items, item);
    }
}
