/*
 * Whether this CPU can run the rest of fovea, which is compiled for x86-64-v3
 * (AVX2 and what came with it). Compiled for any x86-64, like everything that
 * runs before the answer: the first lines of main() and of the public calls
 * that need no handle.
 */
#ifndef FOVEA_SYS_CPU_FLOOR_H
#define FOVEA_SYS_CPU_FLOOR_H

#include <stdint.h>

#include "fovea/status.h"

/* What CPUID and XGETBV say. */
struct fovea_cpu_facts {
    uint32_t leaf_1_ecx;
    uint32_t leaf_7_ebx;
    uint32_t extended_1_ecx;
    uint32_t xcr0; /* registers that the system saves */
};

void fovea_cpu_read_facts(struct fovea_cpu_facts *facts_out);

/** FOVEA_OK or FOVEA_ERR_CPU_UNSUPPORTED, which names what is missing. facts:
 *  NULL for this CPU. */
FOVEA_NODISCARD enum fovea_status fovea_cpu_check(
        const struct fovea_cpu_facts *facts, struct fovea_error *err);

/** For main(): say on standard error what is missing; 0, or what to exit
 *  with. */
int fovea_cpu_refuse(const char *program);

#endif
