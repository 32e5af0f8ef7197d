/* Classes of processors: see processor.h. */
#include "spec/processor.h"

#include <string.h>

#include "base/macros.h"

enum {
    SIDE_PX = 224
};

#define SIDES                                                \
    .resize_height_px = SIDE_PX, .resize_width_px = SIDE_PX, \
    .crop_height_px = SIDE_PX, .crop_width_px = SIDE_PX,     \
    .rescale = (float)(1.0 / 255.0)
/* OpenAI's, of the pictures that CLIP was trained on. */
#define CLIP_COLOURS                                  \
    .mean = { 0.48145466F, 0.4578275F, 0.40821073F }, \
    .std = { 0.26862954F, 0.26130258F, 0.27577711F }
/* From -1 to 1. */
#define HALF_COLOURS .mean = { 0.5F, 0.5F, 0.5F }, .std = { 0.5F, 0.5F, 0.5F }

#define CLIP   "CLIPImageProcessor"
#define SIGLIP "SiglipImageProcessor"
#define BIT    "BitImageProcessor"
#define VIT    "ViTImageProcessor"

static const struct fovea_processor processors[] = {
    { CLIP, FOVEA_RESIZE_SHORTEST, true,
            { .filter = FOVEA_FILTER_BICUBIC,
                    .resize = FOVEA_RESIZE_SHORTEST,
                    SIDES,
                    CLIP_COLOURS } },
    { SIGLIP, FOVEA_RESIZE_EXACT, false,
            { .filter = FOVEA_FILTER_BICUBIC, SIDES, HALF_COLOURS } },
    { BIT, FOVEA_RESIZE_SHORTEST, true,
            { .filter = FOVEA_FILTER_BICUBIC,
                    .resize = FOVEA_RESIZE_SHORTEST,
                    SIDES,
                    CLIP_COLOURS } },
    { VIT, FOVEA_RESIZE_EXACT, false,
            { .filter = FOVEA_FILTER_BILINEAR, SIDES, HALF_COLOURS } },
};

const char *
fovea_processor_names(void)
{
    return CLIP ", " SIGLIP ", " BIT ", " VIT;
}

/* Whether `name` is a class's own name, its older one or a version's. */
static bool
is_called(const char *name, const char *class_name)
{
    static const char *const forms[] = { "ImageProcessor", "ImageProcessorFast",
        "ImageProcessorPil", "FeatureExtractor" };
    size_t n = strlen(class_name) - strlen(forms[0]);
    if (strncmp(name, class_name, n) != 0) {
        return false;
    }
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(forms); i++) {
        if (strcmp(name + n, forms[i]) == 0) {
            return true;
        }
    }
    return false;
}

const struct fovea_processor *
fovea_processor_find(const char *name)
{
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(processors); i++) {
        if (is_called(name, processors[i].name)) {
            return &processors[i];
        }
    }
    return NULL;
}

struct fovea_preprocess
fovea_processor_pixels(const char *name, uint32_t side_px)
{
    const struct fovea_processor *processor = fovea_processor_find(name);
    FOVEA_ASSERT(processor);
    struct fovea_preprocess pixels = processor->pixels;
    pixels.resize_height_px = side_px;
    pixels.resize_width_px = side_px;
    pixels.crop_height_px = side_px;
    pixels.crop_width_px = side_px;
    return pixels;
}
