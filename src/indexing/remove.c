/* See remove.h. */
#include "indexing/remove.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/glob.h"
#include "base/macros.h"
#include "base/text.h"
#include "index/files.h"
#include "index/items.h"
#include "index/roots.h"

FOVEA_DEFINE_AUTO(struct fovea_index_files *, fovea_index_files_close);

/* What is looked for among the files of one root. */
struct wanted {
    const struct fovea_index_root *root;
    const char *below; /* a path below the root; NULL: none */
    const char *glob;  /* NULL: none */
};

static bool
is_below(const char *path, const char *folder)
{
    size_t size = strlen(folder);
    return strncmp(path, folder, size) == 0 &&
            (path[size] == '\0' || path[size] == '/');
}

static bool
matches(const struct wanted *wanted, const char *path)
{
    if (wanted->below && is_below(path, wanted->below)) {
        return true;
    }
    if (!wanted->glob) {
        return false;
    }
    FOVEA_AUTO(fovea_text_finish) struct fovea_text whole = { 0 };
    fovea_text_format(&whole, "%s/%s", wanted->root->path, path);
    return fovea_glob_covers(wanted->glob, path) ||
            (!fovea_text_failed(&whole) &&
                    fovea_glob_covers(wanted->glob, whole.data));
}

static enum fovea_status
remove_files(struct fovea_index_folder *folder, const struct wanted *wanted,
        struct fovea_removed *removed, struct fovea_error *err)
{
    const struct fovea_index_file_query query = { .root = wanted->root->id };
    FOVEA_AUTO(fovea_index_files_close_auto)
    struct fovea_index_files *files = NULL;
    const struct fovea_index_file *file = NULL;
    enum fovea_status status =
            fovea_index_files_open(folder, &query, &files, err);
    while (!status) {
        status = fovea_index_files_next(files, &file, err);
        if (status || !file) {
            break;
        }
        if (matches(wanted, file->path)) {
            status = fovea_index_file_remove(folder, wanted->root->id,
                    file->path, err);
            removed->n_files += !status;
        }
    }
    return status;
}

/* Of one root: all of it, or what is wanted below it. */
static enum fovea_status
remove_of_root(struct fovea_index_folder *folder,
        const struct fovea_index_root *root, const char *glob, const char *path,
        struct fovea_removed *removed, struct fovea_error *err)
{
    if (strcmp(path, root->path) == 0) {
        enum fovea_status status =
                fovea_index_root_remove(folder, root->id, err);
        removed->n_roots += !status;
        removed->n_files += status ? 0 : root->n_files;
        return status;
    }
    size_t size = strlen(root->path);
    bool is_inside = strncmp(path, root->path, size) == 0 &&
            (path[size] == '/' || (size > 0 && root->path[size - 1] == '/'));
    const struct wanted wanted = {
        .root = root,
        .below = is_inside ? path + size + (path[size] == '/') : NULL,
        .glob = glob,
    };
    return wanted.below || glob ? remove_files(folder, &wanted, removed, err)
                                : FOVEA_OK;
}

enum fovea_status
fovea_remove(struct fovea_index_folder *folder, const char *word,
        const char *path, struct fovea_removed *removed_out,
        struct fovea_error *err)
{
    FOVEA_AUTO_FREE struct fovea_index_root *roots = NULL;
    size_t n = 0;
    struct fovea_removed removed = { 0 };
    size_t size = strlen(word);
    enum fovea_status status = size > 0 && size <= FOVEA_INDEX_NAME_MAX
            ? fovea_index_item_remove(folder, word, err)
            : FOVEA_ERR_NO_ITEM;
    if (!status) {
        *removed_out = (struct fovea_removed){ .n_items = 1 };
        return FOVEA_OK;
    }
    if (status != FOVEA_ERR_NO_ITEM && status != FOVEA_ERR_ARGUMENT) {
        return status;
    }
    status = fovea_index_roots(folder, &roots, &n, err);
    const char *glob = strpbrk(word, "*?[") ? word : NULL;
    for (size_t i = 0; !status && i < n; i++) {
        status = remove_of_root(folder, &roots[i], glob, path, &removed, err);
    }
    if (!status && removed.n_files + removed.n_roots == 0) {
        status = fovea_fail(err, FOVEA_ERR_NO_ITEM,
                "%s: the index has no item of this name, and no files there",
                word);
    }
    if (!status) {
        *removed_out = removed;
    }
    return status;
}
