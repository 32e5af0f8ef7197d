/* Rounds of measuring: whatever is compared takes turns, and each figure is the
   median of what the rounds gave. */
#ifndef FOVEA_BENCH_ROUNDS_H
#define FOVEA_BENCH_ROUNDS_H

#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

enum {
    FOVEA_BENCH_MAX_ROUNDS = 99
};

/** FOVEA_ERR_ARGUMENT for what is not 1 to FOVEA_BENCH_MAX_ROUNDS. */
FOVEA_NODISCARD enum fovea_status fovea_bench_check_rounds(unsigned n,
        struct fovea_error *err);

/** Milliseconds that the calling thread has worked since a time of
 *  fovea_clock_thread_ns(). What else runs on the machine meanwhile does not count; on
 *  one that does nothing else it is the time that passes. */
double fovea_bench_ms_since(int64_t start_ns);

/**
 * The median of each value over all rounds.
 *
 * @param samples  [n_rounds]: what each round gave, in structs of nothing but
 *                 doubles.
 * @param size     Of such a struct, in bytes.
 * @param n_rounds 1 to FOVEA_BENCH_MAX_ROUNDS.
 * @param median   One more such struct.
 */
void fovea_bench_medians(const void *samples, size_t size, size_t n_rounds,
        void *median);

#endif
