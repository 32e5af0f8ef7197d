/* What can be embedded. */
#ifndef FOVEA_INPUT_H
#define FOVEA_INPUT_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum fovea_image_kind {
    FOVEA_IMAGE_PATH,   /* data: NUL-terminated path; size is ignored */
    FOVEA_IMAGE_BYTES,  /* data: a file's bytes */
    FOVEA_IMAGE_BASE64, /* data: base64 text */
    FOVEA_IMAGE_URL,    /* data: NUL-terminated URL; size is ignored */
};

/** An image to embed; data is borrowed for the call it is given to. */
struct fovea_image {
    enum fovea_image_kind kind;
    const void *data;
    size_t size;
};

#ifdef __cplusplus
}
#endif

#endif
