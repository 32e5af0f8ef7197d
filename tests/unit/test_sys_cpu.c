/* CPU counting, over trees that look like a machine's /proc and /sys. */
#include <sched.h>
#include <unistd.h>

#include "base/macros.h"
#include "support/test.h"
#include "support/tree.h"
#include "sys/cpu.h"

static char root[] = "/tmp/fovea-cpu-XXXXXX";

static void
put(const char *path, const char *text)
{
    assert_int_equal(tree_put(root, path, text), 0);
}

TREE_FIXTURE(root)

#define MOUNT_V2 \
    "29 23 0:26 / /sys/fs/cgroup rw shared:9 - cgroup2 cgroup2 rw\n"

static void
no_tree_is_no_quota(void **state)
{
    (void)state;
    assert_int_equal(fovea_cpu_quota(root), 0);
}

static void
the_tightest_group_of_version_2_counts(void **state)
{
    (void)state;
    put("/proc/self/cgroup", "0::/a.slice/b.scope\n");
    put("/proc/self/mountinfo",
            "22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n" MOUNT_V2);
    assert_int_equal(fovea_cpu_quota(root), 0);
    put("/sys/fs/cgroup/a.slice/b.scope/cpu.max", "max 100000\n");
    assert_int_equal(fovea_cpu_quota(root), 0);
    put("/sys/fs/cgroup/a.slice/cpu.max", "250000 100000\n");
    assert_int_equal(fovea_cpu_quota(root), 3);
    put("/sys/fs/cgroup/a.slice/b.scope/cpu.max", "100000 100000\n");
    assert_int_equal(fovea_cpu_quota(root), 1);
    put("/sys/fs/cgroup/a.slice/b.scope/cpu.max", "1000000 100000\n");
    assert_int_equal(fovea_cpu_quota(root), 3);
    put("/sys/fs/cgroup/cpu.max", "1000 100000\n");
    assert_int_equal(fovea_cpu_quota(root), 1);
}

