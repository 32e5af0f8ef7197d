/*
 * Who packs a model's weights and who maps them.
 *
 * While the first workers start, a chore digests the model's files. Their HELLO
 * names the engine; both together are the key of a packed copy in the cache,
 * which another chore opens. If it is there everybody maps it. Else the first
 * worker packs, the others wait for the sealed memory that its READY brings,
 * and a chore stores it. Whatever goes wrong with the cache, the model is
 * loaded without it.
 *
 * The descriptor is given back with the model's last worker: it is what keeps
 * the memory.
 */
#include "pool/weights.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/size.h"
#include "pool/chores.h"
#include "pool/events.h"
#include "pool/life.h"
#include "pool/slot.h"
#include "spec/dtype.h"
#include "sys/memfd.h"

enum {
    /* So many packed copies in a row may be refused before it counts as a
       fault. */
    BAD_COPIES_MAX = 3
};

static void
drop(struct fovea_group *group)
{
    if (group->weights_fd >= 0) {
        (void)close(group->weights_fd);
        group->weights_fd = -1;
    }
    group->weights = FOVEA_WEIGHTS_UNKNOWN;
    group->weights_are_foreign = false;
}

static void
take_in(struct fovea_group *group, int fd, bool is_foreign)
{
    group->weights_fd = fd;
    group->weights_are_foreign = is_foreign;
    group->weights = FOVEA_WEIGHTS_HERE;
    group->n_weights++;
}

static bool
add_chore(struct fovea_group *group, enum fovea_chore_kind kind,
        const char *text, int fd)
{
    struct fovea_chore chore = { .kind = kind, .group = group, .fd = fd };
    (void)snprintf(chore.text, sizeof chore.text, "%s", text);
    return fovea_chores_add(group->pool, &chore);
}

void
fovea_group_weights_look(struct fovea_group *group)
{
    if (group->weights != FOVEA_WEIGHTS_UNKNOWN ||
            !fovea_work_facts(group->settings.kind)->has_engine) {
        return;
    }
    group->has_key = false;
    group->weights = FOVEA_WEIGHTS_ABSENT;
    if (group->pool->cache.directory &&
            add_chore(group, FOVEA_CHORE_DIGEST, "", -1)) {
        group->weights = FOVEA_WEIGHTS_DIGEST;
    }
}

/* Both parts of the key are known. */
static void
open_copy(struct fovea_group *group)
{
    fovea_cache_key(group->digest, fovea_dtype_word(group->settings.dtype),
            group->engine, group->cache_key);
    group->has_key = true;
    group->weights = FOVEA_WEIGHTS_ABSENT;
    if (add_chore(group, FOVEA_CHORE_OPEN, group->cache_key, -1)) {
        group->weights = FOVEA_WEIGHTS_OPENING;
    }
}

void
fovea_group_weights_greeted(struct fovea_slot *slot, const char *engine)
{
    struct fovea_group *group = slot->group;
    (void)snprintf(group->engine, sizeof group->engine, "%s", engine);
    if (group->weights == FOVEA_WEIGHTS_ENGINE) {
        open_copy(group);
    }
}

static void
digest_done(struct fovea_group *group, const struct fovea_chore *chore)
{
    if (group->weights != FOVEA_WEIGHTS_DIGEST) {
        return; /* the workers that it was for are gone */
    }
    if (chore->result.code != FOVEA_OK) {
        group->weights = FOVEA_WEIGHTS_ABSENT;
        return; /* what is wrong with the files the worker will say */
    }
    memcpy(group->digest, chore->text, sizeof group->digest);
    group->weights = FOVEA_WEIGHTS_ENGINE;
    if (group->engine[0]) {
        open_copy(group);
    }
}

