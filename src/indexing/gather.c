/* See gather.h. */
#include "indexing/gather.h"

#include <limits.h>
#include <string.h>

#include "base/error.h"

/* Forget the folders that all the stored files to come lie behind. One that was
   met before another is not among them yet: the walk runs ahead of the list. */
static void
forget_unread(struct fovea_gather *gather)
{
    const struct fovea_index_file *stored = gather->stored;
    const char *last = gather->unread.size > 0
            ? gather->unread.data + gather->last_unread
            : "";
    if (!stored ||
            (strcmp(stored->path, last) > 0 &&
                    strncmp(stored->path, last, strlen(last)) != 0)) {
        gather->unread.size = 0;
    }
}

/* A folder that cannot be read: what is known of it stays. One that has gone
   meanwhile has no files. */
static enum fovea_status
note_unread(struct fovea_gather *gather, struct fovea_error *err)
{
    const struct fovea_walk_entry *entry = &gather->entry;
    if (entry->problem.code == FOVEA_ERR_FILE_NOT_FOUND && entry->size > 0) {
        return FOVEA_OK;
    }
    forget_unread(gather);
    gather->last_unread = gather->unread.size;
    fovea_text_add(&gather->unread, entry->path, entry->size + 1);
    if (fovea_text_failed(&gather->unread)) {
        return fovea_fail_memory(err, entry->size, "a path");
    }
    gather->differ.unread = gather->unread.data;
    gather->differ.unread_size = gather->unread.size;
    gather->gathered.n_unread++;
    fovea_hooks_tell(gather->settings->hooks, gather->settings->root->path,
            entry->path, &entry->problem);
    return FOVEA_OK;
}

/* To the next file of the walk. */
static enum fovea_status
advance_walk(struct fovea_gather *gather, struct fovea_error *err)
{
    enum fovea_status status = FOVEA_OK;
    do {
        status = fovea_walk_next(gather->walk, &gather->step, &gather->entry,
                err);
        if (!status && gather->step == FOVEA_WALK_PROBLEM) {
            status = note_unread(gather, err);
        }
    } while (!status && gather->step == FOVEA_WALK_PROBLEM);
    return status;
}

static enum fovea_status
advance_stored(struct fovea_gather *gather, struct fovea_error *err)
{
    return fovea_index_files_next(gather->files, &gather->stored, err);
}

static void
watch_folder(void *context, int fd)
{
    const struct fovea_gather *gather = context;
    const struct fovea_gather_settings *settings = gather->settings;
    fovea_watcher_add(settings->watcher, settings->root->id, fd);
}

enum fovea_status
fovea_gather_begin(struct fovea_gather *gather,
        const struct fovea_gather_settings *settings, struct fovea_error *err)
{
    *gather = (struct fovea_gather){
        .settings = settings,
        .differ = { .filter = settings->filter, .retry = settings->retry },
    };
    struct fovea_walk_settings walk = {
        .top = settings->root->path,
        .below = "",
        .filter = settings->filter,
        .max_size = PATH_MAX - 1,
        .wants_info = true,
    };
    const struct fovea_index_file_query query = { .root = settings->root->id };
    if (settings->watcher) {
        walk.on_folder = watch_folder;
        walk.context = gather;
    }
    enum fovea_status status = fovea_walk_create(&walk, &gather->walk, err);
    if (!status) {
        status = fovea_index_files_open(settings->folder, &query,
                &gather->files, err);
    }
    if (!status) {
        status = advance_stored(gather, err);
    }
    if (!status) {
        status = advance_walk(gather, err);
    }
    if (status) {
        fovea_gather_finish(gather);
    }
    return status;
}

static enum fovea_status
note_gone(struct fovea_gather *gather, struct fovea_error *err)
{
    struct fovea_text *gone = &gather->gathered.gone;
    gather->gathered.n_gone++;
    if (gather->settings->lists_gone) {
        fovea_text_add(gone, gather->stored->path,
                strlen(gather->stored->path) + 1);
    }
    return gone->failed
            ? fovea_fail_memory(err, gone->size, "the files that are gone")
            : FOVEA_OK;
}

/* Leave the heads behind that a difference is about. */
static enum fovea_status
pass(struct fovea_gather *gather, enum fovea_difference difference,
        struct fovea_error *err)
{
    bool passes_file = difference == FOVEA_DIFFERENCE_NEW ||
            difference == FOVEA_DIFFERENCE_CHANGED ||
            difference == FOVEA_DIFFERENCE_SAME;
    bool passes_stored = difference != FOVEA_DIFFERENCE_NEW;
    enum fovea_status status =
            passes_stored ? advance_stored(gather, err) : FOVEA_OK;
    return status || !passes_file ? status : advance_walk(gather, err);
}

/* Count what the two heads come to. */
static enum fovea_status
count(struct fovea_gather *gather, struct fovea_error *err)
{
    struct fovea_gathered *gathered = &gather->gathered;
    switch (gather->difference) {
    case FOVEA_DIFFERENCE_SAME:
        *(gather->stored->failure ? &gathered->n_known_bad
                                  : &gathered->n_same) += 1;
        return FOVEA_OK;
    case FOVEA_DIFFERENCE_NEW:
    case FOVEA_DIFFERENCE_CHANGED:
        gathered->n_to_read++;
        return FOVEA_OK;
    case FOVEA_DIFFERENCE_GONE:
        return note_gone(gather, err);
    case FOVEA_DIFFERENCE_NONE:
    case FOVEA_DIFFERENCE_UNSEEN:
    default:
        return FOVEA_OK;
    }
}

enum fovea_status
fovea_gather_next(struct fovea_gather *gather, size_t most,
        const char **path_out, bool *is_over_out, struct fovea_error *err)
{
    *path_out = NULL;
    *is_over_out = false;
    for (size_t i = 0; i < most && !*path_out; i++) {
        enum fovea_status status = gather->difference
                ? pass(gather, gather->difference, err)
                : FOVEA_OK;
        if (status) {
            return status;
        }
        const struct fovea_found found = {
            .path = gather->entry.path,
            .stamp = fovea_stamp_of(&gather->entry.info),
        };
        gather->difference = fovea_differ_step(&gather->differ,
                gather->step == FOVEA_WALK_FILE ? &found : NULL,
                gather->stored);
        *is_over_out = gather->difference == FOVEA_DIFFERENCE_NONE;
        status = count(gather, err);
        if (status || *is_over_out) {
            return status;
        }
        if (gather->difference == FOVEA_DIFFERENCE_NEW ||
                gather->difference == FOVEA_DIFFERENCE_CHANGED) {
            *path_out = found.path;
        }
    }
    return FOVEA_OK;
}

void
fovea_gather_finish(struct fovea_gather *gather)
{
    fovea_index_files_close(gather->files);
    fovea_walk_destroy(gather->walk);
    fovea_text_finish(&gather->gathered.gone);
    fovea_text_finish(&gather->unread);
    *gather = (struct fovea_gather){ .files = NULL };
}
