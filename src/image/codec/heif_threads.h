/* HEIF's decoders without threads of their own: see heif_threads.c. */
#ifndef FOVEA_IMAGE_CODEC_HEIF_THREADS_H
#define FOVEA_IMAGE_CODEC_HEIF_THREADS_H

#include <stdbool.h>

/** Whether that works in this program. */
bool fovea_heif_is_single_threaded(void);

#endif
