/* HEIF's decoders and frames that are larger than the file's index says. */
#ifndef FOVEA_IMAGE_CODEC_HEIF_FRAMES_H
#define FOVEA_IMAGE_CODEC_HEIF_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

/** From now on decoders of this thread refuse frames of more pixels. */
void fovea_heif_limit_frames(uint64_t max_pixels);

/** Whether that works in this program. */
bool fovea_heif_limits_frames(void);

#endif
