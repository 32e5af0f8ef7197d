/*
 * Who packs a group's weights and who maps them.
 *
 * While the first workers start, a job in the background digests the model's
 * files. Their HELLO names the engine; both together are the key of a packed
 * copy in the cache, which another job opens. If it is there everybody maps it.
 * Else the first worker packs, the others wait for the sealed memory that its
 * READY brings, and a job stores it. Whatever goes wrong with the cache, the
 * model is loaded without it.
 *
 * The descriptor is closed with the group's last worker: it is what keeps the
 * memory.
 */
#include "pool/group_weights.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/size.h"
#include "pool/events.h"
#include "pool/jobs.h"
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

/* What is done with the cache in the background. */
struct weights_job {
    struct fovea_background_job background; /* first */
    struct fovea_group *group;
    char text[FOVEA_CACHE_KEY_SIZE];       /* the key; the digest found */
    int fd;                                /* owned; -1: none */
    bool is_stored;                        /* store: whatever the result */
    char reason[FOVEA_ERROR_MESSAGE_SIZE]; /* remove: why */
    struct fovea_error result;
};

/* Takes the fd, if true. reason: may be NULL. */
static bool
add_job(struct fovea_group *group,
        const struct fovea_background_job *background, int fd,
        const char *reason)
{
    struct weights_job *job = calloc(1, sizeof *job);
    if (!job) {
        return false;
    }
    *job = (struct weights_job){
        .background = *background,
        .group = group,
        .fd = fd,
    };
    if (group->has_key) {
        memcpy(job->text, group->cache_key, sizeof job->text);
    }
    (void)snprintf(job->reason, sizeof job->reason, "%s", reason ? reason : "");
    bool is_added = fovea_jobs_add(group, &job->background);
    if (!is_added) {
        free(job);
    }
    return is_added;
}

static void
end_job(struct weights_job *job)
{
    if (job->fd >= 0) {
        (void)close(job->fd);
    }
    fovea_jobs_end(job->group);
    free(job);
}

static void
run_open(struct fovea_background_job *background)
{
    struct weights_job *job = (struct weights_job *)background;
    job->result.code = fovea_cache_open(&job->group->pool->cache, job->text,
            &job->fd, &job->result);
}

static void
finish_open(struct fovea_background_job *background)
{
    struct weights_job *job = (struct weights_job *)background;
    struct fovea_group *group = job->group;
    /* If it is not, the workers that it was for are gone. */
    if (group->weights == FOVEA_WEIGHTS_OPENING) {
        group->weights = FOVEA_WEIGHTS_ABSENT;
        if (job->result.code != FOVEA_OK) {
            fovea_event_report(group->pool, FOVEA_EVENT_CACHE, group, NULL,
                    "cannot open a packed copy: %s", job->result.message);
        } else if (job->fd >= 0) {
            take_in(group, job->fd, true);
            job->fd = -1;
        }
    }
    end_job(job);
}

/* Both parts of the key are known. */
static void
open_copy(struct fovea_group *group)
{
    static const struct fovea_background_job open_job = { .run = run_open,
        .done = finish_open };
    fovea_cache_key(group->digest, fovea_dtype_word(group->settings.dtype),
            group->engine, group->cache_key);
    group->has_key = true;
    group->weights = FOVEA_WEIGHTS_ABSENT;
    if (add_job(group, &open_job, -1, NULL)) {
        group->weights = FOVEA_WEIGHTS_OPENING;
    }
}

static void
run_digest(struct fovea_background_job *background)
{
    struct weights_job *job = (struct weights_job *)background;
    const struct fovea_pool *pool = job->group->pool;
    job->result.code = pool->settings.digest(&pool->cache,
            job->group->settings.directory, job->text, &job->result);
}

