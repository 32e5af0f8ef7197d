/* See files.h. */
#include "index/files.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/utf8.h"
#include "index/change.h"
#include "index/contents.h"
#include "index/file_page.h"
#include "index/internal.h"
#include "index/orphans.h"
#include "index/query.h"

struct fovea_index_files {
    struct fovea_index_folder *folder;
    struct fovea_index_file_query query;
    int64_t last_root; /* of what was given; its path is in last_path */
    struct fovea_text last_path;
    struct fovea_file_page page;
    size_t next; /* in the page */
    bool is_last;
};

enum fovea_status
fovea_index_files_open(struct fovea_index_folder *folder,
        const struct fovea_index_file_query *query,
        struct fovea_index_files **files_out, struct fovea_error *err)
{
    struct fovea_index_files *files = calloc(1, sizeof *files);
    if (!files) {
        return fovea_fail_memory(err, sizeof *files, "files");
    }
    files->folder = folder;
    files->query = *query;
    files->last_root = query->root;
    *files_out = files;
    return FOVEA_OK;
}

void
fovea_index_files_close(struct fovea_index_files *files)
{
    if (files) {
        fovea_text_finish(&files->last_path);
        fovea_file_page_finish(&files->page);
        free(files);
    }
}

static enum fovea_sql
choose_statement(const struct fovea_index_file_query *query)
{
    return query->content        ? FOVEA_SQL_FILES_OF_CONTENT
            : query->missing_set ? FOVEA_SQL_FILES_MISSING
            : query->failed      ? FOVEA_SQL_FILES_FAILED
            : query->root        ? FOVEA_SQL_FILES_OF_ROOT
                                 : FOVEA_SQL_FILES;
}

static enum fovea_status
read_page(struct fovea_index_files *files, struct fovea_error *err)
{
    struct fovea_query query = fovea_query(&files->folder->db,
            choose_statement(&files->query), err);
    fovea_query_put(&query, files->last_root);
    fovea_query_put_bytes(&query,
            files->last_path.size > 0 ? files->last_path.data : "",
            files->last_path.size);
    fovea_query_put(&query, FOVEA_FILE_PAGE_ROWS);
    if (files->query.content || files->query.missing_set) {
        fovea_query_put(&query,
                files->query.content ? files->query.content
                                     : files->query.missing_set);
    }
    enum fovea_status status = fovea_file_page_read(&files->page, &query);
    files->next = 0;
    files->is_last = files->page.n < FOVEA_FILE_PAGE_ROWS;
    if (status || files->page.n == 0) {
        return status;
    }
    const struct fovea_index_file *last = &files->page.files[files->page.n - 1];
    files->last_root = last->root;
    fovea_text_clear(&files->last_path);
    fovea_text_add(&files->last_path, last->path, strlen(last->path));
    return fovea_text_failed(&files->last_path)
            ? fovea_fail_memory(err, strlen(last->path), "a path")
            : FOVEA_OK;
}

enum fovea_status
fovea_index_files_next(struct fovea_index_files *files,
        const struct fovea_index_file **file_out, struct fovea_error *err)
{
    if (files->next == files->page.n && !files->is_last) {
        enum fovea_status status = read_page(files, err);
        if (status) {
            return status;
        }
    }
    const struct fovea_index_file *file = files->next < files->page.n
            ? &files->page.files[files->next++]
            : NULL;
    if (file && files->query.root && file->root != files->query.root) {
        files->page.n = 0;
        files->next = 0;
        files->is_last = true;
        file = NULL;
    }
    *file_out = file;
    return FOVEA_OK;
}

enum fovea_status
fovea_index_file_get(struct fovea_index_folder *folder, int64_t root,
        const char *path, const struct fovea_index_file **file_out,
        struct fovea_error *err)
{
    if (!folder->got_file) {
        folder->got_file = calloc(1, sizeof(struct fovea_file_page));
    }
    struct fovea_file_page *page = folder->got_file;
    if (!page) {
        return fovea_fail_memory(err, sizeof *page, "a file");
    }
    struct fovea_query query =
            fovea_query(&folder->db, FOVEA_SQL_FILE_GET, err);
    fovea_query_put(&query, root);
    fovea_query_put_bytes(&query, path, strlen(path));
    enum fovea_status status = fovea_file_page_read(page, &query);
    if (!status && page->n == 0) {
        status = fovea_fail(err, FOVEA_ERR_NO_ITEM,
                "%s: the index does not have this file", path);
    }
    if (!status) {
        *file_out = &page->files[0];
    }
    return status;
}

/* What the table had led to: a failure that is told no more, a content that
   nothing may lead to any more. */
