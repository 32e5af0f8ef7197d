/* A sink that keeps the whole picture, for tests of the decoders. */
#ifndef FOVEA_TESTS_UNIT_IMAGE_SINK_H
#define FOVEA_TESTS_UNIT_IMAGE_SINK_H

#include "image/image.h"

struct picture {
    struct fovea_image_info info;
    bool has_begun;
    size_t n_rows;
    uint8_t *rgb; /* [height_px][width_px][3] */
};

/** Decode bytes; limits may be NULL. End the picture with finish. */
enum fovea_status picture_decode(struct picture *picture, const void *bytes,
        size_t size, const struct fovea_limits *limits,
        struct fovea_error *err);
void picture_finish(struct picture *picture);

#endif
