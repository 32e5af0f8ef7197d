/*
 * How a model wants its pixels: what preprocessor_config.json says, checked.
 * checkpoint/ fills it, image/ and engine/ follow it.
 */
#ifndef FOVEA_SPEC_PIXELS_H
#define FOVEA_SPEC_PIXELS_H

#include <stdbool.h>
#include <stdint.h>

/* Values are Pillow's, as they stand in the file. */
enum fovea_filter {
    FOVEA_FILTER_BILINEAR = 2,
    FOVEA_FILTER_BICUBIC = 3,
};

struct fovea_preprocess {
    enum fovea_filter filter;
    /* Either the shortest edge, the other side following, or (when it is 0)
       exactly resize_height_px x resize_width_px. */
    uint32_t shortest_edge_px;
    uint32_t resize_height_px;
    uint32_t resize_width_px;
    /* Centre crop; what the model sees. Never larger than the resized image. */
    uint32_t crop_height_px;
    uint32_t crop_width_px;
    /* (sample * rescale - mean) / std, per channel R, G, B. */
    float rescale;
    float mean[3];
    float std[3];
    /* There is no such file, and this is what OpenAI's CLIP wants. */
    bool is_default;
};

#endif