static enum fovea_status
forget(struct fovea_index_folder *folder, int64_t root, const char *path,
        int64_t new_content, bool *was_there_out, struct fovea_error *err)
{
    int64_t content = 0;
    int64_t failure = 0;
    struct fovea_query query =
            fovea_query(&folder->db, FOVEA_SQL_FILE_REFERS, err);
    fovea_query_put(&query, root);
    fovea_query_put_bytes(&query, path, strlen(path));
    *was_there_out = fovea_query_step(&query);
    if (*was_there_out) {
        content = fovea_query_number(&query, 0);
        failure = fovea_query_number(&query, 1);
    }
    enum fovea_status status = fovea_query_end(&query);
    if (!status && failure > 0) {
        status = fovea_query_run(&folder->db, FOVEA_SQL_FAILURE_REMOVE,
                &failure, 1, err);
    }
    if (!status && content > 0 && content != new_content) {
        status = fovea_orphans_note(folder, err);
    }
    return status;
}

static enum fovea_status
add_failure(struct fovea_index_folder *folder,
        const struct fovea_index_file *file, int64_t *id_out,
        struct fovea_error *err)
{
    char message[FOVEA_ERROR_MESSAGE_SIZE];
    (void)snprintf(message, sizeof message, "%s",
            file->message ? file->message : "");
    fovea_utf8_make_line(message);
    struct fovea_query query =
            fovea_query(&folder->db, FOVEA_SQL_FAILURE_ADD, err);
    fovea_query_put(&query, file->failure);
    fovea_query_put_text(&query, message);
    fovea_query_put(&query, file->failed_at_s);
    (void)fovea_query_step(&query);
    enum fovea_status status = fovea_query_end(&query);
    *id_out = sqlite3_last_insert_rowid(folder->db.sqlite);
    return status;
}

static enum fovea_status
check(struct fovea_index_folder *folder, const struct fovea_index_file *file,
        struct fovea_error *err)
{
    bool has_root = false;
    struct fovea_query query =
            fovea_query(&folder->db, FOVEA_SQL_ROOT_EXISTS, err);
    fovea_query_put(&query, file->root);
    has_root = fovea_query_step(&query);
    enum fovea_status status = fovea_query_end(&query);
    if (status) {
        return status;
    }
    if (!has_root || file->path[0] == '\0' || file->path[0] == '/') {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "%s: not a path below a root of the index", file->path);
    }
    struct fovea_index_content content;
    return file->content
            ? fovea_index_content_get(folder, file->content, &content, err)
            : FOVEA_OK;
}

static enum fovea_status
put(struct fovea_index_folder *folder, const struct fovea_index_file *file,
        struct fovea_error *err)
{
    bool was_there = false;
    int64_t failure = 0;
    enum fovea_status status = forget(folder, file->root, file->path,
            file->content, &was_there, err);
    if (!status && file->failure) {
        status = add_failure(folder, file, &failure, err);
    }
    if (status) {
        return status;
    }
    struct fovea_query query =
            fovea_query(&folder->db, FOVEA_SQL_FILE_PUT, err);
    fovea_query_put(&query, file->root);
    fovea_query_put_bytes(&query, file->path, strlen(file->path));
    fovea_query_put(&query, (int64_t)file->size_bytes);
    fovea_query_put(&query, file->mtime_ns);
    fovea_query_put(&query, (int64_t)file->inode);
    fovea_query_put(&query, file->content);
    fovea_query_put(&query, failure);
    (void)fovea_query_step(&query);
    return fovea_query_end(&query);
}

enum fovea_status
fovea_index_file_put(struct fovea_index_folder *folder,
        const struct fovea_index_file *file, struct fovea_error *err)
{
    enum fovea_status status = fovea_index_change(folder, err);
    if (!status) {
        status = check(folder, file, err);
    }
    if (!status) {
        status = put(folder, file, err);
    }
    return fovea_index_changed(folder, status);
}

static enum fovea_status
remove_file(struct fovea_index_folder *folder, int64_t root, const char *path,
        struct fovea_error *err)
{
    bool was_there = false;
    enum fovea_status status = forget(folder, root, path, 0, &was_there, err);
    if (status) {
        return status;
    }
    if (!was_there) {
        return fovea_fail(err, FOVEA_ERR_NO_ITEM,
                "%s: the index does not have this file", path);
    }
    struct fovea_query query =
            fovea_query(&folder->db, FOVEA_SQL_FILE_REMOVE, err);
    fovea_query_put(&query, root);
    fovea_query_put_bytes(&query, path, strlen(path));
    (void)fovea_query_step(&query);
    return fovea_query_end(&query);
}

enum fovea_status
fovea_index_file_remove(struct fovea_index_folder *folder, int64_t root,
        const char *path, struct fovea_error *err)
{
    enum fovea_status status = fovea_index_change(folder, err);
    if (!status) {
        status = remove_file(folder, root, path, err);
    }
    return fovea_index_changed(folder, status);
}
