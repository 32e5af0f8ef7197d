/* See roots.h. */
#include "index/roots.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "index/change.h"
#include "index/orphans.h"
#include "index/place.h"
#include "index/query.h"

enum {
    MAX_ROOTS = 10000,
};

/* Roots on their way into one block. */
struct draft {
    struct fovea_index_root *roots;
    char **paths; /* each owned */
    size_t n;
};

static void
finish_draft(struct draft *draft)
{
    for (size_t i = 0; i < draft->n; i++) {
        free(draft->paths[i]);
    }
    free(draft->paths);
    free(draft->roots);
}

static bool
grow(struct draft *draft)
{
    size_t n = draft->n + 1;
    struct fovea_index_root *roots =
            reallocarray(draft->roots, n, sizeof *roots);
    draft->roots = roots ? roots : draft->roots;
    char **paths = reallocarray(draft->paths, n, sizeof *paths);
    draft->paths = paths ? paths : draft->paths;
    return n <= MAX_ROOTS && roots && paths;
}

static void
fail_path(struct fovea_query *query)
{
    if (errno == EINVAL) {
        fovea_query_refuse(query, "a root's path that is none");
    } else if (!query->status) {
        query->status = fovea_fail_memory(query->err, 64, "a root's path");
    }
}

/* Columns 0 to 5 of ROOTS. */
static void
read_root(struct fovea_index_folder *folder, struct fovea_query *query,
        struct draft *draft)
{
    size_t size = 0;
    const char *bytes = fovea_query_bytes(query, 1, &size);
    FOVEA_AUTO_FREE char *text = strndup(bytes, size);
    if (!text || !grow(draft)) {
        errno = ENOMEM;
        fail_path(query);
        return;
    }
    char *path = fovea_place_resolve(folder->path, text,
            fovea_query_number(query, 2) != 0);
    if (!path) {
        fail_path(query);
        return;
    }
    draft->paths[draft->n] = path;
    draft->roots[draft->n++] = (struct fovea_index_root){
        .id = fovea_query_number(query, 0),
        .device = (uint64_t)fovea_query_number(query, 3),
        .inode = (uint64_t)fovea_query_number(query, 4),
        .n_files = (uint64_t)fovea_query_number(query, 5),
    };
}

/* One block: the roots, then their paths. */
static enum fovea_status
pack(const struct draft *draft, struct fovea_index_root **roots_out,
        size_t *n_out, struct fovea_error *err)
{
    size_t size = draft->n * sizeof *draft->roots;
    if (draft->n == 0) {
        *roots_out = NULL;
        *n_out = 0;
        return FOVEA_OK;
    }
    for (size_t i = 0; i < draft->n; i++) {
        size += strlen(draft->paths[i]) + 1;
    }
    struct fovea_index_root *roots = malloc(size);
    if (!roots) {
        return fovea_fail_memory(err, size, "roots");
    }
    char *text = (char *)(roots + draft->n);
    for (size_t i = 0; i < draft->n; i++) {
        size_t n = strlen(draft->paths[i]) + 1;
        roots[i] = draft->roots[i];
        roots[i].path = memcpy(text, draft->paths[i], n);
        text += n;
    }
    *roots_out = roots;
    *n_out = draft->n;
    return FOVEA_OK;
}

enum fovea_status
fovea_index_roots(struct fovea_index_folder *folder,
        struct fovea_index_root **roots_out, size_t *n_out,
        struct fovea_error *err)
{
    FOVEA_AUTO(finish_draft) struct draft draft = { 0 };
    struct fovea_query query = fovea_query(&folder->db, FOVEA_SQL_ROOTS, err);
    while (fovea_query_step(&query)) {
        read_root(folder, &query, &draft);
    }
    enum fovea_status status = fovea_query_end(&query);
    return status ? status : pack(&draft, roots_out, n_out, err);
}

static enum fovea_status
check_path(const char *path, struct fovea_error *err)
{
    size_t size = strlen(path);
    return path[0] == '/' && (size == 1 || path[size - 1] != '/')
            ? FOVEA_OK
            : fovea_fail(err, FOVEA_ERR_ARGUMENT,
                      "%s: not a whole path without a slash at its end", path);
}

static enum fovea_status
find_root(struct fovea_index_folder *folder, const char *text, bool is_relative,
        int64_t *id_out, struct fovea_error *err)
{
    struct fovea_query query =
            fovea_query(&folder->db, FOVEA_SQL_ROOT_FIND, err);
    *id_out = 0;
    fovea_query_put_bytes(&query, text, strlen(text));
    fovea_query_put(&query, is_relative);
    if (fovea_query_step(&query)) {
        *id_out = fovea_query_number(&query, 0);
    }
    return fovea_query_end(&query);
}

static enum fovea_status
put(struct fovea_index_folder *folder, const char *path, uint64_t device,
        uint64_t inode, int64_t *id_out, struct fovea_error *err)
{
    bool is_relative = false;
    int64_t id = 0;
    FOVEA_AUTO_FREE char *text =
            fovea_place_relate(folder->path, path, &is_relative);
    if (!text) {
        return fovea_fail_memory(err, 64, "a root's path");
    }
    enum fovea_status status = find_root(folder, text, is_relative, &id, err);
    if (status) {
        return status;
    }
    struct fovea_query query = fovea_query(&folder->db,
            id ? FOVEA_SQL_ROOT_UPDATE : FOVEA_SQL_ROOT_ADD, err);
    if (!id) {
        fovea_query_put_bytes(&query, text, strlen(text));
        fovea_query_put(&query, is_relative);
    }
    fovea_query_put(&query, (int64_t)device);
    fovea_query_put(&query, (int64_t)inode);
    if (id) {
        fovea_query_put(&query, id);
    }
    (void)fovea_query_step(&query);
    status = fovea_query_end(&query);
    if (!status) {
        *id_out = id ? id : sqlite3_last_insert_rowid(folder->db.sqlite);
    }
    return status;
}

enum fovea_status
fovea_index_root_put(struct fovea_index_folder *folder, const char *path,
        uint64_t device, uint64_t inode, int64_t *id_out,
        struct fovea_error *err)
{
    enum fovea_status status = fovea_index_change(folder, err);
    if (!status) {
        status = check_path(path, err);
    }
    if (!status) {
        status = put(folder, path, device, inode, id_out, err);
    }
    return fovea_index_changed(folder, status);
}

enum fovea_status
fovea_index_root_remove(struct fovea_index_folder *folder, int64_t id,
        struct fovea_error *err)
{
    enum fovea_status status = fovea_index_change(folder, err);
    if (!status) {
        status = fovea_query_run(&folder->db, FOVEA_SQL_ROOT_REMOVE, &id, 1,
                err);
    }
    if (!status && sqlite3_changes(folder->db.sqlite) == 0) {
        status = fovea_fail(err, FOVEA_ERR_NO_ITEM,
                "%s: the index has no root %" PRId64, folder->path, id);
    }
    if (!status) {
        status = fovea_query_run(&folder->db, FOVEA_SQL_ROOT_FAILURES_REMOVE,
                &id, 1, err);
    }
    if (!status) {
        status = fovea_query_run(&folder->db, FOVEA_SQL_ROOT_FILES_REMOVE, &id,
                1, err);
    }
    if (!status) {
        status = fovea_orphans_note(folder, err);
    }
    return fovea_index_changed(folder, status);
}
