/* Indexes with contents that are told by a number. */
#ifndef FOVEA_SUPPORT_INDEX_H
#define FOVEA_SUPPORT_INDEX_H

#include "index/contents.h"
#include "index/rows.h"

enum {
    INDEX_DIMENSION_MAX = 64,
};

/** Begin a set of float32 vectors with words. Its number. */
int64_t index_add_set(struct fovea_index_folder *folder, const char *model,
        uint32_t dimension);

/** The vector that a content has, of length 1. */
void index_vector(uint64_t number, float *values, size_t n);

/** The content of a number. */
struct fovea_index_content index_content(uint64_t number);

/** Add a content with its vector in a set of any dimension. Its id. */
int64_t index_add(struct fovea_index_folder *folder, int64_t set,
        uint64_t number);

/** A row's vector is the one of its content's number. */
void index_check_row(struct fovea_index_folder *folder,
        const struct fovea_index_set *set, const struct fovea_index_row *row);

/** Add a root. Its id. */
int64_t index_add_root(struct fovea_index_folder *folder, const char *path);

/** Add a content and a file that leads to it. The content's id. */
int64_t index_add_file(struct fovea_index_folder *folder, int64_t set,
        int64_t root, const char *path, uint64_t number);

#endif
