/* A picture that was found, with all that an index knows of it. */
#ifndef FOVEA_FIND_PICTURE_H
#define FOVEA_FIND_PICTURE_H

#include "index/contents.h"
#include "index/filter.h"
#include "index/roots.h"

/** Where a picture is: a file, or an item that a caller added. */
struct fovea_picture_place {
    char *path;       /* of a file: whole; any bytes. NULL of an item */
    char *name;       /* of an item; UTF-8. NULL of a file */
    int64_t root;     /* of a file */
    int64_t mtime_ns; /* since 1970; of an item: when it was added */
    uint64_t inode;   /* of a file */
};

/** All zero is empty. */
struct fovea_picture {
    struct fovea_index_content content;
    struct fovea_picture_place *places; /* files by root and path, then items by
                                           name */
    size_t n_places;
};

/** The roots of an index, to make paths whole. All zero is empty. */
struct fovea_picture_roots {
    struct fovea_index_root *all;
    size_t n;
};

FOVEA_NODISCARD enum fovea_status fovea_picture_roots_load(
        struct fovea_index_folder *folder,
        struct fovea_picture_roots *roots_out, struct fovea_error *err);

/** The path of a root; "" of one that is not known. */
const char *fovea_picture_root(const struct fovea_picture_roots *roots,
        int64_t id);

void fovea_picture_roots_finish(struct fovea_picture_roots *roots);

/**
 * Load what the index knows of a content.
 *
 * @param filter  Of its places only those are taken that it lets through; NULL:
 *                all.
 * @return FOVEA_OK; FOVEA_ERR_NO_ITEM; what reading an index may come to.
 */
FOVEA_NODISCARD enum fovea_status fovea_picture_load(
        struct fovea_index_folder *folder,
        const struct fovea_picture_roots *roots, int64_t content,
        const struct fovea_index_filter *filter,
        struct fovea_picture *picture_out, struct fovea_error *err);

void fovea_picture_finish(struct fovea_picture *picture);

/** When it was taken, else the time of its oldest place; ns since 1970. */
int64_t fovea_picture_time_ns(const struct fovea_picture *picture);

#endif
