/*
 * Who packs a group's weights and who maps them; so of a tokenizer's table.
 *
 * While the first workers start, a job in the background digests the model's
 * files. Their HELLO names the engine; both together are the keys of what the
 * cache may have, which another job opens. If all of it is there everybody maps
 * it. Else the first worker makes it, the others wait for the sealed memory that
 * its READY brings, and a job stores it. Whatever goes wrong with the cache, the
 * model is loaded without it.
 *
 * The descriptors are closed with the group's last worker: they are what keeps
 * the memory.
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
#include "sys/pages.h"

enum {
    /* So many packed copies in a row may be refused before it counts as a
       fault. */
    BAD_COPIES_MAX = 3
};

static const struct fovea_shared_files no_files = FOVEA_SHARED_FILES_INIT;

static void
close_files(struct fovea_shared_files *files)
{
    for (size_t i = 0; i < FOVEA_N_SHARED; i++) {
        if (files->fds[i] >= 0) {
            (void)close(files->fds[i]);
        }
    }
    *files = no_files;
}

static bool
shares(const struct fovea_group *group, size_t what)
{
    return fovea_work_shares(group->settings.kind, (enum fovea_shared)what);
}

static bool
shares_nothing(const struct fovea_group *group)
{
    return fovea_work_n_shared(group->settings.kind) == 0;
}

static void
drop(struct fovea_group *group)
{
    close_files(&group->weights_files);
    group->weights = FOVEA_WEIGHTS_UNKNOWN;
    group->weights_are_foreign = false;
}

static void
take_in(struct fovea_group *group, struct fovea_shared_files *files,
        bool is_foreign)
{
    group->weights_files = *files;
    *files = no_files;
    group->weights_are_foreign = is_foreign;
    group->weights = FOVEA_WEIGHTS_HERE;
    group->n_weights++;
}

/* What is done with the cache in the background. */
struct weights_job {
    struct fovea_background_job background; /* first */
    struct fovea_group *group;
    struct fovea_shared_words words;       /* keys; digests that are found */
    struct fovea_shared_files files;       /* owned */
    bool is_stored;                        /* store: whatever the result */
    char reason[FOVEA_ERROR_MESSAGE_SIZE]; /* remove: why */
    struct fovea_error result;
};

/* Takes the files, if true. reason: may be NULL. */
static bool
add_job(struct fovea_group *group,
        const struct fovea_background_job *background,
        const struct fovea_shared_files *files, const char *reason)
{
    struct weights_job *job = calloc(1, sizeof *job);
    if (!job) {
        return false;
    }
    *job = (struct weights_job){
        .background = *background,
        .group = group,
        .files = *files,
    };
    if (group->has_key) {
        job->words = group->cache_keys;
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
    close_files(&job->files);
    fovea_jobs_end(job->group);
    free(job);
}

static void
run_open(struct fovea_background_job *background)
{
    struct weights_job *job = (struct weights_job *)background;
    for (size_t i = 0; i < FOVEA_N_SHARED && !job->result.code; i++) {
        if (shares(job->group, i)) {
            job->result.code = fovea_cache_open(&job->group->pool->cache,
                    job->words.of[i], &job->files.fds[i], &job->result);
        }
    }
}

/* Half of it is of no use. */
static bool
is_complete(const struct fovea_group *group,
        const struct fovea_shared_files *files)
{
    for (size_t i = 0; i < FOVEA_N_SHARED; i++) {
        if (shares(group, i) != (files->fds[i] >= 0)) {
            return false;
        }
    }
    return true;
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
        } else if (is_complete(group, &job->files)) {
            take_in(group, &job->files, true);
        }
    }
    end_job(job);
}

