/*
 * Classes of processors: what a preprocessor_config.json that names one and leaves
 * a field out means. Their defaults are Hugging Face's. Any family may have any of
 * them; which it has where its file names none is the family's.
 */
#ifndef FOVEA_SPEC_PROCESSOR_H
#define FOVEA_SPEC_PROCESSOR_H

#include "spec/pixels.h"

struct fovea_processor {
    const char *name;
    enum fovea_resize number; /* what a size that is one number means */
    bool crops;
    struct fovea_preprocess pixels; /* of 224 pixels */
};

/**
 * The class of a name, or NULL if it is not known. The older name
 * ("CLIPFeatureExtractor") and the names of its versions ("...Fast", "...Pil") are
 * those of the same class: what they differ in is not the file's to say.
 */
const struct fovea_processor *fovea_processor_find(const char *name);

/** All names, separated by commas. Static. */
const char *fovea_processor_names(void);

/** A known class's defaults for another size: what it resizes to and crops. */
struct fovea_preprocess fovea_processor_pixels(const char *name,
        uint32_t side_px);

#endif
