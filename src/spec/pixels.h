/*
 * How a model wants its pixels: what preprocessor_config.json says, checked.
 * checkpoint/ fills it, image/ and engine/ follow it.
 */
#ifndef FOVEA_SPEC_PIXELS_H
#define FOVEA_SPEC_PIXELS_H

#include <stdbool.h>
#include <stdint.h>

#include "fovea/options.h"

enum {
    FOVEA_N_PIXELS = FOVEA_PIXELS_FAST + 1
};

/** Words of enum fovea_pixels, in the order of its values, and NULL. */
extern const char *const fovea_pixels_words[FOVEA_N_PIXELS + 1];

/** The value of a word; false if it is none. */
bool fovea_pixels_parse(const char *word, enum fovea_pixels *pixels_out);

/* Values are Pillow's, as they stand in the file. */
enum fovea_filter {
    FOVEA_FILTER_BILINEAR = 2,
    FOVEA_FILTER_BICUBIC = 3,
};

/* What resize_height_px and resize_width_px are. */
enum fovea_resize {
    FOVEA_RESIZE_EXACT, /* the sides, whatever becomes of the picture's shape */
    FOVEA_RESIZE_SHORTEST, /* both of the shortest edge; the other follows */
    FOVEA_RESIZE_LONGEST,  /* a box into which the picture just fits */
    /* A box for a picture that does not fit; it is not cropped, nor is a smaller
       one enlarged. No model's. */
    FOVEA_RESIZE_WITHIN,
};

/* How a window of the crop's size is laid in the middle where it cannot be in
   the very middle. */
enum fovea_centre {
    /* An odd row too many is left below; of an odd one too few the larger part is
       filled above under Pillow's rules, below under torchvision's. */
    FOVEA_CENTRE_HUGGING_FACE,
    /* Half a row is rounded to even; the larger part is filled below. */
    FOVEA_CENTRE_OPEN_CLIP,
};

struct fovea_preprocess {
    enum fovea_pixels pixels;
    enum fovea_filter filter;
    enum fovea_resize resize;
    uint32_t resize_height_px;
    uint32_t resize_width_px;
    /* Centre crop; what the model sees. Where the resized picture is smaller its
       surroundings have all samples `fill`. */
    enum fovea_centre centre;
    uint32_t crop_height_px;
    uint32_t crop_width_px;
    uint8_t fill;
    /* (sample * rescale - mean) / std, per channel R, G, B. */
    float rescale;
    float mean[3];
    float std[3];
    /* There is no such file, and this is what the family wants. */
    bool is_default;
};

#endif
