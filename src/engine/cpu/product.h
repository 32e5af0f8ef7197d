/*
 * Linear layers: dst = post(src * weights + bias), weights packed. The products of
 * attention, which have no weights, are elsewhere (attend.h).
 *
 * Everything here is meant to run in the calling thread alone: a thread that
 * creates or runs anything calls fovea_machine_set_threads(1) before.
 */
#ifndef FOVEA_ENGINE_CPU_PRODUCT_H
#define FOVEA_ENGINE_CPU_PRODUCT_H

#include "engine/cpu/operands.h"
#include "engine/cpu/packing.h"

struct fovea_product;

/** @return FOVEA_OK; FOVEA_ERR_INTERNAL if the form has no such product;
 *          FOVEA_ERR_NO_MEMORY. */
FOVEA_NODISCARD enum fovea_status fovea_product_create_linear(
        const struct fovea_packing *packing,
        const struct fovea_linear_shape *shape,
        struct fovea_product **product_out, struct fovea_error *err);

void fovea_product_destroy(struct fovea_product *product);

/** Whether the library has only its slow reference code for it. */
bool fovea_product_is_reference(const struct fovea_product *product);

/** Bytes of scratch that a run needs. */
size_t fovea_product_scratch_size(const struct fovea_product *product);

/** Run a product. Threads: one at a time on one product. */
FOVEA_NODISCARD enum fovea_status fovea_product_run(
        struct fovea_product *product, const struct fovea_operands *operands,
        struct fovea_error *err);

#endif
