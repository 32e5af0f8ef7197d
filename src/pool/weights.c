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
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/size.h"
#include "pool/chores.h"
#include "pool/inside.h"
#include "spec/dtype.h"
#include "sys/memfd.h"

enum {
    /* So many packed copies in a row may be refused before it counts as a
       fault. */
    BAD_COPIES_MAX = 3
};

static bool
is_here(const struct fovea_slot *slot)
{
    return slot->state != FOVEA_WORKER_DEAD;
}

static void
drop(struct fovea_pool_model *model)
{
    if (model->weights_fd >= 0) {
        (void)close(model->weights_fd);
        model->weights_fd = -1;
    }
    model->weights = FOVEA_WEIGHTS_UNKNOWN;
    model->weights_are_foreign = false;
}

static void
take_in(struct fovea_pool_model *model, int fd, bool is_foreign)
{
    model->weights_fd = fd;
    model->weights_are_foreign = is_foreign;
    model->weights = FOVEA_WEIGHTS_HERE;
    model->n_weights++;
}

static bool
add_chore(struct fovea_pool_model *model, enum fovea_chore_kind kind,
        const char *text, int fd)
{
    struct fovea_chore chore = { .kind = kind, .model = model, .fd = fd };
    (void)snprintf(chore.text, sizeof chore.text, "%s", text);
    return fovea_chores_add(model->pool, &chore);
}

void
fovea_weights_look(struct fovea_pool_model *model)
{
    if (model->weights != FOVEA_WEIGHTS_UNKNOWN ||
            model->settings.kind == FOVEA_WORK_PIXELS) {
        return;
    }
    model->has_key = false;
    model->weights = FOVEA_WEIGHTS_ABSENT;
    if (model->pool->cache.directory &&
            add_chore(model, FOVEA_CHORE_DIGEST, "", -1)) {
        model->weights = FOVEA_WEIGHTS_DIGEST;
    }
}

/* Both parts of the key are known. */
static void
open_copy(struct fovea_pool_model *model)
{
    fovea_cache_key(model->digest, fovea_dtype_word(model->settings.dtype),
            model->engine, model->cache_key);
    model->has_key = true;
    model->weights = FOVEA_WEIGHTS_ABSENT;
    if (add_chore(model, FOVEA_CHORE_OPEN, model->cache_key, -1)) {
        model->weights = FOVEA_WEIGHTS_OPENING;
    }
}

void
fovea_weights_greeted(struct fovea_slot *slot, const char *engine)
{
    struct fovea_pool_model *model = slot->model;
    (void)snprintf(model->engine, sizeof model->engine, "%s", engine);
    if (model->weights == FOVEA_WEIGHTS_ENGINE) {
        open_copy(model);
    }
}

static void
digest_done(struct fovea_pool_model *model, const struct fovea_chore *chore)
{
    if (model->weights != FOVEA_WEIGHTS_DIGEST) {
        return; /* the workers that it was for are gone */
    }
    if (chore->result.code != FOVEA_OK) {
        model->weights = FOVEA_WEIGHTS_ABSENT;
        return; /* what is wrong with the files the worker will say */
    }
    memcpy(model->digest, chore->text, sizeof model->digest);
    model->weights = FOVEA_WEIGHTS_ENGINE;
    if (model->engine[0]) {
        open_copy(model);
    }
}

static void
open_done(struct fovea_pool_model *model, struct fovea_chore *chore)
{
    if (model->weights != FOVEA_WEIGHTS_OPENING) {
        return;
    }
    model->weights = FOVEA_WEIGHTS_ABSENT;
    if (chore->result.code != FOVEA_OK) {
        fovea_event_tell(model->pool, FOVEA_EVENT_CACHE, model, NULL,
                "cannot open a packed copy: %s", chore->result.message);
    } else if (chore->fd >= 0) {
        take_in(model, chore->fd, true);
        chore->fd = -1;
    }
}

static void
store_done(struct fovea_pool_model *model, const struct fovea_chore *chore)
{
    bool is_good = chore->result.code == FOVEA_OK;
    const char *what = "stored a packed copy";
    if (!chore->is_stored) {
        what = "cannot store a packed copy";
    } else if (!is_good) {
        what = "stored a packed copy, but cannot make room for the next";
    }
    fovea_event_tell(model->pool, FOVEA_EVENT_CACHE, model, NULL, "%s%s%s",
            what, is_good ? "" : ": ", is_good ? "" : chore->result.message);
}

static void
remove_done(struct fovea_pool_model *model, const struct fovea_chore *chore)
{
    bool is_good = chore->result.code == FOVEA_OK;
    fovea_event_tell(model->pool, FOVEA_EVENT_CACHE, model, NULL,
            "%s a packed copy away: %s%s%s", is_good ? "threw" : "cannot throw",
            chore->reason, is_good ? "" : "; ",
            is_good ? "" : chore->result.message);
}

void
fovea_weights_chore_done(struct fovea_chore *chore)
{
    struct fovea_pool_model *model = chore->model;
    if (chore->kind == FOVEA_CHORE_DIGEST) {
        digest_done(model, chore);
    } else if (chore->kind == FOVEA_CHORE_OPEN) {
        open_done(model, chore);
    } else if (chore->kind == FOVEA_CHORE_STORE) {
        store_done(model, chore);
    } else if (chore->kind == FOVEA_CHORE_REMOVE) {
        remove_done(model, chore);
    }
    if (chore->fd >= 0) {
        (void)close(chore->fd);
    }
}

