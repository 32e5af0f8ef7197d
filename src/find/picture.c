/* See picture.h. */
#include "find/picture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "index/files.h"
#include "index/items.h"
#include "index/roots.h"

FOVEA_DEFINE_AUTO(struct fovea_index_files *, fovea_index_files_close);
FOVEA_DEFINE_AUTO(struct fovea_index_items *, fovea_index_items_close);

static const int64_t ns_a_second = INT64_C(1000000000);

enum fovea_status
fovea_picture_roots_load(struct fovea_index_folder *folder,
        struct fovea_picture_roots *roots_out, struct fovea_error *err)
{
    *roots_out = (struct fovea_picture_roots){ .n = 0 };
    return fovea_index_roots(folder, &roots_out->all, &roots_out->n, err);
}

void
fovea_picture_roots_finish(struct fovea_picture_roots *roots)
{
    free(roots->all);
}

const char *
fovea_picture_root(const struct fovea_picture_roots *roots, int64_t id)
{
    for (size_t i = 0; i < roots->n; i++) {
        if (roots->all[i].id == id) {
            return roots->all[i].path;
        }
    }
    return "";
}

/* Room for one place more, with its name. */
static struct fovea_picture_place *
add_place(struct fovea_picture *picture, struct fovea_error *err)
{
    struct fovea_picture_place *places = reallocarray(picture->places,
            picture->n_places + 1, sizeof *places);
    if (!places) {
        (void)fovea_fail_memory(err, sizeof *places, "a picture's places");
        return NULL;
    }
    picture->places = places;
    places[picture->n_places] = (struct fovea_picture_place){ .root = 0 };
    return &places[picture->n_places++];
}

static enum fovea_status
add_file(struct fovea_picture *picture, const char *root,
        const struct fovea_index_file *file, struct fovea_error *err)
{
    struct fovea_picture_place *place = add_place(picture, err);
    if (!place) {
        return FOVEA_ERR_NO_MEMORY;
    }
    place->root = file->root;
    place->mtime_ns = file->mtime_ns;
    place->inode = file->inode;
    if (asprintf(&place->path, "%s%s%s", root,
                strcmp(root, "/") == 0 ? "" : "/", file->path) < 0) {
        place->path = NULL;
        return fovea_fail_memory(err, strlen(file->path), "a path");
    }
    return FOVEA_OK;
}

static enum fovea_status
load_files(struct fovea_index_folder *folder,
        const struct fovea_picture_roots *roots,
        const struct fovea_index_filter *filter, struct fovea_picture *picture,
        struct fovea_error *err)
{
    FOVEA_AUTO(fovea_index_files_close_auto)
    struct fovea_index_files *files = NULL;
    const struct fovea_index_file_query query = {
        .content = picture->content.id,
    };
    const struct fovea_index_file *file = NULL;
    enum fovea_status status =
            fovea_index_files_open(folder, &query, &files, err);
    while (!status) {
        status = fovea_index_files_next(files, &file, err);
        if (status || !file) {
            break;
        }
        const char *root = fovea_picture_root(roots, file->root);
        if (!filter ||
                fovea_index_filter_takes_file(filter, root, file,
                        &picture->content)) {
            status = add_file(picture, root, file, err);
        }
    }
    return status;
}

static enum fovea_status
add_item(struct fovea_picture *picture, const struct fovea_index_item *item,
        struct fovea_error *err)
{
    struct fovea_picture_place *place = add_place(picture, err);
    if (!place) {
        return FOVEA_ERR_NO_MEMORY;
    }
    if (__builtin_mul_overflow(item->added_s, ns_a_second, &place->mtime_ns)) {
        place->mtime_ns = 0; /* no time that anybody wrote */
    }
    place->name = strdup(item->name);
    return place->name ? FOVEA_OK
                       : fovea_fail_memory(err, strlen(item->name), "a name");
}

static enum fovea_status
load_items(struct fovea_index_folder *folder,
        const struct fovea_index_filter *filter, struct fovea_picture *picture,
        struct fovea_error *err)
{
    FOVEA_AUTO(fovea_index_items_close_auto)
    struct fovea_index_items *items = NULL;
    const struct fovea_index_item *item = NULL;
    enum fovea_status status =
            fovea_index_items_open(folder, picture->content.id, &items, err);
    while (!status) {
        status = fovea_index_items_next(items, &item, err);
        if (status || !item) {
            break;
        }
        if (!filter ||
                fovea_index_filter_takes_item(filter, item,
                        &picture->content)) {
            status = add_item(picture, item, err);
        }
    }
    return status;
}

enum fovea_status
fovea_picture_load(struct fovea_index_folder *folder,
        const struct fovea_picture_roots *roots, int64_t content,
        const struct fovea_index_filter *filter,
        struct fovea_picture *picture_out, struct fovea_error *err)
{
    struct fovea_picture picture = { .n_places = 0 };
    enum fovea_status status =
            fovea_index_content_get(folder, content, &picture.content, err);
    if (!status) {
        status = load_files(folder, roots, filter, &picture, err);
    }
    if (!status) {
        status = load_items(folder, filter, &picture, err);
    }
    if (status) {
        fovea_picture_finish(&picture);
        return status;
    }
    *picture_out = picture;
    return FOVEA_OK;
}

void
fovea_picture_finish(struct fovea_picture *picture)
{
    for (size_t i = 0; i < picture->n_places; i++) {
        free(picture->places[i].path);
        free(picture->places[i].name);
    }
    free(picture->places);
    *picture = (struct fovea_picture){ .n_places = 0 };
}

int64_t
fovea_picture_time_ns(const struct fovea_picture *picture)
{
    int64_t oldest = INT64_MAX;
    for (size_t i = 0; i < picture->n_places; i++) {
        int64_t time = picture->places[i].mtime_ns;
        oldest = time < oldest ? time : oldest;
    }
    int64_t taken = 0;
    bool is_told = picture->content.has_taken &&
            !__builtin_mul_overflow(picture->content.taken_s, ns_a_second,
                    &taken);
    return is_told ? taken : oldest;
}
