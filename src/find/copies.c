/* See copies.h. */
#include "find/copies.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/macros.h"

FOVEA_DEFINE_AUTO(struct fovea_index_files *, fovea_index_files_close);
FOVEA_DEFINE_AUTO(struct fovea_index_items *, fovea_index_items_close);

void
fovea_copies_finish(struct fovea_copies *copies)
{
    free(copies->contents);
    *copies = (struct fovea_copies){ .n = 0 };
}

static enum fovea_status
add(struct fovea_copies *copies, int64_t content, struct fovea_error *err)
{
    if (copies->n == copies->capacity) {
        size_t capacity = copies->capacity * 2 + 1024;
        int64_t *contents =
                reallocarray(copies->contents, capacity, sizeof *contents);
        if (!contents) {
            return fovea_fail_memory(err, capacity * sizeof *contents,
                    "the files' contents");
        }
        copies->contents = contents;
        copies->capacity = capacity;
    }
    copies->contents[copies->n++] = content;
    return FOVEA_OK;
}

static enum fovea_status
count_files(struct fovea_index_folder *folder,
        const struct fovea_picture_roots *roots,
        const struct fovea_index_filter *filter, struct fovea_copies *copies,
        struct fovea_error *err)
{
    static const struct fovea_index_file_query all = { .root = 0 };
    FOVEA_AUTO(fovea_index_files_close_auto)
    struct fovea_index_files *files = NULL;
    const struct fovea_index_file *file = NULL;
    enum fovea_status status =
            fovea_index_files_open(folder, &all, &files, err);
    while (!status) {
        struct fovea_index_content room;
        const struct fovea_index_content *content = NULL;
        status = fovea_index_files_next(files, &file, err);
        if (status || !file) {
            break;
        }
        if (file->content <= 0) {
            continue;
        }
        status = fovea_index_filter_look_up(folder, filter, file->content,
                &room, &content, err);
        if (!status &&
                (!filter ||
                        fovea_index_filter_takes_file(filter,
                                fovea_picture_root(roots, file->root), file,
                                content))) {
            status = add(copies, file->content, err);
        }
    }
    return status;
}

static enum fovea_status
count_items(struct fovea_index_folder *folder,
        const struct fovea_index_filter *filter, struct fovea_copies *copies,
        struct fovea_error *err)
{
    FOVEA_AUTO(fovea_index_items_close_auto)
    struct fovea_index_items *items = NULL;
    const struct fovea_index_item *item = NULL;
    enum fovea_status status = fovea_index_items_open(folder, 0, &items, err);
    while (!status) {
        struct fovea_index_content room;
        const struct fovea_index_content *content = NULL;
        status = fovea_index_items_next(items, &item, err);
        if (status || !item) {
            break;
        }
        status = fovea_index_filter_look_up(folder, filter, item->content,
                &room, &content, err);
        if (!status &&
                (!filter ||
                        fovea_index_filter_takes_item(filter, item, content))) {
            status = add(copies, item->content, err);
        }
    }
    return status;
}

static int
compare(const void *one, const void *other)
{
    int64_t a = *(const int64_t *)one;
    int64_t b = *(const int64_t *)other;
    return (a > b) - (a < b);
}

enum fovea_status
fovea_copies_count(struct fovea_index_folder *folder,
        const struct fovea_picture_roots *roots,
        const struct fovea_index_filter *filter,
        struct fovea_copies *copies_out, struct fovea_error *err)
{
    struct fovea_copies copies = { .n = 0 };
    enum fovea_status status = count_files(folder, roots, filter, &copies, err);
    if (!status) {
        status = count_items(folder, filter, &copies, err);
    }
    if (status) {
        fovea_copies_finish(&copies);
        return status;
    }
    if (copies.n > 0) {
        qsort(copies.contents, copies.n, sizeof *copies.contents, compare);
    }
    *copies_out = copies;
    return FOVEA_OK;
}

/* The first place of what is not below a content. */
static size_t
first_from(const struct fovea_copies *copies, int64_t content)
{
    size_t low = 0;
    size_t high = copies->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (copies->contents[middle] < content) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

size_t
fovea_copies_of(const struct fovea_copies *copies, int64_t content)
{
    return first_from(copies, content + 1) - first_from(copies, content);
}
