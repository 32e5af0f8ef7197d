/*
 * What the process may use of the CPUs: how many (the affinity mask, and less
 * where a cgroup, version 1 or 2, its own or one above it, has a CPU quota),
 * and which of their instructions.
 */
#ifndef FOVEA_SYS_CPU_H
#define FOVEA_SYS_CPU_H

#include <stdbool.h>

/** CPUs worth keeping busy, 1 or more. Reads /proc and /sys each time. */
unsigned fovea_cpu_count(void);

/**
 * The quota alone: CPUs' worth of time that the cgroups allow, rounded up, or
 * 0 if none of them sets a quota.
 *
 * @param root  Put before /proc and every mount point; "" for the machine,
 *              the path of a fake tree in tests.
 */
unsigned fovea_cpu_quota(const char *root);

/* Instructions for matrices that make a difference to packed weights; each
   level has those below it. */
enum fovea_cpu_level {
    FOVEA_CPU_AVX2, /* or less */
    FOVEA_CPU_AVX512,
    FOVEA_CPU_AVX512_BF16, /* dot products of bfloat16 */
};

enum {
    FOVEA_CPU_WORD_SIZE = 96
};

/** What this CPU is: its signature, the features that matrices are multiplied with,
 *  the registers that the system saves, the sizes of its caches. One word. */
void fovea_cpu_word(char word_out[FOVEA_CPU_WORD_SIZE]);

/** Family, model and stepping, as the CPU says them. */
unsigned fovea_cpu_signature(void);

/** What ONEDNN_MAX_CPU_ISA says in a process of this environment; "" if
 *  nothing. */
const char *fovea_cpu_allowed(void);

/** What the matrix library will use in a process of this environment: the CPU
 *  has it, the system saves its registers, and ONEDNN_MAX_CPU_ISA allows it. */
enum fovea_cpu_level fovea_cpu_level(void);

/** Whether the library will use dot products of bytes (AVX-512 VNNI or AVX-VNNI),
 *  by the same rule. */
bool fovea_cpu_has_vnni(void);

/** Whether ONEDNN_MAX_CPU_ISA allows the tile unit (AMX), wherever there is one. */
bool fovea_cpu_allows_tiles(void);

/** Whether the CPU itself has AVX-VNNI, whatever the library is held to. */
bool fovea_cpu_has_avx_vnni(void);

/** The most that a value of ONEDNN_MAX_CPU_ISA allows; NULL: everything. */
enum fovea_cpu_level fovea_cpu_level_cap(const char *max_cpu_isa);

#endif