/* All parts of the keys are known. A table depends on the build. */
static void
open_copy(struct fovea_group *group)
{
    static const struct fovea_background_job open_job = { .run = run_open,
        .done = finish_open };
    fovea_cache_key(group->digests.of[FOVEA_SHARED_WEIGHTS],
            fovea_dtype_word(group->settings.dtype), group->engine,
            group->cache_keys.of[FOVEA_SHARED_WEIGHTS]);
    fovea_cache_key(group->digests.of[FOVEA_SHARED_TABLE], "tokenizer",
            FOVEA_VERSION, group->cache_keys.of[FOVEA_SHARED_TABLE]);
    group->has_key = true;
    group->weights = FOVEA_WEIGHTS_ABSENT;
    if (add_job(group, &open_job, &no_files, NULL)) {
        group->weights = FOVEA_WEIGHTS_OPENING;
    }
}

static void
run_digest(struct fovea_background_job *background)
{
    struct weights_job *job = (struct weights_job *)background;
    const struct fovea_group *group = job->group;
    const struct fovea_pool *pool = group->pool;
    for (size_t i = 0; i < FOVEA_N_SHARED && !job->result.code; i++) {
        if (shares(group, i)) {
            job->result.code = pool->settings.digest(&pool->cache,
                    group->settings.directory,
                    fovea_work_facts(group->settings.kind)->modality,
                    (enum fovea_shared)i, job->words.of[i], &job->result);
        }
    }
}

