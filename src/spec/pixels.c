/* Words: see pixels.h. */
#include "spec/pixels.h"

#include <string.h>

const char *const fovea_pixels_words[FOVEA_N_PIXELS + 1] = { "pil",
    "torchvision", "fast", NULL };

bool
fovea_pixels_parse(const char *word, enum fovea_pixels *pixels_out)
{
    for (size_t i = 0; i < FOVEA_N_PIXELS; i++) {
        if (strcmp(word, fovea_pixels_words[i]) == 0) {
            *pixels_out = (enum fovea_pixels)i;
            return true;
        }
    }
    return false;
}
