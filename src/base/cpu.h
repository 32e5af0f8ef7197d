/*
 * How many CPUs the process may use: the affinity mask, and less where a
 * cgroup (version 1 or 2, its own or one above it) has a CPU quota.
 */
#ifndef FOVEA_BASE_CPU_H
#define FOVEA_BASE_CPU_H

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

#endif
