/* What the readers of images share. */
#ifndef FOVEA_WORKER_READ_IMAGE_H
#define FOVEA_WORKER_READ_IMAGE_H

#include "worker/read.h"

/** What is known of a picture that was decoded. */
void fovea_read_facts(const struct fovea_image_info *info,
        struct fovea_facts *facts_out);

#endif
