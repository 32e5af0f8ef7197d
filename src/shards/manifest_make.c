/*
 * See manifest_make.h.
 *
 * Files of names that somebody left who did not come to the end are ours to replace:
 * there is no manifest.json that tells of them. Two that make it at the same time, with
 * different settings or while files come into a folder, may so replace each other's. Who
 * finds a manifest there stops and takes it, or is refused; who put it has kept his
 * names, and puts those once more that are not there (manifest_kept.h).
 */
#include "shards/manifest_make.h"

#include <inttypes.h>
#include <poll.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "base/no_worker.h"
#include "shards/key.h"
#include "shards/manifest_archive.h"
#include "shards/manifest_kept.h"
#include "shards/manifest_names.h"
#include "shards/manifest_words.h"
#include "shards/names.h"

enum {
    RACE_TRIES = 8 /* where others make one at the same time */
};

struct maker {
    const struct fovea_manifest_order *order;
    struct fovea_manifest manifest;  /* as far as it is made */
    uint64_t room;                   /* of its shards */
    struct fovea_text names;         /* of the shard that is being filled */
    uint64_t n_names;                /* inputs in it */
    bool is_archive;                 /* it is one, or a part of one */
    struct fovea_manifest_kept kept; /* the names of all shards */
    bool has_bad_list; /* why it fails: no race, which may be won yet */
};

/* Until there is another input, or it is to stop; or only look. */
static enum fovea_status
wait_for_input(const struct maker *maker, const struct fovea_inputs *inputs,
        bool waits, struct fovea_error *err)
{
    struct pollfd fds[] = {
        { .fd = maker->order->stop_fd, .events = POLLIN },
        { .fd = waits ? fovea_inputs_wait_fd(inputs) : -1, .events = POLLIN },
    };
    (void)poll(fds, FOVEA_ARRAY_LEN(fds), waits ? -1 : 0);
    return fds[0].revents
            ? fovea_fail(err, FOVEA_ERR_CANCELLED, "the run was stopped")
            : FOVEA_OK;
}

/* The names so far are a shard. */
static enum fovea_status
end_shard(struct maker *maker, struct fovea_error *err)
{
    struct fovea_manifest *manifest = &maker->manifest;
    if (maker->n_names == 0) {
        return FOVEA_OK;
    }
    if (fovea_text_failed(&maker->names)) {
        return fovea_fail_memory(err, maker->names.capacity, "names");
    }
    if (manifest->n_shards == FOVEA_MAX_SHARDS) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "more than %d shards: --shard-size makes them larger",
                FOVEA_MAX_SHARDS);
    }
    if (manifest->n_shards == maker->room) {
        uint64_t room = maker->room ? 2 * maker->room : 16;
        struct fovea_manifest_shard *more =
                reallocarray(manifest->shards, room, sizeof *more);
        if (!more) {
            return fovea_fail_memory(err, room * sizeof *more, "shards");
        }
        manifest->shards = more;
        maker->room = room;
    }
    struct fovea_manifest_shard *shard = &manifest->shards[manifest->n_shards];
    *shard = (struct fovea_manifest_shard){
        .first = manifest->n_items,
        .count = maker->n_names,
        .is_archive = maker->is_archive,
    };
    enum fovea_status status = fovea_manifest_put_names(maker->order->objects,
            manifest->n_shards, &maker->names, false, shard->names, err);
    if (!status) {
        status = fovea_manifest_keep(&maker->kept, maker->order->objects,
                &maker->names, err);
    }
    if (!status) {
        manifest->n_shards++;
        manifest->n_items +=
                shard->count == FOVEA_SHARD_UNCOUNTED ? 0 : shard->count;
    }
    maker->n_names = 0;
    maker->is_archive = false;
    fovea_text_clear(&maker->names);
    return status;
}

/* An archive is shards of its own; one that cannot be read is a bad input. */
static enum fovea_status
add_archive(struct maker *maker, struct fovea_entry *entry,
        struct fovea_error *err)
{
    const struct fovea_manifest_order *order = maker->order;
    FOVEA_AUTO(fovea_archive_parts_finish)
    struct fovea_archive_parts parts = { .n = 0 };
    struct fovea_error problem;
    enum fovea_status status = fovea_archive_divide(entry->path,
            &order->inputs->source, maker->manifest.frozen.shard_size,
            order->stop_fd, &parts, &problem);
    /* What may pass, and what is this machine's, is not frozen. */
    if (fovea_status_retryable(status) ||
            fovea_no_worker(&problem, !!status, NULL)) {
        *err = problem;
        return status;
    }
    if (status) {
        entry->problem = problem;
        return FOVEA_OK;
    }
    status = end_shard(maker, err);
    for (uint64_t i = 0; !status && i < parts.n; i++) {
        uint64_t count = parts.all[i].count;
        fovea_shard_name_write(&parts.all[i], &maker->names);
        maker->n_names = count;
        maker->is_archive = true;
        if (order->n_listed && count != FOVEA_SHARD_UNCOUNTED) {
            (void)atomic_fetch_add(order->n_listed, count);
        }
        status = end_shard(maker, err);
    }
    return status;
}

