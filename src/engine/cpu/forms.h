/*
 * In which form each linear layer of a tower is carried out.
 *
 * An image is to get the same bits in every batch. Whether a product of the
 * library keeps a row's bits whatever rows stand beside it depends on the form,
 * the sizes, the CPU and its caches, and the library says none of it: so it is
 * looked at (probe.h), when weights are packed, and what was found is kept with
 * them (packed.h). Forms of our own keep them by the way they compute.
 */
#ifndef FOVEA_ENGINE_CPU_FORMS_H
#define FOVEA_ENGINE_CPU_FORMS_H

#include "engine/cpu/linear.h"

struct fovea_forms {
    uint32_t form[FOVEA_N_ELEMENTS][FOVEA_N_MATRICES]; /* enum fovea_form */
    /* The hidden layer of the MLP is computed in so many parts, each added to
       the residual by itself. */
    uint32_t mlp_parts;
    /* Up to so many images a forward pass, every image has the bits that it has
       alone; of texts it is units of rows (units.h). 1: none has in company. */
    uint32_t most_images;
};

/** Find forms that keep an image's bits, for a tower on this machine. Where
 *  there is none for a layer, most_images is 1. */
FOVEA_NODISCARD enum fovea_status fovea_forms_find(
        const struct fovea_tower *tower, enum fovea_precision precision,
        struct fovea_forms *forms_out, struct fovea_error *err);

/** The forms that are tried first, and most_images 1: nothing is run. */
FOVEA_NODISCARD enum fovea_status fovea_forms_prefer(
        const struct fovea_tower *tower, enum fovea_precision precision,
        struct fovea_forms *forms_out, struct fovea_error *err);

/** Whether they could be a tower's, wherever they come from. */
bool fovea_forms_fit(const struct fovea_forms *forms,
        const struct fovea_tower *tower);

#endif
