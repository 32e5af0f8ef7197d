/*
 * Whether the bits of a product's row depend on how many rows there are: found
 * out by running it on this machine, with random numbers.
 *
 * Values on a coarse grid add up exactly in any order and would hide a sum that
 * is cut differently; random mantissas do not.
 */
#ifndef FOVEA_ENGINE_CPU_PROBE_H
#define FOVEA_ENGINE_CPU_PROBE_H

#include "engine/cpu/product.h"
#include "engine/cpu/units.h"

struct fovea_probe {
    float *values;    /* random, between -1 and 1 */
    uint16_t *narrow; /* the same in bfloat16 */
    size_t n_values;
    enum fovea_modality
            modality; /* whose units: rows of texts may lie anywhere */
};

/** Room for products of that size at most. On failure it is to be finished all
 *  the same. */
FOVEA_NODISCARD enum fovea_status fovea_probe_init(struct fovea_probe *probe,
        size_t n_values, struct fovea_error *err);
void fovea_probe_finish(struct fovea_probe *probe);

/** Values that a probe needs for a product, of up to that many images. */
size_t fovea_probe_values(size_t k, size_t n,
        const struct fovea_linear_shape *image, size_t most_images);

/**
 * Compare each image's rows, alone and among others, at every number of images
 * that forward passes are prepared for.
 *
 * @param image        The product for one image.
 * @param most_images  Most images of a forward pass.
 * @param keeps_out    Whether all are equal; false too if the library has no
 *                     such product or only reference code for it.
 */
FOVEA_NODISCARD enum fovea_status fovea_probe_run(
        const struct fovea_probe *probe, const struct fovea_packing *packing,
        const struct fovea_linear_shape *image, size_t most_images,
        bool *keeps_out, struct fovea_error *err);

#endif
