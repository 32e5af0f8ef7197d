/*
 * A picture within a file of another format: the preview of a raw photograph, a
 * PNG in an icon. Its own decoder decodes it, through a window onto the file;
 * before the sink stands this one, which says what the whole is.
 */
#ifndef FOVEA_IMAGE_CODEC_WITHIN_H
#define FOVEA_IMAGE_CODEC_WITHIN_H

#include "image/image.h"

struct fovea_within {
    const struct fovea_row_sink *sink; /* the real one */
    /* For the header, in place of what the picture itself knows: */
    enum fovea_format format;
    unsigned orientation;
    struct fovea_taken taken; /* where the picture does not know it */
    const char *raw_kind;
};

/** A sink that hands all on; it lives no longer than what it is made of. */
struct fovea_row_sink fovea_within_sink(struct fovea_within *within);

#endif
