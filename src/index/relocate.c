/* Roots that have moved: see roots.h. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "index/change.h"
#include "index/place.h"
#include "index/query.h"
#include "index/roots.h"

/* A path at or below old_path, as it is below new_path; NULL: it is elsewhere, or
   (failed_out) without memory. */
static char *
move_path(const char *path, const char *old_path, const char *new_path,
        bool *failed_out)
{
    size_t size = strcmp(old_path, "/") == 0 ? 0 : strlen(old_path);
    if (strncmp(path, old_path, size) != 0 ||
            (path[size] != '/' && path[size] != '\0')) {
        return NULL;
    }
    const char *base = strcmp(new_path, "/") == 0 ? "" : new_path;
    const char *rest = strcmp(path + size, "/") == 0 ? "" : path + size;
    char *moved = NULL;
    if (asprintf(&moved, "%s%s", *base || *rest ? base : "/", rest) < 0) {
        *failed_out = true;
        return NULL;
    }
    return moved;
}

static enum fovea_status
move_root(struct fovea_index_folder *folder, int64_t id, const char *path,
        struct fovea_error *err)
{
    bool is_relative = false;
    int64_t other = 0;
    FOVEA_AUTO_FREE char *text =
            fovea_place_relate(folder->path, path, &is_relative);
    if (!text) {
        return fovea_fail_memory(err, 64, "a root's path");
    }
    struct fovea_query query =
            fovea_query(&folder->db, FOVEA_SQL_ROOT_FIND, err);
    fovea_query_put_bytes(&query, text, strlen(text));
    fovea_query_put(&query, is_relative);
    if (fovea_query_step(&query)) {
        other = fovea_query_number(&query, 0);
    }
    enum fovea_status status = fovea_query_end(&query);
    if (status || other == id) {
        return status;
    }
    if (other) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "%s: is a root of the index already", path);
    }
    query = fovea_query(&folder->db, FOVEA_SQL_ROOT_MOVE, err);
    fovea_query_put_bytes(&query, text, strlen(text));
    fovea_query_put(&query, is_relative);
    fovea_query_put(&query, id);
    (void)fovea_query_step(&query);
    return fovea_query_end(&query);
}

static enum fovea_status
move_all(struct fovea_index_folder *folder,
        const struct fovea_index_root *roots, size_t n, const char *paths[2],
        size_t *n_moved, struct fovea_error *err)
{
    for (size_t i = 0; i < n; i++) {
        bool failed = false;
        FOVEA_AUTO_FREE char *path =
                move_path(roots[i].path, paths[0], paths[1], &failed);
        enum fovea_status status = failed
                ? fovea_fail_memory(err, 64, "a root's path")
                : path ? move_root(folder, roots[i].id, path, err)
                       : FOVEA_OK;
        if (status) {
            return status;
        }
        *n_moved += path != NULL;
    }
    return *n_moved > 0
            ? FOVEA_OK
            : fovea_fail(err, FOVEA_ERR_NO_ITEM,
                      "%s: no root of the index is at or below it", paths[0]);
}

enum fovea_status
fovea_index_relocate(struct fovea_index_folder *folder, const char *old_path,
        const char *new_path, size_t *n_out, struct fovea_error *err)
{
    FOVEA_AUTO_FREE struct fovea_index_root *roots = NULL;
    size_t n = 0;
    size_t n_moved = 0;
    enum fovea_status status = fovea_index_change(folder, err);
    for (int i = 0; !status && i < 2; i++) {
        const char *path = i ? new_path : old_path;
        size_t size = strlen(path);
        if (path[0] != '/' || (size > 1 && path[size - 1] == '/')) {
            status = fovea_fail(err, FOVEA_ERR_ARGUMENT,
                    "%s: not a whole path without a slash at its end", path);
        }
    }
    if (!status) {
        status = fovea_index_roots(folder, &roots, &n, err);
    }
    if (!status) {
        const char *paths[] = { old_path, new_path };
        status = move_all(folder, roots, n, paths, &n_moved, err);
    }
    if (!status) {
        *n_out = n_moved;
    }
    return fovea_index_changed(folder, status);
}
