/* Ends: of a model that nobody has open, and of everything. */
#include "pool/chores.h"
#include "pool/inside.h"

static void
answer_hands(struct fovea_slot *slot, const struct fovea_error *result)
{
    struct fovea_items items = { 0 };
    fovea_lock(slot->model->pool);
    for (uint32_t i = 0; i < slot->n_hands; i++) {
        if (slot->hands[i].item) {
            fovea_items_push(&items, FOVEA_TAKE(slot->hands[i].item));
        }
    }
    slot->n_hands = 0;
    slot->n_left = 0;
    fovea_unlock(slot->model->pool);
    fovea_answer_all(&items, result);
}

void
fovea_close_all(struct fovea_pool *pool)
{
    struct fovea_error error;
    (void)fovea_fail(&error, FOVEA_ERR_SHUTTING_DOWN,
            "the library was closed before the image was done");
    fovea_lock(pool);
    struct fovea_pool_model *model = pool->models;
    fovea_unlock(pool);
    for (; model; model = model->next) {
        fovea_fail_waiting(model, &error);
    }
    for (unsigned i = 0; i < pool->n_slots; i++) {
        struct fovea_slot *slot = &pool->slots[i];
        if (slot->state == FOVEA_WORKER_DEAD) {
            continue;
        }
        answer_hands(slot, &error);
        if (fovea_slot_lives(slot)) {
            fovea_slot_stop(slot, FOVEA_STOP_SHUTDOWN);
        }
        if (slot->state == FOVEA_WORKER_EVICTING) {
            fovea_loop_due(pool, slot->due_ns);
        }
    }
}

static void
destroy_model(struct fovea_pool_model *model)
{
    FOVEA_ASSERT(!model->prewarms && fovea_queue_size(&model->queue) == 0);
    free(model->key);
    free(model->directory);
    free(model);
}

static bool
is_here(const struct fovea_slot *slot)
{
    return slot->state != FOVEA_WORKER_DEAD;
}

void
fovea_close_models(struct fovea_pool *pool, bool all)
{
    struct fovea_pool_model *gone = NULL;
    fovea_lock(pool);
    struct fovea_pool_model **link = &pool->models;
    while (*link) {
        struct fovea_pool_model *model = *link;
        bool is_over = model->n_handles == 0 && model->n_chores == 0 &&
                fovea_queue_size(&model->queue) == 0 && !model->prewarms &&
                fovea_slot_count(model, is_here) == 0;
        if (all || is_over) {
            *link = model->next;
            model->next = gone;
            gone = model;
        } else {
            link = &model->next;
        }
    }
    fovea_unlock(pool);
    while (gone) {
        struct fovea_pool_model *model = gone;
        gone = model->next;
        destroy_model(model);
    }
}
