/*
 * What x86-64-v3 is: see cpu_floor.h.
 *
 * Source: the microarchitecture levels of the x86-64 psABI; Intel's manual,
 * volume 2, CPUID, and volume 1, 14.3 (AVX needs the system's help).
 */
#include "sys/cpu_floor.h"

#include <cpuid.h>
#include <stdio.h>

#include "base/error.h"

enum {
    OSXSAVE = 1 << 27,
    XCR0_AVX = 6, /* the lower and the upper halves of the registers */
};

enum where {
    LEAF_1_ECX,
    LEAF_7_EBX,
    EXTENDED_1_ECX
};

static const struct {
    const char *name;
    enum where where;
    unsigned bit;
} needed[] = {
    { "AVX2", LEAF_7_EBX, 5 },
    { "AVX", LEAF_1_ECX, 28 },
    { "FMA", LEAF_1_ECX, 12 },
    { "F16C", LEAF_1_ECX, 29 },
    { "BMI1", LEAF_7_EBX, 3 },
    { "BMI2", LEAF_7_EBX, 8 },
    { "LZCNT", EXTENDED_1_ECX, 5 },
    { "MOVBE", LEAF_1_ECX, 22 },
    { "POPCNT", LEAF_1_ECX, 23 },
    { "SSE4.2", LEAF_1_ECX, 20 },
    { "SSE4.1", LEAF_1_ECX, 19 },
    { "SSSE3", LEAF_1_ECX, 9 },
    { "SSE3", LEAF_1_ECX, 0 },
    { "CMPXCHG16B", LEAF_1_ECX, 13 },
    { "LAHF", EXTENDED_1_ECX, 0 },
};

void
fovea_cpu_read_facts(struct fovea_cpu_facts *facts_out)
{
    unsigned eax = 0;
    unsigned ebx = 0;
    unsigned ecx = 0;
    unsigned edx = 0;
    *facts_out = (struct fovea_cpu_facts){ 0 };
    if (__get_cpuid(1, &eax, &ebx, &ecx, &edx)) {
        facts_out->leaf_1_ecx = ecx;
    }
    if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx)) {
        facts_out->leaf_7_ebx = ebx;
    }
    if (__get_cpuid(0x80000001, &eax, &ebx, &ecx, &edx)) {
        facts_out->extended_1_ecx = ecx;
    }
    if (facts_out->leaf_1_ecx & OSXSAVE) {
        __asm__ volatile("xgetbv" : "=a"(eax), "=d"(edx) : "c"(0));
        facts_out->xcr0 = eax;
    }
}

static uint32_t
word(const struct fovea_cpu_facts *facts, enum where where)
{
    switch (where) {
    case LEAF_1_ECX:
        return facts->leaf_1_ecx;
    case LEAF_7_EBX:
        return facts->leaf_7_ebx;
    case EXTENDED_1_ECX:
    default:
        return facts->extended_1_ecx;
    }
}

enum fovea_status
fovea_cpu_check(const struct fovea_cpu_facts *facts, struct fovea_error *err)
{
    struct fovea_cpu_facts here;
    if (!facts) {
        fovea_cpu_read_facts(&here);
        facts = &here;
    }
    char missing[128] = "";
    size_t size = 0;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(needed); i++) {
        if (!(word(facts, needed[i].where) & (1U << needed[i].bit))) {
            size += (size_t)snprintf(missing + size, sizeof missing - size,
                    "%s%s", size ? ", " : "", needed[i].name);
        }
    }
    if (size > 0) {
        return fovea_fail(err, FOVEA_ERR_CPU_UNSUPPORTED,
                "this CPU, or the virtual machine, lacks %s; fovea needs "
                "x86-64-v3: Intel Haswell (2013), AMD Zen, or later",
                missing);
    }
    if (!(facts->leaf_1_ecx & OSXSAVE) ||
            (facts->xcr0 & XCR0_AVX) != XCR0_AVX) {
        return fovea_fail(err, FOVEA_ERR_CPU_UNSUPPORTED,
                "this system does not save the registers of AVX, which fovea "
                "needs");
    }
    return FOVEA_OK;
}

int
fovea_cpu_refuse(const char *program)
{
    struct fovea_error error;
    enum fovea_status status = fovea_cpu_check(NULL, &error);
    if (status == FOVEA_OK) {
        return 0;
    }
    (void)fprintf(stderr, "%s: %s: %s\n", program, fovea_status_name(status),
            error.message);
    return fovea_status_exit_code(status);
}
