/* What inputs are labelled with, by a sink. */
#ifndef FOVEA_BULK_LABELLING_H
#define FOVEA_BULK_LABELLING_H

#include <stdbool.h>
#include <stddef.h>

#include "labels/labels.h"

/** All borrowed. */
struct fovea_labelling {
    const char *const *labels; /* [n] */
    const float *texts;        /* [n][dimension], row-major, of length 1 */
    size_t n;
    size_t dimension;
    struct fovea_labels_scale scale;
    size_t n_best;   /* of each input's; 0: all */
    bool for_people; /* a paragraph an input; else a line of JSON */
};

#endif
