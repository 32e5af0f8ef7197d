/* The matrix library, and this CPU as it sees it. */
#ifndef FOVEA_ENGINE_CPU_MACHINE_H
#define FOVEA_ENGINE_CPU_MACHINE_H

#include <stdbool.h>
#include <stddef.h>

/** The library, its version and source, the most that it uses of this CPU, and
 *  what CPU it is: one word. */
void fovea_machine_word(char *word, size_t size);

/** Bytes of a core's second-level cache; 0: it is not told. */
size_t fovea_machine_cache_bytes(void);

/** Whether this CPU has bfloat16 dot products (ONEDNN_MAX_CPU_ISA counts). */
bool fovea_machine_has_bf16(void);

/** Whether our kernels may use its tile unit (AMX): the CPU has one, the system has
 *  granted it, small products come out right, and ONEDNN_MAX_CPU_ISA allows it. Asked
 *  first before a worker is sealed; the answer stays. */
bool fovea_machine_has_tiles(void);

/** Whether it has dot products of bytes that are exact, AVX-512 VNNI or AVX-VNNI;
 *  older instructions saturate. */
bool fovea_machine_has_vnni(void);

/**
 * Set how many threads oneDNN may use when the calling thread calls it.
 *
 * @return What it was before, to be set again where the thread is a guest's.
 */
int fovea_machine_set_threads(int n_threads);

#endif
