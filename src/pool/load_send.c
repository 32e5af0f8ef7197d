/* See load_send.h. */
#include "pool/load_send.h"

#include <stdio.h>

#include "base/size.h"
#include "pool/group_weights.h"
#include "pool/life.h"
#include "pool/slot.h"

static void
send_load(struct fovea_slot *slot)
{
    struct fovea_group *group = slot->group;
    struct fovea_pool *pool = group->pool;
    int fds[FOVEA_N_SHARED];
    size_t n_fds = fovea_group_weights_list(group, fds);
    struct fovea_load load = {
        .kind = group->settings.kind,
        .dtype = group->settings.dtype,
        .pixels = group->settings.pixels,
        .sandbox = pool->settings.sandbox,
        .n_threads = group->settings.n_threads,
        .max_batch = group->settings.max_batch,
        .limits = group->settings.limits,
        .thumbnail_px = group->settings.thumbnail_px,
        .max_granted_bytes = fovea_least_bytes(
                fovea_governor_limit(&pool->governor),
                fovea_product_bytes(group->settings.limits.max_decode_bytes,
                        group->settings.n_threads)),
        .packed_is_foreign = n_fds > 0 && group->weights_are_foreign,
    };
    (void)snprintf(load.directory, sizeof load.directory, "%s",
            group->settings.directory);
    uint8_t bytes[FOVEA_WIRE_PATH_SIZE + 128];
    struct fovea_writer writer;
    fovea_writer_init(&writer, bytes, sizeof bytes);
    fovea_load_write(&load, &writer);
    FOVEA_ASSERT(!writer.overflow);
    struct fovea_error error;
    if (fovea_frame_send(slot->channel, FOVEA_FRAME_LOAD, 0, bytes, writer.size,
                fds, n_fds, &error)) {
        fovea_life_send_failed(slot, &error);
        return;
    }
    slot->given_weights = n_fds > 0 ? group->n_weights : 0;
    fovea_channel_send(&slot->channel_state, FOVEA_FRAME_LOAD);
    slot->due_ns = fovea_later(pool->now_ns, pool->settings.load_ns);
    fovea_slot_set_state(slot, FOVEA_WORKER_LOADING);
}

void
fovea_load_send(struct fovea_group *group)
{
    struct fovea_pool *pool = group->pool;
    for (unsigned i = 0; i < pool->n_slots; i++) {
        struct fovea_slot *slot = &pool->slots[i];
        if (slot->state == FOVEA_WORKER_SPAWNING && slot->group == group &&
                slot->channel_state == FOVEA_CHANNEL_GREETED &&
                !slot->is_disconnected && fovea_group_weights_may_load(slot)) {
            send_load(slot);
        }
    }
}
