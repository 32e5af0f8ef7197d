/* The image on standard input (--stdin-image): read whole before the work, since
   a pipe cannot be read by position. */
#ifndef FOVEA_BULK_STDIN_IMAGE_H
#define FOVEA_BULK_STDIN_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "fovea/status.h"

/** All zero: none. */
struct fovea_stdin_image {
    unsigned char *bytes;
    size_t size;
    struct fovea_error problem; /* why it is no input to be tried */
};

/**
 * Read it.
 *
 * @param max_bytes  What is more is the image's problem.
 * @return FOVEA_OK; FOVEA_ERR_IO; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_stdin_image_read(uint64_t max_bytes,
        struct fovea_stdin_image *image_out, struct fovea_error *err);

void fovea_stdin_image_finish(struct fovea_stdin_image *image);

#endif