static void
open_done(struct fovea_group *group, struct fovea_chore *chore)
{
    if (group->weights != FOVEA_WEIGHTS_OPENING) {
        return;
    }
    group->weights = FOVEA_WEIGHTS_ABSENT;
    if (chore->result.code != FOVEA_OK) {
        fovea_event_report(group->pool, FOVEA_EVENT_CACHE, group, NULL,
                "cannot open a packed copy: %s", chore->result.message);
    } else if (chore->fd >= 0) {
        take_in(group, chore->fd, true);
        chore->fd = -1;
    }
}

static void
store_done(struct fovea_group *group, const struct fovea_chore *chore)
{
    bool is_good = chore->result.code == FOVEA_OK;
    const char *what = "stored a packed copy";
    if (!chore->is_stored) {
        what = "cannot store a packed copy";
    } else if (!is_good) {
        what = "stored a packed copy, but cannot make room for the next";
    }
    fovea_event_report(group->pool, FOVEA_EVENT_CACHE, group, NULL, "%s%s%s",
            what, is_good ? "" : ": ", is_good ? "" : chore->result.message);
}

static void
remove_done(struct fovea_group *group, const struct fovea_chore *chore)
{
    bool is_good = chore->result.code == FOVEA_OK;
    fovea_event_report(group->pool, FOVEA_EVENT_CACHE, group, NULL,
            "%s a packed copy away: %s%s%s", is_good ? "threw" : "cannot throw",
            chore->reason, is_good ? "" : "; ",
            is_good ? "" : chore->result.message);
}

void
fovea_group_weights_chore_done(struct fovea_chore *chore)
{
    struct fovea_group *group = chore->group;
    if (chore->kind == FOVEA_CHORE_DIGEST) {
        digest_done(group, chore);
    } else if (chore->kind == FOVEA_CHORE_OPEN) {
        open_done(group, chore);
    } else if (chore->kind == FOVEA_CHORE_STORE) {
        store_done(group, chore);
    } else if (chore->kind == FOVEA_CHORE_REMOVE) {
        remove_done(group, chore);
    }
    if (chore->fd >= 0) {
        (void)close(chore->fd);
    }
}

static void
send_load(struct fovea_slot *slot)
{
    struct fovea_group *group = slot->group;
    struct fovea_pool *pool = group->pool;
    bool has_fd = group->weights == FOVEA_WEIGHTS_HERE;
    struct fovea_load load = {
        .kind = group->settings.kind,
        .dtype = group->settings.dtype,
        .sandbox = pool->settings.sandbox,
        .n_threads = group->settings.n_threads,
        .max_batch = group->settings.max_batch,
        .limits = group->settings.limits,
        .max_granted_bytes = fovea_least_bytes(
                fovea_governor_limit(&pool->governor),
                fovea_product_bytes(group->settings.limits.max_decode_bytes,
                        group->settings.n_threads)),
        .packed_is_foreign = has_fd && group->weights_are_foreign,
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
                &group->weights_fd, has_fd, &error)) {
        fovea_life_send_failed(slot, &error);
        return;
    }
    slot->given_weights = has_fd ? group->n_weights : 0;
    fovea_channel_send(&slot->channel_state, FOVEA_FRAME_LOAD);
    slot->due_ns = fovea_later(pool->now_ns, pool->settings.load_ns);
    fovea_slot_set_state(slot, FOVEA_WORKER_LOADING);
}

static bool
may_load(struct fovea_slot *slot)
{
    struct fovea_group *group = slot->group;
    if (!fovea_work_facts(group->settings.kind)->has_engine ||
            group->weights == FOVEA_WEIGHTS_HERE) {
        return true;
    }
    fovea_group_weights_look(group); /* what was there was thrown away */
    if (group->weights == FOVEA_WEIGHTS_ABSENT && group->packer == 0) {
        group->packer = slot->serial;
        return true;
    }
    return false;
}

