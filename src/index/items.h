/* Items: contents that a caller added under names of its own. No sweep of files
   touches them. */
#ifndef FOVEA_INDEX_ITEMS_H
#define FOVEA_INDEX_ITEMS_H

#include "index/folder.h"

enum {
    FOVEA_INDEX_NAME_MAX = 512, /* bytes of an item's name */
};

struct fovea_index_item {
    const char *name; /* UTF-8, 1 to FOVEA_INDEX_NAME_MAX bytes */
    int64_t content;
    int64_t added_s; /* since 1970 */
};

/** Add an item, or let it lead to another content.
 *  FOVEA_ERR_ARGUMENT for a name that is none. */
FOVEA_NODISCARD enum fovea_status fovea_index_item_put(
        struct fovea_index_folder *folder, const struct fovea_index_item *item,
        struct fovea_error *err);

/** FOVEA_ERR_NO_ITEM if there is none. Borrowed until the next call of this
 *  function. */
FOVEA_NODISCARD enum fovea_status fovea_index_item_get(
        struct fovea_index_folder *folder, const char *name,
        const struct fovea_index_item **item_out, struct fovea_error *err);

/** Remove an item, and its content at once where nothing else leads to it.
 *  FOVEA_ERR_NO_ITEM if there is none. */
FOVEA_NODISCARD enum fovea_status fovea_index_item_remove(
        struct fovea_index_folder *folder, const char *name,
        struct fovea_error *err);

struct fovea_index_items;

/** Read items in the order of their names' bytes; content not 0: those of this
 *  content alone. As fovea_index_files_open(). */
FOVEA_NODISCARD enum fovea_status fovea_index_items_open(
        struct fovea_index_folder *folder, int64_t content,
        struct fovea_index_items **items_out, struct fovea_error *err);

/** The next item, borrowed until the next call; NULL at the end. */
FOVEA_NODISCARD enum fovea_status fovea_index_items_next(
        struct fovea_index_items *items,
        const struct fovea_index_item **item_out, struct fovea_error *err);

/** NULL is fine. */
void fovea_index_items_close(struct fovea_index_items *items);

#endif
