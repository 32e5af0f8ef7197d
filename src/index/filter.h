/* What the files and items of a content must be like to be found. */
#ifndef FOVEA_INDEX_FILTER_H
#define FOVEA_INDEX_FILTER_H

#include "base/dates.h"
#include "index/contents.h"
#include "index/files.h"
#include "index/items.h"

/** All zero: anything. */
struct fovea_index_filter {
    const int64_t *roots; /* files of these roots alone, no items; n 0: all */
    size_t n_roots;
    const char *below; /* files in this folder alone, no items: its whole path;
                          NULL: all */
    /* Patterns (fovea_glob_covers()) on a file's path below its root, its whole
       path, or an item's name. One must match where there are any; of the others
       none may. */
    const char *const *globs;
    size_t n_globs;
    const char *const *not_globs;
    size_t n_not_globs;
    /* When the picture was taken, else the file's time of change, or when the item
       was added. */
    struct fovea_date_range dates;
};

/** Whether anything goes. NULL is fine. */
bool fovea_index_filter_is_any(const struct fovea_index_filter *filter);

/** Whether a whole path is in the folder that a filter asks for, if it does. */
bool fovea_index_filter_is_below(const struct fovea_index_filter *filter,
        const char *path);

/**
 * Look a content up if a filter asks what it is, and not only where.
 *
 * @param filter       NULL is fine.
 * @param content_out  room, filled in; NULL if it does not matter.
 * @return As fovea_index_content_get().
 */
FOVEA_NODISCARD enum fovea_status fovea_index_filter_look_up(
        struct fovea_index_folder *folder,
        const struct fovea_index_filter *filter, int64_t id,
        struct fovea_index_content *room,
        const struct fovea_index_content **content_out,
        struct fovea_error *err);

/**
 * Whether a file is let through.
 *
 * @param root     Its root's path.
 * @param content  Of fovea_index_filter_look_up().
 */
bool fovea_index_filter_takes_file(const struct fovea_index_filter *filter,
        const char *root, const struct fovea_index_file *file,
        const struct fovea_index_content *content);

bool fovea_index_filter_takes_item(const struct fovea_index_filter *filter,
        const struct fovea_index_item *item,
        const struct fovea_index_content *content);

#endif
