/* Words: see pixels.h. */
#include "spec/pixels.h"

const char *const fovea_pixels_words[FOVEA_N_PIXELS + 1] = { "pil",
    "torchvision", "fast", NULL };
