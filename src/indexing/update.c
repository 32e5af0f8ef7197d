/* Updating an index: see update.h. */
#include "indexing/update.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "index/files.h"
#include "index/roots.h"
#include "indexing/gather.h"
#include "indexing/gone.h"
#include "indexing/pipeline.h"
#include "indexing/root.h"
#include "sys/cpu.h"

enum {
    LOOK_AT = 4096,        /* files between two looks at what else there is */
    REMOVE_AT_ONCE = 4096, /* files; then there is a commit */
    CPUS_OF_A_READER = 8   /* whose workers one thread reads ahead of */
};

struct fovea_updater {
    const struct fovea_update_settings *settings;
    struct fovea_models models;
    struct fovea_pipeline_settings pipeline_settings;
    struct fovea_pipeline *pipeline;
    const int64_t *only; /* roots, of the run */
    size_t n_only;
    struct fovea_error problem; /* of the first root that has one */
};

/* A root that is being updated. */
struct root_update {
    struct fovea_updater *update;
    const struct fovea_index_root *stored;
    struct fovea_root root;
    struct fovea_gather gather;        /* the second pass */
    struct fovea_index_files *lacking; /* or files that lack a vector */
};

static unsigned
choose_readers(const struct fovea_options *options)
{
    unsigned n =
            options->max_workers ? options->max_workers : fovea_cpu_count();
    n = 1 + n / CPUS_OF_A_READER;
    return n < FOVEA_READER_THREADS ? n : FOVEA_READER_THREADS;
}

static struct fovea_gather_settings
gather_settings(const struct root_update *root)
{
    const struct fovea_update_settings *settings = root->update->settings;
    return (struct fovea_gather_settings){
        .folder = settings->folder,
        .root = root->stored,
        .filter = settings->filter,
        .retry = settings->retries,
    };
}

/* The first pass: what there is to do. */
static enum fovea_status
look(struct root_update *root, struct fovea_gathered *gathered_out,
        struct fovea_error *err)
{
    const struct fovea_update_settings *settings = root->update->settings;
    struct fovea_gather_settings gather = gather_settings(root);
    struct fovea_gather pass = { .settings = NULL };
    const char *path = NULL;
    bool is_over = false;
    gather.hooks = settings->hooks;
    gather.watcher = settings->watcher;
    gather.lists_gone = !settings->keeps_missing;
    enum fovea_status status = fovea_gather_begin(&pass, &gather, err);
    while (!status && !is_over) {
        status = fovea_gather_next(&pass, LOOK_AT, &path, &is_over, err);
        if (!status && !path) {
            status = fovea_pipeline_check_stop(root->update->pipeline, err);
        }
    }
    if (!status) {
        *gathered_out = pass.gathered;
        pass.gathered.gone = (struct fovea_text){ 0 };
    }
    fovea_gather_finish(&pass);
    return status;
}

static void
count(const struct fovea_update_settings *settings,
        const struct fovea_gathered *gathered)
{
    struct fovea_counts *counts = settings->counts;
    fovea_counts_add(&counts->n_same, gathered->n_same);
    fovea_counts_add(&counts->n_known_bad, gathered->n_known_bad);
    fovea_counts_add(&counts->n_to_read, gathered->n_to_read);
    fovea_counts_add(&counts->n_unread, gathered->n_unread);
}

static enum fovea_status
next_gathered(void *context, const char **path_out, bool *is_over_out,
        struct fovea_error *err)
{
    struct root_update *root = context;
    return fovea_gather_next(&root->gather, LOOK_AT, path_out, is_over_out,
            err);
}

/* The second pass: files that are to be read go through the pipeline. What is gone
   is what this pass does not find. */
static enum fovea_status
read_files(struct root_update *root, struct fovea_gathered *gathered,
        struct fovea_error *err)
{
    struct fovea_gather_settings gather = gather_settings(root);
    const struct fovea_pipeline_source source = {
        .root_path = root->stored->path,
        .root = root->stored->id,
        .root_fd = root->root.fd,
        .next = next_gathered,
        .context = root,
    };
    gather.lists_gone = !root->update->settings->keeps_missing;
    enum fovea_status status = fovea_gather_begin(&root->gather, &gather, err);
    if (!status) {
        status = fovea_pipeline_run(root->update->pipeline, &source, err);
    }
    if (!status) {
        fovea_text_finish(&gathered->gone);
        *gathered = root->gather.gathered;
        root->gather.gathered.gone = (struct fovea_text){ 0 };
    }
    fovea_gather_finish(&root->gather);
    return status;
}

/* Whether what is gone may be removed: not a whole disk by mistake. What only has
   another name now is not gone. */
static enum fovea_status
check_gone(const struct root_update *root,
        const struct fovea_gathered *gathered, struct fovea_error *err)
{
    const struct fovea_index_root *stored = root->stored;
    uint64_t n_lost = gathered->n_gone;
    if (root->update->settings->prunes || n_lost <= stored->n_files / 2) {
        return FOVEA_OK;
    }
    enum fovea_status status = fovea_gone_count_lost(
            root->update->settings->folder, stored->id, gathered, &n_lost, err);
    return !status && n_lost > stored->n_files / 2
            ? fovea_fail(err, FOVEA_ERR_ROOT_MISSING,
                      "%s: %" PRIu64 " of %" PRIu64
                      " files are not there any more: nothing is removed "
                      "(--prune removes them, --keep-missing keeps them)",
                      stored->path, n_lost, stored->n_files)
            : status;
}

