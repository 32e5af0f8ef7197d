/* What HEIF's decoders are told beside libheif: frames that are larger than the file's
   index says, and how carefully they are to be finished. */
#ifndef FOVEA_IMAGE_CODEC_HEIF_FRAMES_H
#define FOVEA_IMAGE_CODEC_HEIF_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

/** From now on decoders of this thread refuse frames of more pixels. */
void fovea_heif_limit_frames(uint64_t max_pixels);

/** From now on HEVC's decoders of this thread leave the edges of blocks as they are
 *  (in-loop filters: deblocking, sample adaptive offset), or not. */
void fovea_heif_skip_filters(bool skips);

/** Whether that works in this program. */
bool fovea_heif_limits_frames(void);

#endif
