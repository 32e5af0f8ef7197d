/*
 * What clients are told of a picture of an index.
 *
 * Its id is that of the first item that leads to it, or "@" and the number of its
 * content. Where its files are is told only with --show-paths.
 */
#ifndef FOVEA_SERVER_PICTURE_WRITE_H
#define FOVEA_SERVER_PICTURE_WRITE_H

#include "base/text.h"
#include "find/picture.h"

/** "id":...,"ids":[...],... without braces. */
void fovea_picture_write(const struct fovea_picture *picture, bool show_paths,
        struct fovea_text *text);

/**
 * The content that an id is of.
 *
 * @return FOVEA_OK; FOVEA_ERR_NO_ITEM; what reading an index may come to.
 */
FOVEA_NODISCARD enum fovea_status fovea_picture_id_find(
        struct fovea_index_folder *folder, const char *id, int64_t *content_out,
        struct fovea_error *err);

#endif