static enum fovea_status
remove_gone(struct root_update *root, const struct fovea_gathered *gathered,
        struct fovea_error *err)
{
    const struct fovea_update_settings *settings = root->update->settings;
    const char *path = gathered->gone.data;
    enum fovea_status status = FOVEA_OK;
    for (uint64_t i = 0; !status && i < gathered->n_gone; i++) {
        status = fovea_index_file_remove(settings->folder, root->stored->id,
                path, err);
        if (!status) {
            fovea_counts_add(&settings->counts->n_removed, 1);
            path += strlen(path) + 1;
        }
        if (!status && (i + 1) % REMOVE_AT_ONCE == 0) {
            status = fovea_pipeline_commit(root->update->pipeline, "removing",
                    err);
        }
    }
    return status;
}

static enum fovea_status
update_opened(struct root_update *root, struct fovea_error *err)
{
    struct fovea_gathered gathered = { 0 };
    enum fovea_status status = look(root, &gathered, err);
    if (!status) {
        count(root->update->settings, &gathered);
    }
    if (!status && gathered.n_to_read > 0) {
        status = read_files(root, &gathered, err);
    }
    fovea_counts_add(&root->update->settings->counts->n_gone, gathered.n_gone);
    if (!status && gathered.n_gone > 0 &&
            !root->update->settings->keeps_missing) {
        status = check_gone(root, &gathered, err);
        status = status ? status : remove_gone(root, &gathered, err);
    }
    fovea_text_finish(&gathered.gone);
    return status;
}

static enum fovea_status
open_root(struct root_update *root, struct fovea_error *err)
{
    struct fovea_index_folder *folder = root->update->settings->folder;
    const struct fovea_index_root *stored = root->stored;
    int64_t id = 0;
    enum fovea_status status = fovea_root_find(stored,
            fovea_index_folder_path(folder), &root->root, err);
    if (!status) {
        status = fovea_root_check_empty(&root->root, stored, err);
    }
    if (status ||
            (root->root.device == stored->device &&
                    root->root.inode == stored->inode)) {
        return status;
    }
    return fovea_index_root_put(folder, stored->path, root->root.device,
            root->root.inode, &id, err);
}

static enum fovea_status
update_root(struct fovea_updater *update, const struct fovea_index_root *stored,
        struct fovea_error *err)
{
    struct root_update root = {
        .update = update,
        .stored = stored,
        .root = FOVEA_ROOT_INIT,
    };
    enum fovea_status status = open_root(&root, err);
    if (!status) {
        status = update_opened(&root, err);
    }
    fovea_root_finish(&root.root);
    if (!fovea_update_is_of_root(status)) {
        return status;
    }
    fovea_hooks_tell(update->settings->hooks, stored->path, "", err);
    if (!update->problem.code) {
        update->problem = *err;
    }
    return FOVEA_OK;
}

static enum fovea_status
next_lacking(void *context, const char **path_out, bool *is_over_out,
        struct fovea_error *err)
{
    struct root_update *root = context;
    const struct fovea_index_file *file = NULL;
    enum fovea_status status = FOVEA_OK;
    do {
        status = fovea_index_files_next(root->lacking, &file, err);
    } while (!status && file && file->failure &&
            !root->update->settings->retries);
    *path_out = !status && file ? file->path : NULL;
    *is_over_out = !status && !file;
    if (*path_out) {
        fovea_counts_add(&root->update->settings->counts->n_to_read, 1);
    }
    return status;
}

/* Vectors of one model that files of a root lack: it was added, or what added it
   was ended. */
static enum fovea_status
complete(struct fovea_updater *update, const struct fovea_index_root *stored,
        int64_t set, struct fovea_error *err)
{
    struct root_update root = {
        .update = update,
        .stored = stored,
        .root = FOVEA_ROOT_INIT,
    };
    const struct fovea_index_file_query query = {
        .root = stored->id,
        .missing_set = set,
    };
    if (fovea_root_open(stored->path, &root.root, NULL)) {
        return FOVEA_OK; /* that was told */
    }
    const struct fovea_pipeline_source source = {
        .root_path = stored->path,
        .root = stored->id,
        .root_fd = root.root.fd,
        .next = next_lacking,
        .context = &root,
    };
    enum fovea_status status = fovea_index_files_open(update->settings->folder,
            &query, &root.lacking, err);
    if (!status) {
        status = fovea_pipeline_run(update->pipeline, &source, err);
    }
    fovea_index_files_close(root.lacking);
    fovea_root_finish(&root.root);
    return status;
}