static const char *
without_dot(const char *path)
{
    return strncmp(path, "./", 2) == 0 ? path + 2 : path;
}

/* Whether a file that was found is one of those that are being made. */
static bool
is_own(const struct maker *maker, const struct fovea_entry *entry)
{
    const char *place = without_dot(fovea_objects_place(maker->order->objects));
    const char *path = without_dot(entry->path);
    size_t size = strlen(place);
    size -= size > 0 && place[size - 1] == '/';
    return entry->found && size > 0 && strncmp(path, place, size) == 0 &&
            path[size] == '/';
}

static enum fovea_status
add_input(struct maker *maker, struct fovea_entry *entry,
        struct fovea_error *err)
{
    if (is_own(maker, entry)) {
        return FOVEA_OK;
    }
    if (entry->is_list || fovea_status_retryable(entry->problem.code)) {
        maker->has_bad_list = entry->is_list;
        *err = entry->problem;
        return entry->problem.code;
    }
    if (!entry->problem.code && fovea_archive_is_named(entry->path)) {
        enum fovea_status status = add_archive(maker, entry, err);
        if (status || !entry->problem.code) {
            return status;
        }
    }
    const struct fovea_shard_name name = {
        .name = entry->path,
        .found = entry->found,
        .problem = entry->problem,
    };
    fovea_shard_name_write(&name, &maker->names);
    maker->n_names++;
    if (maker->order->n_listed) {
        (void)atomic_fetch_add(maker->order->n_listed, 1);
    }
    return maker->n_names < maker->manifest.frozen.shard_size
            ? FOVEA_OK
            : end_shard(maker, err);
}

/* Go through the inputs, or through lists alone; fill in the digest of those. */
static enum fovea_status
walk(struct maker *maker, bool only_lists, struct fovea_error *err)
{
    struct fovea_inputs_settings settings = *maker->order->inputs;
    struct fovea_inputs *inputs = NULL;
    struct fovea_sha256 hash;
    struct fovea_error error;
    enum fovea_inputs_step step = FOVEA_INPUTS_ENTRY;
    settings.source.purpose = FOVEA_PURPOSE_NAMES;
    settings.listed = &hash;
    settings.only_lists = only_lists;
    fovea_sha256_begin(&hash);
    enum fovea_status status = fovea_inputs_create(&settings, &inputs, err);
    while (!status && step != FOVEA_INPUTS_END) {
        struct fovea_entry entry = { 0 };
        status = fovea_inputs_next(inputs, &step, &entry, err);
        if (!status && step == FOVEA_INPUTS_ENTRY && !only_lists) {
            status = add_input(maker, &entry, err);
        } else if (!status && entry.is_list) {
            maker->has_bad_list = true; /* it cannot be read to its end */
            *err = entry.problem;
            status = entry.problem.code;
        }
        fovea_entry_finish(&entry);
        if (!status && step != FOVEA_INPUTS_END) {
            status = wait_for_input(maker, inputs, step == FOVEA_INPUTS_WAIT,
                    err);
        }
    }
    fovea_inputs_destroy(inputs);
    enum fovea_status ended = fovea_sha256_end(&hash,
            maker->manifest.frozen.lists, status ? &error : err);
    return status ? status : ended;
}

/* What is to be frozen; the digest of lists follows from a walk. */
static enum fovea_status
begin(struct maker *maker, struct fovea_error *err)
{
    const struct fovea_manifest_order *order = maker->order;
    struct fovea_frozen *frozen = &maker->manifest.frozen;
    const struct fovea_filter *filter = order->inputs->source.filter;
    struct fovea_frozen ours = *order->frozen;
    if (filter) {
        ours.filter = *filter;
    }
    enum fovea_status status = fovea_frozen_copy(&ours, frozen, err);
    return status ? status
                  : fovea_manifest_take_words(order->inputs, frozen, err);
}

static void
finish(struct maker *maker)
{
    fovea_manifest_finish(&maker->manifest);
    fovea_text_finish(&maker->names);
    fovea_manifest_kept_finish(&maker->kept);
}