static void
a_container_of_version_1_sees_its_own_root(void **state)
{
    (void)state;
    put("/proc/self/cgroup",
            "5:cpuset:/docker/f00\n4:cpu,cpuacct:/docker/f00\n0::/\n");
    put("/proc/self/mountinfo",
            "40 30 0:30 /docker/f00 /sys/fs/cgroup/cpuset ro - cgroup cgroup "
            "rw,cpuset\n"
            "41 30 0:31 /docker/f00 /sys/fs/cgroup/cpu,cpuacct ro master:18 - "
            "cgroup cgroup rw,cpu,cpuacct\n");
    put("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "50000\n");
    put("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
    assert_int_equal(fovea_cpu_quota(root), 0);
    put("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "200000\n");
    assert_int_equal(fovea_cpu_quota(root), 4);
}

static void
both_versions_side_by_side(void **state)
{
    (void)state;
    put("/proc/self/cgroup", "1:cpu:/one\n0::/two\n");
    put("/proc/self/mountinfo",
            MOUNT_V2 "41 30 0:31 / /cpu rw - cgroup cgroup rw,cpu\n");
    put("/cpu/one/cpu.cfs_period_us", "100000\n");
    put("/cpu/one/cpu.cfs_quota_us", "500000\n");
    assert_int_equal(fovea_cpu_quota(root), 5);
    put("/sys/fs/cgroup/two/cpu.max", "200000 100000\n");
    assert_int_equal(fovea_cpu_quota(root), 2);
}

static void
nonsense_is_no_quota(void **state)
{
    (void)state;
    put("/proc/self/cgroup", "0::/a\nrubbish\n::\n");
    put("/proc/self/mountinfo", "- - -\n\n1 2 3\n" MOUNT_V2);
    put("/sys/fs/cgroup/a/cpu.max", "100000\n");
    assert_int_equal(fovea_cpu_quota(root), 0);
    put("/sys/fs/cgroup/a/cpu.max", "100000 0\n");
    assert_int_equal(fovea_cpu_quota(root), 0);
    put("/sys/fs/cgroup/a/cpu.max", "x y\n");
    assert_int_equal(fovea_cpu_quota(root), 0);
    put("/sys/fs/cgroup/a/cpu.max", "18446744073709551615 1\n");
    assert_int_equal(fovea_cpu_quota(root), UINT32_MAX);
}

static void
the_affinity_mask_counts(void **state)
{
    (void)state;
    cpu_set_t all;
    assert_int_equal(sched_getaffinity(0, sizeof all, &all), 0);
    unsigned before = fovea_cpu_count();
    assert_true(before >= 1 && before <= (unsigned)CPU_COUNT(&all));
    int first = 0;
    while (!CPU_ISSET((size_t)first, &all)) {
        first++;
    }
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET((size_t)first, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    unsigned bound = fovea_cpu_count();
    assert_int_equal(sched_setaffinity(0, sizeof all, &all), 0);
    assert_int_equal(bound, 1);
}

static void
the_librarys_own_variable_caps_the_level(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        enum fovea_cpu_level level;
    } cases[] = {
        { NULL, FOVEA_CPU_AVX512_BF16 },
        { "", FOVEA_CPU_AVX512_BF16 },
        { "ALL", FOVEA_CPU_AVX512_BF16 },
        { "no such thing", FOVEA_CPU_AVX512_BF16 },
        { "AVX512_CORE_BF16", FOVEA_CPU_AVX512_BF16 },
        { "AVX512_CORE_AMX", FOVEA_CPU_AVX512_BF16 },
        { "AVX512_CORE_VNNI", FOVEA_CPU_AVX512 },
        { "avx512_core", FOVEA_CPU_AVX512 },
        { "AVX2_VNNI", FOVEA_CPU_AVX2 },
        { "AVX2", FOVEA_CPU_AVX2 },
        { "SSE41", FOVEA_CPU_AVX2 },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        assert_int_equal(fovea_cpu_level_cap(cases[i].value), cases[i].level);
    }
    enum fovea_cpu_level level = fovea_cpu_level();
    assert_int_equal(setenv("ONEDNN_MAX_CPU_ISA", "AVX2", 1), 0);
    assert_int_equal(fovea_cpu_level(), FOVEA_CPU_AVX2);
    assert_int_equal(unsetenv("ONEDNN_MAX_CPU_ISA"), 0);
    assert_true(fovea_cpu_level() >= level);
}

static void
it_caps_dot_products_of_bytes(void **state)
{
    (void)state;
    assert_int_equal(unsetenv("ONEDNN_MAX_CPU_ISA"), 0);
    const bool has_any = fovea_cpu_has_vnni();
    static const char *const without[] = { "SSE41", "avx2", "AVX512_CORE" };
    static const char *const with[] = { "AVX2_VNNI", "AVX512_CORE_VNNI",
        "AVX512_CORE_BF16", "AVX512_CORE_AMX" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(without); i++) {
        assert_int_equal(setenv("ONEDNN_MAX_CPU_ISA", without[i], 1), 0);
        assert_false(fovea_cpu_has_vnni());
        assert_false(fovea_cpu_allows_tiles());
    }
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(with); i++) {
        assert_int_equal(setenv("ONEDNN_MAX_CPU_ISA", with[i], 1), 0);
        assert_true(has_any || !fovea_cpu_has_vnni());
        assert_int_equal(fovea_cpu_allows_tiles(),
                strcmp(with[i], "AVX512_CORE_AMX") == 0);
    }
    assert_int_equal(unsetenv("ONEDNN_MAX_CPU_ISA"), 0);
    assert_true(fovea_cpu_allows_tiles());
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_tree_is_no_quota),
        cmocka_unit_test_teardown(the_tightest_group_of_version_2_counts,
                empty_root),
        cmocka_unit_test_teardown(a_container_of_version_1_sees_its_own_root,
                empty_root),
        cmocka_unit_test_teardown(both_versions_side_by_side, empty_root),
        cmocka_unit_test_teardown(nonsense_is_no_quota, empty_root),
        cmocka_unit_test(the_affinity_mask_counts),
        cmocka_unit_test(the_librarys_own_variable_caps_the_level),
        cmocka_unit_test(it_caps_dot_products_of_bytes),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
