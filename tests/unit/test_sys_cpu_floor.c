/* CPUs that are too old, from what they say of themselves. */
#include "base/macros.h"
#include "support/test.h"
#include "sys/cpu_floor.h"

/* A Haswell of 2013, no bit more than is needed. */
static const struct fovea_cpu_facts enough = {
    .leaf_1_ecx = 1U << 0 | 1U << 9 | 1U << 12 | 1U << 13 | 1U << 19 |
            1U << 20 | 1U << 22 | 1U << 23 | 1U << 27 | 1U << 28 | 1U << 29,
    .leaf_7_ebx = 1U << 3 | 1U << 5 | 1U << 8,
    .extended_1_ecx = 1U << 0 | 1U << 5,
    .xcr0 = 7,
};

static void
refused(const struct fovea_cpu_facts *facts, const char *part)
{
    struct fovea_error error;
    assert_fails(fovea_cpu_check(facts, &error), &error,
            FOVEA_ERR_CPU_UNSUPPORTED, part);
}

static void
what_is_enough_is_enough(void **state)
{
    (void)state;
    struct fovea_error error;
    assert_ok(fovea_cpu_check(&enough, &error), &error);
    const struct fovea_cpu_facts all = { UINT32_MAX, UINT32_MAX, UINT32_MAX,
        UINT32_MAX };
    assert_ok(fovea_cpu_check(&all, &error), &error);
}

/* Each bit that is needed, alone. */
static void
nothing_can_be_missing(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit < 32; bit++) {
        struct fovea_cpu_facts facts = enough;
        facts.leaf_1_ecx &= ~(1U << bit);
        struct fovea_error error;
        assert_int_equal(fovea_cpu_check(&facts, &error) == FOVEA_OK,
                facts.leaf_1_ecx == enough.leaf_1_ecx);
        facts = enough;
        facts.leaf_7_ebx &= ~(1U << bit);
        assert_int_equal(fovea_cpu_check(&facts, &error) == FOVEA_OK,
                facts.leaf_7_ebx == enough.leaf_7_ebx);
        facts = enough;
        facts.extended_1_ecx &= ~(1U << bit);
        assert_int_equal(fovea_cpu_check(&facts, &error) == FOVEA_OK,
                facts.extended_1_ecx == enough.extended_1_ecx);
    }
}

static void
what_is_missing_is_named(void **state)
{
    (void)state;
    /* An Intel Nehalem of 2008 and an AMD of before SSE3: nothing of it. */
    const struct fovea_cpu_facts nehalem = { .leaf_1_ecx = 0x0098e3fd,
        .extended_1_ecx = 1 };
    refused(&nehalem,
            "lacks AVX2, AVX, FMA, F16C, BMI1, BMI2, LZCNT, MOVBE; fovea "
            "needs x86-64-v3");
    const struct fovea_cpu_facts none = { 0 };
    refused(&none,
            "CMPXCHG16B, LAHF; fovea needs x86-64-v3: Intel Haswell "
            "(2013), AMD Zen, or later");
    struct fovea_cpu_facts facts = enough;
    facts.leaf_7_ebx &= ~(1U << 8);
    refused(&facts, "lacks BMI2; fovea");
}

static void
the_system_must_save_the_registers(void **state)
{
    (void)state;
    struct fovea_cpu_facts facts = enough;
    for (facts.xcr0 = 0; facts.xcr0 < 6; facts.xcr0++) {
        refused(&facts, "does not save the registers of AVX");
    }
    facts = enough;
    facts.leaf_1_ecx &= ~(1U << 27);
    refused(&facts, "does not save the registers of AVX");
}

/* These tests are themselves compiled for such a CPU. */
static void
this_one_will_do(void **state)
{
    (void)state;
    struct fovea_error error;
    assert_ok(fovea_cpu_check(NULL, &error), &error);
    assert_int_equal(fovea_cpu_refuse("test"), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_enough_is_enough),
        cmocka_unit_test(nothing_can_be_missing),
        cmocka_unit_test(what_is_missing_is_named),
        cmocka_unit_test(the_system_must_save_the_registers),
        cmocka_unit_test(this_one_will_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