static void
finish_digest(struct fovea_background_job *background)
{
    struct weights_job *job = (struct weights_job *)background;
    struct fovea_group *group = job->group;
    if (group->weights == FOVEA_WEIGHTS_DIGEST) {
        if (job->result.code == FOVEA_OK) {
            memcpy(group->digest, job->text, sizeof group->digest);
            group->weights = FOVEA_WEIGHTS_ENGINE;
        } else { /* what is wrong with the files the worker will say */
            group->weights = FOVEA_WEIGHTS_ABSENT;
        }
        if (group->weights == FOVEA_WEIGHTS_ENGINE && group->engine[0]) {
            open_copy(group);
        }
    }
    end_job(job);
}

void
fovea_group_weights_find(struct fovea_group *group)
{
    static const struct fovea_background_job digest_job = { .run = run_digest,
        .done = finish_digest };
    if (group->weights != FOVEA_WEIGHTS_UNKNOWN ||
            !fovea_work_facts(group->settings.kind)->has_engine) {
        return;
    }
    group->has_key = false;
    group->weights = FOVEA_WEIGHTS_ABSENT;
    if (group->pool->cache.directory && add_job(group, &digest_job, -1, NULL)) {
        group->weights = FOVEA_WEIGHTS_DIGEST;
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
run_store(struct fovea_background_job *background)
{
    struct weights_job *job = (struct weights_job *)background;
    job->result.code = fovea_cache_store(&job->group->pool->cache, job->text,
            job->fd, &job->is_stored, &job->result);
}

static void
finish_store(struct fovea_background_job *background)
{
    struct weights_job *job = (struct weights_job *)background;
    bool is_good = job->result.code == FOVEA_OK;
    const char *what = "stored a packed copy";
    if (!job->is_stored) {
        what = "cannot store a packed copy";
    } else if (!is_good) {
        what = "stored a packed copy, but cannot make room for the next";
    }
    fovea_event_report(job->group->pool, FOVEA_EVENT_CACHE, job->group, NULL,
            "%s%s%s", what, is_good ? "" : ": ",
            is_good ? "" : job->result.message);
    end_job(job);
}

/* From the next cold start on it will be there. */
static void
store(struct fovea_group *group)
{
    static const struct fovea_background_job store_job = { .run = run_store,
        .done = finish_store };
    if (!group->has_key) {
        return;
    }
    int fd = fcntl(group->weights_fd, F_DUPFD_CLOEXEC, 0);
    if (fd >= 0 && !add_job(group, &store_job, fd, NULL)) {
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
run_remove(struct fovea_background_job *background)
{
    struct weights_job *job = (struct weights_job *)background;
    job->result.code = fovea_cache_remove(&job->group->pool->cache, job->text,
            &job->result);
}

static void
finish_remove(struct fovea_background_job *background)
{
    struct weights_job *job = (struct weights_job *)background;
    bool is_good = job->result.code == FOVEA_OK;
    fovea_event_report(job->group->pool, FOVEA_EVENT_CACHE, job->group, NULL,
            "%s a packed copy away: %s%s%s", is_good ? "threw" : "cannot throw",
            job->reason, is_good ? "" : "; ",
            is_good ? "" : job->result.message);
    end_job(job);
}

bool
fovea_group_weights_bad(struct fovea_slot *slot)
{
    static const struct fovea_background_job remove_job = { .run = run_remove,
        .done = finish_remove };
    struct fovea_group *group = slot->group;
    if (slot->given_weights == 0) {
        return false;
    }
    if (slot->given_weights == group->n_weights &&
            group->weights == FOVEA_WEIGHTS_HERE) {
        if (group->weights_are_foreign && group->has_key) {
            (void)!add_job(group, &remove_job, -1, slot->failure.message);
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

bool
fovea_group_weights_may_load(struct fovea_slot *slot)
{
    struct fovea_group *group = slot->group;
    if (!fovea_work_facts(group->settings.kind)->has_engine ||
            group->weights == FOVEA_WEIGHTS_HERE) {
        return true;
    }
    fovea_group_weights_find(group); /* what was there was thrown away */
    if (group->weights == FOVEA_WEIGHTS_ABSENT && group->packer == 0) {
        group->packer = slot->serial;
        return true;
    }
    return false;
}