/* Whether a root is one of those that are to be updated. */
static bool
is_chosen(const struct fovea_updater *update,
        const struct fovea_index_root *root)
{
    const struct fovea_update_settings *settings = update->settings;
    bool is_one = update->n_only == 0 && settings->n_roots == 0;
    for (size_t i = 0; i < update->n_only; i++) {
        is_one = is_one || update->only[i] == root->id;
    }
    for (size_t i = 0; update->n_only == 0 && i < settings->n_roots; i++) {
        is_one = is_one || strcmp(settings->roots[i], root->path) == 0;
    }
    return is_one;
}

/* Write down the folders that are new. */
static enum fovea_status
add_roots(const struct fovea_update_settings *settings, struct fovea_error *err)
{
    FOVEA_AUTO_FREE struct fovea_index_root *roots = NULL;
    size_t n = 0;
    int64_t id = 0;
    enum fovea_status status =
            fovea_index_roots(settings->folder, &roots, &n, err);
    for (size_t i = 0; !status && i < settings->n_roots; i++) {
        bool is_known = false;
        for (size_t j = 0; j < n; j++) {
            is_known =
                    is_known || strcmp(roots[j].path, settings->roots[i]) == 0;
        }
        if (is_known) {
            continue;
        }
        struct fovea_root root = FOVEA_ROOT_INIT;
        status = fovea_root_open(settings->roots[i], &root, err);
        if (!status) {
            status = fovea_index_root_put(settings->folder, settings->roots[i],
                    root.device, root.inode, &id, err);
        }
        fovea_root_finish(&root);
    }
    return status;
}

static enum fovea_status
update_roots(struct fovea_updater *update, struct fovea_error *err)
{
    const struct fovea_update_settings *settings = update->settings;
    FOVEA_AUTO_FREE struct fovea_index_root *roots = NULL;
    size_t n = 0;
    enum fovea_status status = add_roots(settings, err);
    if (!status) {
        status = fovea_index_roots(settings->folder, &roots, &n, err);
    }
    for (size_t i = 0; !status && i < n; i++) {
        if (is_chosen(update, &roots[i])) {
            status = update_root(update, &roots[i], err);
        }
    }
    for (size_t i = 0; !status && i < n; i++) {
        for (size_t j = 0;
                !status && j < update->models.n && is_chosen(update, &roots[i]);
                j++) {
            status =
                    complete(update, &roots[i], update->models.all[j].set, err);
        }
    }
    return status;
}

/* Contents that nothing leads to any more go; then all of it is there. */
static enum fovea_status
finish(struct fovea_updater *update, struct fovea_error *err)
{
    uint64_t n = 0;
    enum fovea_status status =
            fovea_index_sweep(update->settings->folder, &n, err);
    return status ? status
                  : fovea_pipeline_commit(update->pipeline, "done", err);
}

bool
fovea_update_is_of_root(enum fovea_status status)
{
    return status == FOVEA_ERR_ROOT_MISSING ||
            status == FOVEA_ERR_FILE_NOT_FOUND ||
            status == FOVEA_ERR_FILE_DENIED || status == FOVEA_ERR_NOT_A_FILE;
}

enum fovea_status
fovea_updater_create(const struct fovea_update_settings *settings,
        struct fovea_updater **updater_out, struct fovea_error *err)
{
    struct fovea_updater *updater = calloc(1, sizeof *updater);
    if (!updater) {
        return fovea_fail_memory(err, sizeof *updater, "an update");
    }
    updater->settings = settings;
    updater->pipeline_settings = (struct fovea_pipeline_settings){
        .folder = settings->folder,
        .models = &updater->models,
        .n_readers = choose_readers(settings->models.options),
        .max_bytes = settings->models.options->limits.max_bytes,
        .commit_ns = settings->commit_ns,
        .stop_fd = settings->stop_fd,
        .counts = settings->counts,
        .hooks = settings->hooks,
    };
    enum fovea_status status = fovea_models_begin(&updater->models,
            &settings->models, settings->folder, err);
    if (!status) {
        status = fovea_pipeline_create(&updater->pipeline_settings,
                &updater->pipeline, err);
    }
    if (status) {
        fovea_updater_destroy(updater);
        return status;
    }
    *updater_out = updater;
    return FOVEA_OK;
}

void
fovea_updater_destroy(struct fovea_updater *updater)
{
    if (!updater) {
        return;
    }
    fovea_pipeline_destroy(updater->pipeline);
    fovea_models_finish(&updater->models);
    fovea_index_rollback(updater->settings->folder);
    free(updater);
}

enum fovea_status
fovea_updater_run(struct fovea_updater *updater, const int64_t *only,
        size_t n_only, struct fovea_error *err)
{
    struct fovea_error error;
    updater->only = only;
    updater->n_only = n_only;
    updater->problem = (struct fovea_error){ .code = FOVEA_OK };
    fovea_pipeline_begin(updater->pipeline);
    enum fovea_status status = update_roots(updater, &error);
    if (!status) {
        status = finish(updater, &error);
    }
    if (!status && updater->problem.code) {
        status = updater->problem.code;
        error = updater->problem;
    }
    if (status && err) {
        *err = error;
    }
    return status;
}
