/* What can be embedded. */
#ifndef FOVEA_INPUT_H
#define FOVEA_INPUT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What an item is, and how it comes. */
enum fovea_item_kind {
    FOVEA_ITEM_IMAGE_PATH,   /* data: NUL-terminated path; size is ignored */
    FOVEA_ITEM_IMAGE_BYTES,  /* data: a file's bytes */
    FOVEA_ITEM_IMAGE_BASE64, /* data: base64 text */
    FOVEA_ITEM_IMAGE_URL,    /* data: NUL-terminated URL; size is ignored */
    FOVEA_ITEM_TEXT,         /* data: size bytes of UTF-8, what the model's text
                                tower embeds; need not be NUL-terminated, and
                                may be empty */
};

/**
 * Something to embed. Items stand in the caller's arrays, so their size never
 * changes: what they may need one day has its room already.
 *
 * data is borrowed for the call that the item is given to. An item whose
 * reserved words are not all zero is answered with FOVEA_ERR_ARGUMENT, so name
 * the members that you set and leave the rest to the compiler:
 *
 *     struct fovea_item item = { .kind = FOVEA_ITEM_IMAGE_PATH,
 *         .data = "cat.jpg" };
 *
 * Since: 0.1
 */
struct fovea_item {
    enum fovea_item_kind kind;
    const void *data;
    size_t size;
    uint64_t reserved[5]; /* zero */
};

#ifdef __cplusplus
}
#endif

#endif
