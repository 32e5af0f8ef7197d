/*
 * The bare matrix products of a whole network, so that what stands around them in
 * a forward pass can be told from the machine's own speed that day: those of
 * every layer (query-key-value, output, both of the MLP), of all tokens, in the
 * network's own packed weights, without bias or anything fused. The forward pass
 * leaves most of the last layer out; the bare products do not, which counts in
 * its favour.
 */
#ifndef FOVEA_BENCH_BARE_H
#define FOVEA_BENCH_BARE_H

#include "engine/cpu/plan.h"

struct fovea_bare;

/**
 * @param plan  Borrowed; must outlive it. Rows lie as its layers want them.
 * @param rows  Tokens of a run.
 * @return FOVEA_OK; FOVEA_ERR_NO_MEMORY or FOVEA_ERR_INTERNAL from the matrix
 *         library.
 */
FOVEA_NODISCARD enum fovea_status fovea_bare_create(
        const struct fovea_plan *plan, size_t rows,
        struct fovea_bare **bare_out, struct fovea_error *err);
void fovea_bare_destroy(struct fovea_bare *bare);

/** Tokens of a run. */
size_t fovea_bare_rows(const struct fovea_bare *bare);

/** All of them once. Threads: as product.h. */
FOVEA_NODISCARD enum fovea_status fovea_bare_run(struct fovea_bare *bare,
        struct fovea_error *err);

#endif