/* All names are there: put the manifest, or compare with who was first, whose names
   are taken as by who comes later. */
static enum fovea_status
put_manifest(struct maker *maker, bool *was_made_out, struct fovea_error *err)
{
    struct fovea_objects *objects = maker->order->objects;
    struct fovea_manifest theirs = { .n_shards = 0 };
    FOVEA_AUTO(fovea_text_finish) struct fovea_text text = { 0 };
    bool was_there = false;
    fovea_manifest_write(&maker->manifest, &text);
    if (fovea_text_failed(&text)) {
        return fovea_fail_memory(err, text.capacity, "a manifest");
    }
    enum fovea_status status = fovea_objects_put_new_bytes(objects,
            FOVEA_MANIFEST_KEY, text.data, text.size, &was_there, err);
    if (!status) {
        status = fovea_manifest_read(objects, &theirs, err);
    }
    if (!status && was_there) {
        status = fovea_frozen_check(&theirs.frozen, &maker->manifest.frozen,
                fovea_objects_name(objects, FOVEA_MANIFEST_KEY), err);
    }
    if (!status && !was_there) {
        status = fovea_manifest_kept_settle(&maker->kept, objects,
                &maker->manifest, err);
    }
    if (status) {
        fovea_manifest_finish(&theirs);
        return status;
    }
    fovea_manifest_finish(&maker->manifest);
    maker->manifest = theirs;
    *was_made_out = !was_there;
    return FOVEA_OK;
}

/* Whether there is a manifest; where there is none, that there are no results. */
static enum fovea_status
look(struct fovea_objects *objects, bool *is_there_out,
        struct fovea_manifest *theirs, struct fovea_error *err)
{
    enum fovea_status status = fovea_manifest_read(objects, theirs, err);
    if (status == FOVEA_ERR_FILE_NOT_FOUND) {
        status = fovea_manifest_check_empty(objects, err);
        if (!status) {
            return FOVEA_OK;
        }
        struct fovea_error error;
        /* Somebody made it just now, and has a shard done already. */
        if (status == FOVEA_ERR_OUTPUT_REFUSED &&
                fovea_manifest_read(objects, theirs, &error) == FOVEA_OK) {
            status = FOVEA_OK;
        }
    }
    *is_there_out = !status;
    return status;
}

static enum fovea_status
make(struct maker *maker, bool *was_made_out, struct fovea_error *err)
{
    enum fovea_status status = walk(maker, false, err);
    if (!status) {
        status = end_shard(maker, err);
    }
    if (!status && maker->manifest.n_shards == 0) {
        return fovea_fail(err, FOVEA_ERR_FILE_NOT_FOUND,
                "no inputs: INPUT names none");
    }
    return status ? status : put_manifest(maker, was_made_out, err);
}

/* Read the manifest that is there and compare, or make it. */
static enum fovea_status
read_or_make(struct maker *maker, bool *was_made_out, struct fovea_error *err)
{
    struct fovea_objects *objects = maker->order->objects;
    struct fovea_manifest theirs = { .n_shards = 0 };
    bool is_there = false;
    enum fovea_status status = begin(maker, err);
    if (!status) {
        status = look(objects, &is_there, &theirs, err);
    }
    if (!status && !is_there) {
        return make(maker, was_made_out, err);
    }
    if (!status) {
        status = walk(maker, true, err);
    }
    if (!status) {
        status = fovea_frozen_check(&theirs.frozen, &maker->manifest.frozen,
                fovea_objects_name(objects, FOVEA_MANIFEST_KEY), err);
    }
    fovea_manifest_finish(status ? &theirs : &maker->manifest);
    if (!status) {
        maker->manifest = theirs;
    }
    return status;
}

enum fovea_status
fovea_manifest_make(const struct fovea_manifest_order *order,
        bool *was_made_out, struct fovea_manifest *manifest_out,
        struct fovea_error *err)
{
    bool was_made = false;
    enum fovea_status status = FOVEA_OK;
    bool may_be_race = true;
    for (int i = 0; may_be_race && i < RACE_TRIES; i++) {
        struct maker maker = {
            .order = order,
            .kept = FOVEA_MANIFEST_KEPT_INIT,
        };
        status = read_or_make(&maker, &was_made, err);
        may_be_race = status == FOVEA_ERR_OBJECT_CHANGED && !maker.has_bad_list;
        if (!status) {
            *manifest_out = maker.manifest;
            maker.manifest = (struct fovea_manifest){ .n_shards = 0 };
        }
        finish(&maker);
    }
    if (!status && was_made_out) {
        *was_made_out = was_made;
    }
    return status;
}
