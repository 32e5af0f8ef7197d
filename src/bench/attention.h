/*
 * The attention of a whole network alone: what is between its matrices, that is
 * scores, softmax and gathering, head by head, of every layer and image. It grows
 * with the square of the tokens while all else grows with them, so a forward pass
 * is to be told how much of it that is.
 */
#ifndef FOVEA_BENCH_ATTENTION_H
#define FOVEA_BENCH_ATTENTION_H

#include "engine/cpu/plan.h"

/**
 * Run it once, on what a forward pass of n images left in the plan's buffers,
 * which it writes over.
 *
 * @param n  1 to the plan's most.
 * @return FOVEA_OK or FOVEA_ERR_INTERNAL from the matrix library.
 * Threads: as fovea_forward_run().
 */
FOVEA_NODISCARD enum fovea_status fovea_bench_attend(struct fovea_plan *plan,
        size_t n, struct fovea_error *err);

#endif