static void
send_load(struct fovea_slot *slot)
{
    struct fovea_pool_model *model = slot->model;
    struct fovea_pool *pool = model->pool;
    bool has_fd = model->weights == FOVEA_WEIGHTS_HERE;
    struct fovea_load load = {
        .kind = model->settings.kind,
        .dtype = model->settings.dtype,
        .sandbox = pool->settings.sandbox,
        .n_threads = model->settings.n_threads,
        .max_batch = model->settings.max_batch,
        .limits = model->settings.limits,
        .max_granted_bytes = fovea_least_bytes(
                fovea_governor_limit(&pool->governor),
                fovea_product_bytes(model->settings.limits.max_decode_bytes,
                        model->settings.n_threads)),
        .packed_is_foreign = has_fd && model->weights_are_foreign,
    };
    (void)snprintf(load.directory, sizeof load.directory, "%s",
            model->settings.directory);
    uint8_t bytes[FOVEA_WIRE_PATH_SIZE + 128];
    struct fovea_writer writer;
    fovea_writer_init(&writer, bytes, sizeof bytes);
    fovea_load_write(&load, &writer);
    FOVEA_ASSERT(!writer.overflow);
    struct fovea_error error;
    if (fovea_frame_send(slot->channel, FOVEA_FRAME_LOAD, 0, bytes, writer.size,
                &model->weights_fd, has_fd, &error)) {
        fovea_slot_send_failed(slot, &error);
        return;
    }
    slot->given_weights = has_fd ? model->n_weights : 0;
    fovea_channel_send(&slot->channel_state, FOVEA_FRAME_LOAD);
    slot->due_ns = fovea_later(pool->now_ns, pool->settings.load_ns);
    fovea_slot_set_state(slot, FOVEA_WORKER_LOADING);
}

static bool
may_load(struct fovea_slot *slot)
{
    struct fovea_pool_model *model = slot->model;
    if (model->settings.kind == FOVEA_WORK_PIXELS ||
            model->weights == FOVEA_WEIGHTS_HERE) {
        return true;
    }
    fovea_weights_look(model); /* what was there was thrown away */
    if (model->weights == FOVEA_WEIGHTS_ABSENT && model->packer == 0) {
        model->packer = slot->serial;
        return true;
    }
    return false;
}

void
fovea_weights_hand_out(struct fovea_pool_model *model)
{
    struct fovea_pool *pool = model->pool;
    for (unsigned i = 0; i < pool->n_slots; i++) {
        struct fovea_slot *slot = &pool->slots[i];
        if (slot->state == FOVEA_WORKER_SPAWNING && slot->model == model &&
                slot->channel_state == FOVEA_CHANNEL_GREETED &&
                !slot->is_silent && may_load(slot)) {
            send_load(slot);
        }
    }
}

/* From the next cold start on it will be there. */
static void
store(struct fovea_pool_model *model)
{
    if (!model->has_key) {
        return;
    }
    int fd = fcntl(model->weights_fd, F_DUPFD_CLOEXEC, 0);
    if (fd >= 0 && !add_chore(model, FOVEA_CHORE_STORE, model->cache_key, fd)) {
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
    const struct fovea_pool_model *model = slot->model;
    if (model->settings.kind == FOVEA_WORK_PIXELS) {
        return fd < 0;
    }
    if (model->packer != slot->serial) {
        /* What it was given may have been thrown away since. */
        return fd < 0 &&
                (slot->given_weights != model->n_weights ||
                        ready->shared_bytes == file_size(model->weights_fd));
    }
    return fd >= 0 && fovea_memfd_is_sealed(fd) && ready->shared_bytes > 0 &&
            ready->shared_bytes == file_size(fd);
}

bool
fovea_weights_ready(struct fovea_slot *slot, int fd,
        const struct fovea_ready *ready)
{
    struct fovea_pool_model *model = slot->model;
    struct fovea_pool *pool = model->pool;
    bool is_packer = model->packer == slot->serial;
    uint64_t shared_bytes = ready->shared_bytes;
    if (!is_true(slot, fd, ready)) {
        if (fd >= 0) {
            (void)close(fd);
        }
        return false;
    }
    if (is_packer) {
        model->packer = 0;
        take_in(model, fd, false);
        store(model);
    }
    model->n_bad_copies = 0;
    fovea_lock(pool);
    if (model->shared.is_pending) {
        fovea_governor_settle(&pool->governor, &model->shared, shared_bytes);
    }
    model->shared_bytes = shared_bytes;
    fovea_unlock(pool);
    return true;
}

static void
throw_away(struct fovea_slot *slot)
{
    struct fovea_pool_model *model = slot->model;
    struct fovea_chore chore = {
        .kind = FOVEA_CHORE_REMOVE,
        .model = model,
        .fd = -1,
    };
    (void)snprintf(chore.text, sizeof chore.text, "%s", model->cache_key);
    (void)snprintf(chore.reason, sizeof chore.reason, "%s",
            slot->failure.message);
    (void)!fovea_chores_add(model->pool, &chore);
}

bool
fovea_weights_bad(struct fovea_slot *slot)
{
    struct fovea_pool_model *model = slot->model;
    if (slot->given_weights == 0) {
        return false;
    }
    if (slot->given_weights == model->n_weights &&
            model->weights == FOVEA_WEIGHTS_HERE) {
        if (model->weights_are_foreign && model->has_key) {
            throw_away(slot);
        }
        model->n_bad_copies++;
        drop(model);
    }
    return model->n_bad_copies < BAD_COPIES_MAX;
}

void
fovea_weights_gone(struct fovea_slot *slot)
{
    struct fovea_pool_model *model = slot->model;
    if (model->packer == slot->serial) {
        model->packer = 0;
    }
    if (fovea_slot_count(model, is_here) > 0) {
        return;
    }
    drop(model);
    fovea_lock(model->pool);
    fovea_governor_release(&model->pool->governor, &model->shared);
    model->shared_bytes = 0;
    fovea_unlock(model->pool);
}