static void
finish_digest(struct fovea_background_job *background)
{
    struct weights_job *job = (struct weights_job *)background;
    struct fovea_group *group = job->group;
    if (group->weights == FOVEA_WEIGHTS_DIGEST) {
        if (job->result.code == FOVEA_OK) {
            group->digests = job->words;
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
    if (group->weights != FOVEA_WEIGHTS_UNKNOWN || shares_nothing(group)) {
        return;
    }
    group->has_key = false;
    group->weights = FOVEA_WEIGHTS_ABSENT;
    if (group->pool->cache.directory &&
            add_job(group, &digest_job, &no_files, NULL)) {
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
    job->is_stored = true;
    for (size_t i = 0; i < FOVEA_N_SHARED; i++) {
        bool is_stored = true;
        struct fovea_error error = { .code = FOVEA_OK };
        if (job->files.fds[i] >= 0) {
            error.code = fovea_cache_store(&job->group->pool->cache,
                    job->words.of[i], job->files.fds[i], &is_stored, &error);
        }
        job->is_stored = job->is_stored && is_stored;
        job->result = job->result.code ? job->result : error;
    }
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

/* Beside the workers, which go on: their next access finds huge pages. */
static void
run_collapse(struct fovea_background_job *background)
{
    struct weights_job *job = (struct weights_job *)background;
    for (size_t i = 0; i < FOVEA_N_SHARED; i++) {
        struct stat facts;
        const int fd = job->files.fds[i];
        if (fd >= 0 && fstat(fd, &facts) == 0) {
            (void)fovea_pages_collapse(fd, (size_t)facts.st_size);
        }
    }
}

static void
finish_collapse(struct fovea_background_job *background)
{
    end_job((struct weights_job *)background);
}

/* The files again, for a job. False: there are none. */
static bool
copy_files(const struct fovea_group *group,
        struct fovea_shared_files *files_out)
{
    struct fovea_shared_files files = no_files;
    for (size_t i = 0; i < FOVEA_N_SHARED; i++) {
        if (shares(group, i)) {
            files.fds[i] =
                    fcntl(group->weights_files.fds[i], F_DUPFD_CLOEXEC, 0);
        }
    }
    if (!is_complete(group, &files)) {
        close_files(&files);
        return false;
    }
    *files_out = files;
    return true;
}

/* Memory that was packed here has small pages; a copy from the cache has what the
   file system keeps it in. */
static void
collapse(struct fovea_group *group)
{
    static const struct fovea_background_job collapse_job = {
        .run = run_collapse,
        .done = finish_collapse
    };
    struct fovea_shared_files files;
    if (copy_files(group, &files) &&
            !add_job(group, &collapse_job, &files, NULL)) {
        close_files(&files);
    }
}

/* From the next cold start on it will be there. */
static void
store(struct fovea_group *group)
{
    static const struct fovea_background_job store_job = { .run = run_store,
        .done = finish_store };
    struct fovea_shared_files files;
    if (group->has_key && copy_files(group, &files) &&
            !add_job(group, &store_job, &files, NULL)) {
        close_files(&files);
    }
}

static uint64_t
files_size(const struct fovea_shared_files *files)
{
    uint64_t size = 0;
    for (size_t i = 0; i < FOVEA_N_SHARED; i++) {
        struct stat facts;
        if (files->fds[i] >= 0 && fstat(files->fds[i], &facts) == 0) {
            size = fovea_sum_bytes(size, (uint64_t)facts.st_size);
        }
    }
    return size;
}

static bool
are_sealed(const struct fovea_shared_files *files)
{
    for (size_t i = 0; i < FOVEA_N_SHARED; i++) {
        if (files->fds[i] >= 0 && !fovea_memfd_is_sealed(files->fds[i])) {
            return false;
        }
    }
    return true;
}

/* A packer brings sealed memory, others nothing; and what they say of it is
   true. */
static bool
is_true(const struct fovea_slot *slot, size_t n_fds,
        const struct fovea_ready *ready)
{
    const struct fovea_group *group = slot->group;
    if (group->packer == slot->serial) {
        return n_fds == fovea_work_n_shared(group->settings.kind);
    }
    /* What it was given may have been thrown away since. */
    return n_fds == 0 &&
            (shares_nothing(group) || slot->given_weights != group->n_weights ||
                    ready->shared_bytes == files_size(&group->weights_files));
}

/* What the packer made, in the order of enum fovea_shared. */
static bool
take_made(const struct fovea_slot *slot, struct fovea_frame *frame,
        const struct fovea_ready *ready, struct fovea_shared_files *files_out)
{
    struct fovea_shared_files files = no_files;
    size_t n = 0;
    for (size_t i = 0; i < FOVEA_N_SHARED; i++) {
        if (shares(slot->group, i)) {
            files.fds[i] = fovea_frame_take_fd(frame, n++);
        }
    }
    if (!are_sealed(&files) || ready->shared_bytes == 0 ||
            ready->shared_bytes != files_size(&files)) {
        close_files(&files);
        return false;
    }
    *files_out = files;
    return true;
}

bool
fovea_group_weights_ready(struct fovea_slot *slot, struct fovea_frame *frame,
        const struct fovea_ready *ready)
{
    struct fovea_group *group = slot->group;
    struct fovea_pool *pool = group->pool;
    uint64_t shared_bytes = ready->shared_bytes;
    struct fovea_shared_files files;
    if (!is_true(slot, frame->n_fds, ready)) {
        return false;
    }
    if (group->packer == slot->serial) {
        if (!take_made(slot, frame, ready, &files)) {
            return false;
        }
        group->packer = 0;
        take_in(group, &files, false);
        collapse(group);
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

size_t
fovea_group_weights_list(const struct fovea_group *group,
        int fds_out[FOVEA_N_SHARED])
{
    size_t n = 0;
    for (size_t i = 0; i < FOVEA_N_SHARED; i++) {
        if (group->weights == FOVEA_WEIGHTS_HERE && shares(group, i)) {
            fds_out[n++] = group->weights_files.fds[i];
        }
    }
    return n;
}

static void
run_remove(struct fovea_background_job *background)
{
    struct weights_job *job = (struct weights_job *)background;
    for (size_t i = 0; i < FOVEA_N_SHARED && !job->result.code; i++) {
        if (shares(job->group, i)) {
            job->result.code = fovea_cache_remove(&job->group->pool->cache,
                    job->words.of[i], &job->result);
        }
    }
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
            (void)!add_job(group, &remove_job, &no_files,
                    slot->failure.message);
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
    if (shares_nothing(group) || group->weights == FOVEA_WEIGHTS_HERE) {
        return true;
    }
    fovea_group_weights_find(group); /* what was there was thrown away */
    if (group->weights == FOVEA_WEIGHTS_ABSENT && group->packer == 0) {
        group->packer = slot->serial;
        return true;
    }
    return false;
}
