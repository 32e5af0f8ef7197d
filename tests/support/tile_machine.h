/*
 * A CPU with a tile unit, wherever the program runs: where there is none, an
 * instruction of it raises SIGILL, and the handler carries it out on the model
 * (tile_model.h), each thread on a unit of its own. So the very code that a compiler
 * makes of the kernels is run, on any CPU that has the rest of what they need.
 */
#ifndef FOVEA_SUPPORT_TILE_MACHINE_H
#define FOVEA_SUPPORT_TILE_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

/* What a thread's unit was asked for. Of a CPU's own unit nothing is counted. */
struct tile_counts {
    uint64_t configs;
    uint64_t loads;
    uint64_t stores;
    uint64_t products;
    uint64_t load_bytes;
    uint64_t signals; /* times that the handler was entered */
};

/** Whether tile instructions work from now on. False where the CPU lacks the
 *  AVX-512 that kernels with tiles are compiled for: there is nothing to test.
 *  To be called in each test, because cmocka sets handlers of its own before. */
bool tile_machine_start(void);

/** Whether they are the CPU's own. */
bool tile_machine_is_real(void);

/** Let the model's products of bytes be wrong by one in one place, or right again. */
void tile_machine_set_wrong(bool is_wrong);

/** Of the calling thread, since its start or since the last call. */
struct tile_counts tile_machine_take_counts(void);

#endif
