/*
 * CPUs that the process may use: see cpu.h.
 *
 * Source: the kernel's cgroup-v2 and cfs-bandwidth pages.
 */
#include "base/cpu.h"

#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cgroup.h"

/* CPUs' worth that one group allows; 0 if it has no quota. */
static unsigned
group_quota(const struct fovea_cgroup *group, bool is_v2)
{
    uint64_t time[2] = { 0, 0 }; /* quota, period */
    if (is_v2) {
        if (fovea_cgroup_read(group, "cpu.max", 2, time) != 2) {
            return 0;
        }
    } else if (fovea_cgroup_read(group, "cpu.cfs_quota_us", 1, &time[0]) < 1 ||
            fovea_cgroup_read(group, "cpu.cfs_period_us", 1, &time[1]) < 1) {
        return 0;
    }
    if (time[0] == 0 || time[1] == 0) {
        return 0;
    }
    uint64_t n = (time[0] - 1) / time[1] + 1;
    return n < UINT_MAX ? (unsigned)n : UINT_MAX;
}

static unsigned
tightest(unsigned a, unsigned b)
{
    if (a == 0 || b == 0) {
        return a + b;
    }
    return a < b ? a : b;
}

static unsigned
hierarchy_quota(const char *root, bool is_v2)
{
    struct fovea_cgroup group;
    if (!fovea_cgroup_find(root, is_v2 ? NULL : "cpu", &group)) {
        return 0;
    }
    unsigned quota = group_quota(&group, is_v2);
    while (fovea_cgroup_go_up(&group)) {
        quota = tightest(quota, group_quota(&group, is_v2));
    }
    return quota;
}

unsigned
fovea_cpu_quota(const char *root)
{
    return tightest(hierarchy_quota(root, true), hierarchy_quota(root, false));
}

/* CPUs in the affinity mask; 1 if it cannot be read. */
static unsigned
affinity_count(void)
{
    /* The kernel wants room for all CPUs it could have; try until it fits. */
    for (int n_cpus = 1024; n_cpus <= 1 << 20; n_cpus *= 2) {
        cpu_set_t *set = CPU_ALLOC((size_t)n_cpus);
        if (!set) {
            return 1;
        }
        size_t size = CPU_ALLOC_SIZE((size_t)n_cpus);
        int count = sched_getaffinity(0, size, set) == 0
                ? CPU_COUNT_S(size, set)
                : 0;
        CPU_FREE(set);
        if (count > 0) {
            return (unsigned)count;
        }
    }
    return 1;
}

unsigned
fovea_cpu_count(void)
{
    return tightest(affinity_count(), fovea_cpu_quota(""));
}
