/* See items.h. */
#include "index/items.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "base/utf8.h"
#include "index/bury.h"
#include "index/change.h"
#include "index/contents.h"
#include "index/query.h"

enum {
    PAGE_ROWS = 256,
};

/* An item whose name is ours. */
struct held_item {
    struct fovea_index_item item;
    char name[FOVEA_INDEX_NAME_MAX + 1];
};

struct fovea_index_items {
    struct fovea_index_folder *folder;
    int64_t content;
    struct held_item page[PAGE_ROWS];
    size_t n;
    size_t next;
    bool is_last;
};

/* Columns 0 to 2 of ITEM_GET and ITEMS... */
static void
read_item(struct fovea_query *query, struct held_item *held)
{
    const char *name = fovea_query_text(query, 0);
    size_t size = strlen(name);
    if (size == 0 || size > FOVEA_INDEX_NAME_MAX) {
        fovea_query_refuse(query, "an item's name that is none");
        return;
    }
    memcpy(held->name, name, size + 1);
    held->item = (struct fovea_index_item){
        .name = held->name,
        .content = fovea_query_number(query, 1),
        .added_s = fovea_query_number(query, 2),
    };
}

static enum fovea_status
get(struct fovea_index_folder *folder, const char *name, struct held_item *held,
        struct fovea_error *err)
{
    struct fovea_query query =
            fovea_query(&folder->db, FOVEA_SQL_ITEM_GET, err);
    fovea_query_put_text(&query, name);
    bool is_there = fovea_query_step(&query);
    if (is_there) {
        read_item(&query, held);
    }
    enum fovea_status status = fovea_query_end(&query);
    return status || is_there ? status
                              : fovea_fail(err, FOVEA_ERR_NO_ITEM,
                                        "%s: the index has no such item", name);
}

enum fovea_status
fovea_index_item_get(struct fovea_index_folder *folder, const char *name,
        const struct fovea_index_item **item_out, struct fovea_error *err)
{
    if (!folder->got_item) {
        folder->got_item = calloc(1, sizeof(struct held_item));
    }
    struct held_item *held = folder->got_item;
    if (!held) {
        return fovea_fail_memory(err, sizeof *held, "an item");
    }
    enum fovea_status status = get(folder, name, held, err);
    if (!status) {
        *item_out = &held->item;
    }
    return status;
}

static enum fovea_status
check(struct fovea_index_folder *folder, const struct fovea_index_item *item,
        struct fovea_error *err)
{
    size_t size = strlen(item->name);
    struct fovea_index_content content;
    if (size == 0 || size > FOVEA_INDEX_NAME_MAX ||
            fovea_utf8_find_invalid(item->name, size) != size) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "an item's name is UTF-8 of 1 to %d bytes",
                FOVEA_INDEX_NAME_MAX);
    }
    return fovea_index_content_get(folder, item->content, &content, err);
}

/* The content that an item leads to now; 0: there is none. */
static enum fovea_status
find_content(struct fovea_index_folder *folder, const char *name,
        int64_t *content_out, struct fovea_error *err)
{
    struct held_item held = { 0 };
    *content_out = 0;
    enum fovea_status status = get(folder, name, &held, err);
    if (!status) {
        *content_out = held.item.content;
    }
    return status;
}

static enum fovea_status
put(struct fovea_index_folder *folder, const struct fovea_index_item *item,
        struct fovea_error *err)
{
    int64_t before = 0;
    enum fovea_status status = find_content(folder, item->name, &before, err);
    if (status && status != FOVEA_ERR_NO_ITEM) {
        return status;
    }
    if (status) {
        fovea_error_clear(err);
    }
    struct fovea_query query =
            fovea_query(&folder->db, FOVEA_SQL_ITEM_PUT, err);
    fovea_query_put_text(&query, item->name);
    fovea_query_put(&query, item->content);
    fovea_query_put(&query, item->added_s);
    (void)fovea_query_step(&query);
    status = fovea_query_end(&query);
    return status || before == 0 || before == item->content
            ? status
            : fovea_bury_if_alone(folder, before, err);
}

enum fovea_status
fovea_index_item_put(struct fovea_index_folder *folder,
        const struct fovea_index_item *item, struct fovea_error *err)
{
    enum fovea_status status = fovea_index_change(folder, err);
    if (!status) {
        status = check(folder, item, err);
    }
    if (!status) {
        status = put(folder, item, err);
    }
    return fovea_index_changed(folder, status);
}

static enum fovea_status
remove_item(struct fovea_index_folder *folder, const char *name,
        struct fovea_error *err)
{
    int64_t content = 0;
    enum fovea_status status = find_content(folder, name, &content, err);
    if (status) {
        return status;
    }
    struct fovea_query query =
            fovea_query(&folder->db, FOVEA_SQL_ITEM_REMOVE, err);
    fovea_query_put_text(&query, name);
    (void)fovea_query_step(&query);
    status = fovea_query_end(&query);
    return status ? status : fovea_bury_if_alone(folder, content, err);
}

enum fovea_status
fovea_index_item_remove(struct fovea_index_folder *folder, const char *name,
        struct fovea_error *err)
{
    enum fovea_status status = fovea_index_change(folder, err);
    if (!status) {
        status = remove_item(folder, name, err);
    }
    return fovea_index_changed(folder, status);
}

enum fovea_status
fovea_index_items_open(struct fovea_index_folder *folder, int64_t content,
        struct fovea_index_items **items_out, struct fovea_error *err)
{
    struct fovea_index_items *items = calloc(1, sizeof *items);
    if (!items) {
        return fovea_fail_memory(err, sizeof *items, "items");
    }
    items->folder = folder;
    items->content = content;
    *items_out = items;
    return FOVEA_OK;
}

static enum fovea_status
read_page(struct fovea_index_items *items, struct fovea_error *err)
{
    char last[FOVEA_INDEX_NAME_MAX + 1] = "";
    if (items->n > 0) {
        memcpy(last, items->page[items->n - 1].name, sizeof last);
    }
    struct fovea_query query = fovea_query(&items->folder->db,
            items->content ? FOVEA_SQL_ITEMS_OF_CONTENT : FOVEA_SQL_ITEMS, err);
    fovea_query_put_text(&query, last);
    fovea_query_put(&query, PAGE_ROWS);
    if (items->content) {
        fovea_query_put(&query, items->content);
    }
    items->n = 0;
    items->next = 0;
    while (items->n < PAGE_ROWS && fovea_query_step(&query)) {
        read_item(&query, &items->page[items->n++]);
    }
    items->is_last = items->n < PAGE_ROWS;
    enum fovea_status status = fovea_query_end(&query);
    if (status) {
        items->n = 0;
    }
    return status;
}

enum fovea_status
fovea_index_items_next(struct fovea_index_items *items,
        const struct fovea_index_item **item_out, struct fovea_error *err)
{
    if (items->next == items->n && !items->is_last) {
        enum fovea_status status = read_page(items, err);
        if (status) {
            return status;
        }
    }
    *item_out =
            items->next < items->n ? &items->page[items->next++].item : NULL;
    return FOVEA_OK;
}

void
fovea_index_items_close(struct fovea_index_items *items)
{
    free(items);
}
