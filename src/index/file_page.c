/* See file_page.h. */
#include "index/file_page.h"

#include <limits.h>
#include <string.h>

#include "base/error.h"
#include "base/utf8.h"

void
fovea_file_page_finish(struct fovea_file_page *page)
{
    fovea_text_finish(&page->text);
}

/* A text with its NUL; where it begins. */
static size_t
keep(struct fovea_text *text, const char *bytes, size_t size)
{
    size_t at = text->size;
    fovea_text_add(text, bytes, size);
    fovea_text_add(text, "", 1);
    return at;
}

static bool
is_path(const char *path, size_t size)
{
    return size > 0 && size < PATH_MAX && path[0] != '/' &&
            !memchr(path, '\0', size);
}

/* Columns 0 to 8 of the statements FILES... */
static void
read_row(struct fovea_file_page *page, struct fovea_query *query)
{
    size_t size = 0;
    const char *path = fovea_query_bytes(query, 1, &size);
    if (!is_path(path, size)) {
        fovea_query_refuse(query, "a file's path that is none");
        return;
    }
    struct fovea_index_file *file = &page->files[page->n];
    *file = (struct fovea_index_file){
        .root = fovea_query_number(query, 0),
        .size_bytes = (uint64_t)fovea_query_number(query, 2),
        .mtime_ns = fovea_query_number(query, 3),
        .inode = (uint64_t)fovea_query_number(query, 4),
        .content = fovea_query_number(query, 5),
        .failed_at_s = fovea_query_number(query, 8),
    };
    int64_t code = fovea_query_number(query, 6);
    file->failure = (enum fovea_status)(code > 0 && code < INT_MAX ? code : 0);
    page->paths[page->n] = keep(&page->text, path, size);
    const char *message = fovea_query_text(query, 7);
    page->messages[page->n] = keep(&page->text, message, strlen(message));
    page->n++;
}

enum fovea_status
fovea_file_page_read(struct fovea_file_page *page, struct fovea_query *query)
{
    page->n = 0;
    fovea_text_clear(&page->text);
    while (page->n < FOVEA_FILE_PAGE_ROWS && fovea_query_step(query)) {
        read_row(page, query);
    }
    enum fovea_status status = fovea_query_end(query);
    if (!status && fovea_text_failed(&page->text)) {
        status = fovea_fail_memory(query->err, page->text.size, "files");
    }
    if (status) {
        page->n = 0;
    }
    for (size_t i = 0; i < page->n; i++) {
        page->files[i].path = page->text.data + page->paths[i];
        page->files[i].message = page->text.data + page->messages[i];
        fovea_utf8_make_line(page->text.data + page->messages[i]);
    }
    return status;
}
