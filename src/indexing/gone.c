/* See gone.h. */
#include "indexing/gone.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"

FOVEA_DEFINE_AUTO(struct fovea_index_files *, fovea_index_files_close);

struct gone {
    struct fovea_index_folder *folder;
    int64_t root;
    const char **paths; /* sorted, as they were gathered */
    size_t n;
};

static int
compare(const void *path, const void *element)
{
    return strcmp(path, *(const char *const *)element);
}

static bool
is_gone(const struct gone *gone, const struct fovea_index_file *file)
{
    return file->root == gone->root &&
            bsearch(file->path, gone->paths, gone->n, sizeof *gone->paths,
                    compare);
}

/* Whether a content has a file that is still there. */
static enum fovea_status
has_file(const struct gone *gone, int64_t content, bool *has_out,
        struct fovea_error *err)
{
    const struct fovea_index_file_query query = { .content = content };
    FOVEA_AUTO(fovea_index_files_close_auto)
    struct fovea_index_files *files = NULL;
    const struct fovea_index_file *file = NULL;
    enum fovea_status status =
            fovea_index_files_open(gone->folder, &query, &files, err);
    do {
        status = status ? status : fovea_index_files_next(files, &file, err);
    } while (!status && file && is_gone(gone, file));
    *has_out = !status && file;
    return status;
}

enum fovea_status
fovea_gone_count_lost(struct fovea_index_folder *folder, int64_t root,
        const struct fovea_gathered *gathered, uint64_t *n_out,
        struct fovea_error *err)
{
    size_t n = (size_t)gathered->n_gone;
    FOVEA_AUTO_FREE const char **paths = calloc(n, sizeof *paths);
    if (!paths) {
        return fovea_fail_memory(err, n, "the files that are gone");
    }
    const char *at = gathered->gone.data;
    for (size_t i = 0; i < n; i++) {
        paths[i] = at;
        at += strlen(at) + 1;
    }
    const struct gone gone = { folder, root, paths, n };
    uint64_t n_lost = 0;
    enum fovea_status status = FOVEA_OK;
    for (size_t i = 0; !status && i < n; i++) {
        const struct fovea_index_file *file = NULL;
        bool has = false;
        status = fovea_index_file_get(folder, root, paths[i], &file, err);
        if (!status && file->content) {
            status = has_file(&gone, file->content, &has, err);
        }
        n_lost += !has;
    }
    if (!status) {
        *n_out = n_lost;
    }
    return status;
}
