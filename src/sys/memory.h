/*
 * Memory facts of the system and of processes, control groups included.
 *
 * The limit of a group counts wherever in the tree above the process it is set,
 * version 1 or 2. Source: cgroups(7), proc(5), the kernel's cgroup-v1/memory
 * and cgroup-v2 pages.
 */
#ifndef FOVEA_SYS_MEMORY_H
#define FOVEA_SYS_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "fovea/export.h"

struct fovea_memory {
    /* min(MemTotal, the tightest group's limit). */
    uint64_t total_bytes;
    /* That could be allocated now without swapping: MemAvailable, and for every
       group with a limit what is left of it, its file cache counted as free;
       the least of all. */
    uint64_t available_bytes;
};

/**
 * @param root  Put before /proc and every mount point; "" for the machine, the
 *              path of a fake tree in tests.
 * @return false if not even /proc/meminfo can be read.
 */
FOVEA_NODISCARD bool fovea_memory_read(const char *root,
        struct fovea_memory *memory_out);

/** Proportional set size of a process (smaps_rollup), bytes; 0 if it cannot be
 *  read. */
uint64_t fovea_memory_pss(int64_t pid);

/** How many processes the kernel has killed for memory since it started
 *  (vmstat's oom_kill); 0 if it does not say. */
uint64_t fovea_memory_oom_kills(const char *root);

#endif
