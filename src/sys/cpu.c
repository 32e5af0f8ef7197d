/*
 * What the process may use of the CPUs: see cpu.h.
 *
 * Source: the kernel's cgroup-v2 and cfs-bandwidth pages; oneDNN's page on CPU
 * dispatcher control.
 */
#include "sys/cpu.h"

#include <cpuid.h>
#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include "base/macros.h"
#include "sys/cgroup.h"
#include "sys/cpu_floor.h"

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

/* What a value of ONEDNN_MAX_CPU_ISA allows. */
struct cap {
    const char *name;
    enum fovea_cpu_level level;
    /* Dot products of bytes, of AVX-512's registers and of AVX2's. */
    bool has_avx512_vnni;
    bool has_avx_vnni;
    bool has_tiles;
};

static const struct cap *
cap_of(const char *max_cpu_isa)
{
    static const struct cap caps[] = {
        { "SSE41", FOVEA_CPU_AVX2, false, false, false },
        { "AVX", FOVEA_CPU_AVX2, false, false, false },
        { "AVX2", FOVEA_CPU_AVX2, false, false, false },
        { "AVX2_VNNI", FOVEA_CPU_AVX2, false, true, false },
        { "AVX512_CORE", FOVEA_CPU_AVX512, false, false, false },
        { "AVX512_CORE_VNNI", FOVEA_CPU_AVX512, true, false, false },
        { "AVX512_CORE_BF16", FOVEA_CPU_AVX512_BF16, true, false, false },
        { "AVX512_CORE_AMX", FOVEA_CPU_AVX512_BF16, true, false, true },
    };
    /* The library, too, takes a word that it does not know for no cap. */
    static const struct cap none = { NULL, FOVEA_CPU_AVX512_BF16, true, true,
        true };
    for (size_t i = 0; max_cpu_isa && i < FOVEA_ARRAY_LEN(caps); i++) {
        if (strcasecmp(max_cpu_isa, caps[i].name) == 0) {
            return &caps[i];
        }
    }
    return &none;
}

enum fovea_cpu_level
fovea_cpu_level_cap(const char *max_cpu_isa)
{
    return cap_of(max_cpu_isa)->level;
}

const char *
fovea_cpu_allowed(void)
{
    /* NOLINTBEGIN(concurrency-mt-unsafe) */
    const char *name = getenv("ONEDNN_MAX_CPU_ISA");
    if (!name) {
        name = getenv("DNNL_MAX_CPU_ISA"); /* its older name */
    }
    /* NOLINTEND(concurrency-mt-unsafe) */
    return name ? name : "";
}

/* The compiler's run-time library asks for the saved registers too. */
static enum fovea_cpu_level
hardware_level(void)
{
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx512f") ||
            !__builtin_cpu_supports("avx512bw") ||
            !__builtin_cpu_supports("avx512dq") ||
            !__builtin_cpu_supports("avx512vl")) {
        return FOVEA_CPU_AVX2;
    }
    return __builtin_cpu_supports("avx512vnni") &&
                    __builtin_cpu_supports("avx512bf16")
            ? FOVEA_CPU_AVX512_BF16
            : FOVEA_CPU_AVX512;
}

unsigned
fovea_cpu_signature(void)
{
    unsigned signature = 0;
    unsigned rest[3] = { 0 };
    (void)__get_cpuid(1, &signature, &rest[0], &rest[1], &rest[2]);
    return signature;
}

void
fovea_cpu_word(char word_out[FOVEA_CPU_WORD_SIZE])
{
    /* AVX-512, AMX; AVX-VNNI, bfloat16: eax, ebx, ecx, edx of leaf 7. */
    unsigned first[4] = { 0 };
    unsigned second[4] = { 0 };
    (void)__get_cpuid_count(7, 0, &first[0], &first[1], &first[2], &first[3]);
    (void)__get_cpuid_count(7, 1, &second[0], &second[1], &second[2],
            &second[3]);
    struct fovea_cpu_facts facts;
    fovea_cpu_read_facts(&facts);
    (void)snprintf(word_out, FOVEA_CPU_WORD_SIZE,
            "cpu-%x-%x-%x-%x-%x-%x-cache-%ldk-%ldk-%ldk", fovea_cpu_signature(),
            first[1], first[2], first[3], second[0], facts.xcr0,
            sysconf(_SC_LEVEL1_DCACHE_SIZE) / 1024,
            sysconf(_SC_LEVEL2_CACHE_SIZE) / 1024,
            sysconf(_SC_LEVEL3_CACHE_SIZE) / 1024);
}

enum fovea_cpu_level
fovea_cpu_level(void)
{
    enum fovea_cpu_level cap = fovea_cpu_level_cap(fovea_cpu_allowed());
    enum fovea_cpu_level level = hardware_level();
    return level < cap ? level : cap;
}

/* Compilers' names for it are newer than it. */
bool
fovea_cpu_has_avx_vnni(void)
{
    unsigned eax = 0;
    unsigned rest[3] = { 0 };
    const unsigned avx_vnni = 1U << 4;
    return __get_cpuid_count(7, 1, &eax, &rest[0], &rest[1], &rest[2]) &&
            (eax & avx_vnni);
}

bool
fovea_cpu_has_vnni(void)
{
    const struct cap *cap = cap_of(fovea_cpu_allowed());
    if (cap->has_avx512_vnni && hardware_level() >= FOVEA_CPU_AVX512 &&
            __builtin_cpu_supports("avx512vnni")) {
        return true;
    }
    return cap->has_avx_vnni && fovea_cpu_has_avx_vnni();
}

bool
fovea_cpu_allows_tiles(void)
{
    return cap_of(fovea_cpu_allowed())->has_tiles;
}
