/* Whose turn it is to start: see room.h. */
#include "pool/room.h"

/* Its oldest image; prewarms come now. What had its turn goes behind those that
   waited meanwhile. mu held. */
static int64_t
came_ns(const struct fovea_pool_model *model)
{
    const struct fovea_queue *queue = &model->queue;
    const struct fovea_pool_item *firsts[] = { queue->retries.first,
        queue->suspects.first, queue->singles.first, queue->batches.first };
    int64_t oldest_ns = model->pool->now_ns;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(firsts); i++) {
        if (firsts[i] && firsts[i]->queued_ns < oldest_ns) {
            oldest_ns = firsts[i]->queued_ns;
        }
    }
    return oldest_ns > model->gave_way_ns ? oldest_ns : model->gave_way_ns;
}

/* mu held. */
static bool
wants_turn(const struct fovea_pool_model *model)
{
    return !model->has_turn &&
            (fovea_queue_size(&model->queue) > 0 || model->prewarms) &&
            model->breaker.next_ns <= model->pool->now_ns &&
            fovea_slot_count(model, fovea_slot_lives) == 0;
}

void
fovea_turns_take(struct fovea_pool *pool)
{
    fovea_lock(pool);
    for (struct fovea_pool_model *model = pool->models; model;
            model = model->next) {
        if (wants_turn(model)) {
            model->has_turn = true;
            model->turn_ns = pool->now_ns;
            model->came_ns = came_ns(model);
        }
    }
    fovea_unlock(pool);
}

bool
fovea_turn_waits(const struct fovea_pool_model *model)
{
    return model->has_turn && model->turn_ns < model->pool->now_ns;
}

struct fovea_pool_model *
fovea_turn_first(struct fovea_pool *pool)
{
    struct fovea_pool_model *first = NULL;
    fovea_lock(pool);
    for (struct fovea_pool_model *model = pool->models; model;
            model = model->next) {
        if (model->has_turn && (!first || model->came_ns < first->came_ns)) {
            first = model;
        }
    }
    fovea_unlock(pool);
    return first;
}

void
fovea_turn_end(struct fovea_pool_model *model)
{
    if (model->has_turn) {
        model->has_turn = false;
        if (fovea_turn_first(model->pool)) {
            fovea_loop_due(model->pool, model->pool->now_ns);
        }
    }
}

uint64_t
fovea_turns_need(const struct fovea_pool_model *model)
{
    uint64_t sum = 0;
    fovea_lock(model->pool);
    for (const struct fovea_pool_model *other = model->pool->models; other;
            other = other->next) {
        if (other != model && other->has_turn &&
                __builtin_add_overflow(sum, fovea_room_need(other, 1), &sum)) {
            sum = UINT64_MAX;
            break;
        }
    }
    fovea_unlock(model->pool);
    return sum;
}