void
fovea_group_weights_send(struct fovea_group *group)
{
    struct fovea_pool *pool = group->pool;
    for (unsigned i = 0; i < pool->n_slots; i++) {
        struct fovea_slot *slot = &pool->slots[i];
        if (slot->state == FOVEA_WORKER_SPAWNING && slot->group == group &&
                slot->channel_state == FOVEA_CHANNEL_GREETED &&
                !slot->is_disconnected && may_load(slot)) {
            send_load(slot);
        }
    }
}

/* From the next cold start on it will be there. */
static void
store(struct fovea_group *group)
{
    if (!group->has_key) {
        return;
    }
    int fd = fcntl(group->weights_fd, F_DUPFD_CLOEXEC, 0);
    if (fd >= 0 && !add_chore(group, FOVEA_CHORE_STORE, group->cache_key, fd)) {
        (void)close(fd);
    }
}

static uint64_t
file_size(int fd)
{
    struct stat facts;
    return fd >= 0 && fstat(fd, &facts) == 0 ? (uint64_t)facts.st_size : 0;
}

/* A packer brings sealed memory, others nothing; and what they say of it is
   true. */
static bool
is_true(const struct fovea_slot *slot, int fd, const struct fovea_ready *ready)
{
    const struct fovea_group *group = slot->group;
    if (!fovea_work_facts(group->settings.kind)->has_engine) {
        return fd < 0;
    }
    if (group->packer != slot->serial) {
        /* What it was given may have been thrown away since. */
        return fd < 0 &&
                (slot->given_weights != group->n_weights ||
                        ready->shared_bytes == file_size(group->weights_fd));
    }
    return fd >= 0 && fovea_memfd_is_sealed(fd) && ready->shared_bytes > 0 &&
            ready->shared_bytes == file_size(fd);
}

bool
fovea_group_weights_ready(struct fovea_slot *slot, int fd,
        const struct fovea_ready *ready)
{
    struct fovea_group *group = slot->group;
    struct fovea_pool *pool = group->pool;
    bool is_packer = group->packer == slot->serial;
    uint64_t shared_bytes = ready->shared_bytes;
    if (!is_true(slot, fd, ready)) {
        if (fd >= 0) {
            (void)close(fd);
        }
        return false;
    }
    if (is_packer) {
        group->packer = 0;
        take_in(group, fd, false);
        store(group);
    }
    group->n_bad_copies = 0;
    fovea_lock(pool);
    if (group->shared.is_pending) {
        fovea_governor_settle(&pool->governor, &group->shared, shared_bytes);
    }
    group->shared_bytes = shared_bytes;
    fovea_unlock(pool);
    return true;
}

static void
throw_away(struct fovea_slot *slot)
{
    struct fovea_group *group = slot->group;
    struct fovea_chore chore = {
        .kind = FOVEA_CHORE_REMOVE,
        .group = group,
        .fd = -1,
    };
    (void)snprintf(chore.text, sizeof chore.text, "%s", group->cache_key);
    (void)snprintf(chore.reason, sizeof chore.reason, "%s",
            slot->failure.message);
    (void)!fovea_chores_add(group->pool, &chore);
}

bool
fovea_group_weights_bad(struct fovea_slot *slot)
{
    struct fovea_group *group = slot->group;
    if (slot->given_weights == 0) {
        return false;
    }
    if (slot->given_weights == group->n_weights &&
            group->weights == FOVEA_WEIGHTS_HERE) {
        if (group->weights_are_foreign && group->has_key) {
            throw_away(slot);
        }
        group->n_bad_copies++;
        drop(group);
    }
    return group->n_bad_copies < BAD_COPIES_MAX;
}

void
fovea_group_weights_gone(struct fovea_slot *slot)
{
    struct fovea_group *group = slot->group;
    if (group->packer == slot->serial) {
        group->packer = 0;
    }
    if (fovea_slot_count(group, fovea_slot_is_here) > 0) {
        return;
    }
    drop(group);
    fovea_lock(group->pool);
    fovea_governor_release(&group->pool->governor, &group->shared);
    group->shared_bytes = 0;
    fovea_unlock(group->pool);
}
