/* Memory facts, over trees that look like a machine's /proc and /sys. */
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/test.h"
#include "support/tree.h"
#include "sys/memory.h"

#define MIB (UINT64_C(1) << 20)

static char root[] = "/tmp/fovea-memory-XXXXXX";

static void
put(const char *path, const char *text)
{
    assert_int_equal(tree_put(root, path, text), 0);
}

TREE_FIXTURE(root)

#define MOUNT_V1 \
    "41 30 0:31 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
#define MOUNT_V2 \
    "29 23 0:26 / /sys/fs/cgroup rw shared:9 - cgroup2 cgroup2 rw\n"

/* 8 GiB, 6 of them to be had. */
static void
put_machine(const char *groups, const char *mounts)
{
    put("/proc/meminfo",
            "MemTotal:        8388608 kB\nMemFree:          102400 kB\n"
            "MemAvailable:    6291456 kB\nBuffers:           10240 kB\n");
    put("/proc/self/cgroup", groups);
    put("/proc/self/mountinfo", mounts);
}

/* Both facts, in MiB. */
static void
assert_memory(uint64_t total_mib, uint64_t available_mib)
{
    struct fovea_memory memory;
    assert_true(fovea_memory_read(root, &memory));
    assert_int_equal(memory.total_bytes, total_mib * MIB);
    assert_int_equal(memory.available_bytes, available_mib * MIB);
}

static void
without_meminfo_nothing_is_known(void **state)
{
    (void)state;
    struct fovea_memory memory = { 1, 2 };
    assert_false(fovea_memory_read(root, &memory));
    put("/proc/meminfo", "MemTotal:   8388608 kB\n");
    assert_false(fovea_memory_read(root, &memory));
    put("/proc/meminfo", "MemTotal: x kB\nMemAvailable: 5 kB\n");
    assert_false(fovea_memory_read(root, &memory));
    assert_int_equal(memory.total_bytes, 1);
    assert_int_equal(memory.available_bytes, 2);
}

static void
without_groups_the_machine_counts(void **state)
{
    (void)state;
    put("/proc/meminfo",
            "MemTotal:        8388608 kB\nMemAvailable:    6291456 kB\n");
    assert_memory(8192, 6144);
    put("/proc/self/cgroup", "4:memory:/a\n0::/a\n");
    assert_memory(8192, 6144);
    put("/proc/self/mountinfo", "rubbish\n" MOUNT_V1 MOUNT_V2);
    assert_memory(8192, 6144);
    put("/proc/meminfo",
            "MemTotal:        1024 kB\nMemAvailable:    4096 kB\n");
    assert_memory(1, 1);
}

static void
the_tightest_group_of_version_2_counts(void **state)
{
    (void)state;
    put_machine("0::/a.slice/b.scope\n", MOUNT_V2);
    assert_memory(8192, 6144);
    put("/sys/fs/cgroup/a.slice/b.scope/memory.max", "max\n");
    put("/sys/fs/cgroup/a.slice/b.scope/memory.current", "104857600\n");
    assert_memory(8192, 6144);

    /* 2 GiB with 1.5 in use. */
    put("/sys/fs/cgroup/a.slice/b.scope/memory.max", "2147483648\n");
    put("/sys/fs/cgroup/a.slice/b.scope/memory.current", "1610612736\n");
    assert_memory(2048, 512);

    /* Half a GiB of that is cache. */
    put("/sys/fs/cgroup/a.slice/b.scope/memory.stat",
            "anon 1073741824\nfile 536870912\ninactive_file_x 1\n"
            "inactive_file 268435456\nactive_file 268435456\n");
    assert_memory(2048, 1024);

    /* The slice is tighter, but not used as much. */
    put("/sys/fs/cgroup/a.slice/memory.max", "1610612736\n");
    put("/sys/fs/cgroup/a.slice/memory.current", "104857600\n");
    assert_memory(1536, 1024);

    /* And fuller than its limit. */
    put("/sys/fs/cgroup/a.slice/memory.current", "1610612737\n");
    assert_memory(1536, 0);

    /* Far above, and looser than the machine is large. */
    put("/sys/fs/cgroup/a.slice/memory.current", "0\n");
    put("/sys/fs/cgroup/memory.max", "1099511627776\n");
    assert_memory(1536, 1024);
}

static void
version_1_knows_a_huge_number(void **state)
{
    (void)state;
    put_machine("5:cpu:/\n4:memory:/docker/f00\n0::/\n", MOUNT_V1);
    put("/sys/fs/cgroup/memory/docker/f00/memory.limit_in_bytes",
            "9223372036854771712\n");
    put("/sys/fs/cgroup/memory/docker/f00/memory.usage_in_bytes",
            "9000000000\n");
    assert_memory(8192, 6144);
    put("/sys/fs/cgroup/memory/docker/f00/memory.limit_in_bytes",
            "1073741824\n");
    put("/sys/fs/cgroup/memory/docker/f00/memory.usage_in_bytes",
            "1073741824\n");
    assert_memory(1024, 0);
    put("/sys/fs/cgroup/memory/docker/f00/memory.stat",
            "cache 1\ninactive_file 1\nactive_file 1\n"
            "total_inactive_file 104857600\ntotal_active_file 314572800\n");
    assert_memory(1024, 400);
    /* Cache that is more than all there is. */
    put("/sys/fs/cgroup/memory/docker/f00/memory.stat",
            "total_inactive_file 1048576000\ntotal_active_file 3145728000\n");
    assert_memory(1024, 1024);
    put("/sys/fs/cgroup/memory/docker/memory.limit_in_bytes", "536870912\n");
    put("/sys/fs/cgroup/memory/docker/memory.usage_in_bytes", "268435456\n");
    assert_memory(512, 256);
}

static void
a_container_sees_its_own_root(void **state)
{
    (void)state;
    put_machine("4:memory:/docker/f00/inner\n",
            "41 30 0:31 /docker/f00 /cg ro - cgroup cgroup rw,memory\n");
    put("/cg/memory.limit_in_bytes", "1073741824\n");
    put("/cg/memory.usage_in_bytes", "0\n");
    assert_memory(1024, 1024);
    put("/cg/inner/memory.limit_in_bytes", "536870912\n");
    put("/cg/inner/memory.usage_in_bytes", "0\n");
    assert_memory(512, 512);
    /* The path as somebody outside sees it: only the mount is ours. */
    put("/proc/self/cgroup", "4:memory:/elsewhere/f00\n");
    assert_memory(1024, 1024);
}

static void
both_versions_side_by_side(void **state)
{
    (void)state;
    put_machine("4:memory:/one\n0::/two\n", MOUNT_V1 MOUNT_V2);
    put("/sys/fs/cgroup/memory/one/memory.limit_in_bytes", "1073741824\n");
    put("/sys/fs/cgroup/memory/one/memory.usage_in_bytes", "1048576\n");
    assert_memory(1024, 1023);
    put("/sys/fs/cgroup/two/memory.max", "536870912\n");
    put("/sys/fs/cgroup/two/memory.current", "1048576\n");
    assert_memory(512, 511);
}

static void
a_limit_without_usage_still_counts(void **state)
{
    (void)state;
    put_machine("0::/a\n", MOUNT_V2);
    put("/sys/fs/cgroup/a/memory.max", "1073741824\n");
    assert_memory(1024, 1024);
    put("/sys/fs/cgroup/a/memory.max", "0\n");
    assert_memory(0, 0);
    put("/sys/fs/cgroup/a/memory.max", "rubbish\n");
    assert_memory(8192, 6144);
}

static void
counts_kills_for_memory(void **state)
{
    (void)state;
    assert_int_equal(fovea_memory_oom_kills(root), 0);
    put("/proc/vmstat", "nr_free_pages 5\noom_kill 42\n");
    assert_int_equal(fovea_memory_oom_kills(root), 42);
    put("/proc/vmstat", "oom_kill_x 7\n");
    assert_int_equal(fovea_memory_oom_kills(root), 0);
}

static void
reads_the_machine(void **state)
{
    (void)state;
    struct fovea_memory memory;
    assert_true(fovea_memory_read("", &memory));
    assert_true(memory.total_bytes > 16 * MIB);
    assert_true(memory.available_bytes <= memory.total_bytes);
}

static void
measures_a_process(void **state)
{
    (void)state;
    uint64_t before = fovea_memory_pss(getpid());
    assert_true(before > 0 && before < 1024 * MIB);
    char *volatile memory = malloc(32 * MIB);
    assert_non_null(memory);
    memset(memory, 1, 32 * MIB);
    uint64_t after = fovea_memory_pss(getpid());
    free(memory);
    assert_true(after >= before + 30 * MIB);

    /* One that ended and was reaped. */
    pid_t pid = fork();
    if (pid == 0) {
        _exit(0);
    }
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(fovea_memory_pss(pid), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(without_meminfo_nothing_is_known, empty_root),
        cmocka_unit_test_teardown(without_groups_the_machine_counts,
                empty_root),
        cmocka_unit_test_teardown(the_tightest_group_of_version_2_counts,
                empty_root),
        cmocka_unit_test_teardown(version_1_knows_a_huge_number, empty_root),
        cmocka_unit_test_teardown(a_container_sees_its_own_root, empty_root),
        cmocka_unit_test_teardown(both_versions_side_by_side, empty_root),
        cmocka_unit_test_teardown(a_limit_without_usage_still_counts,
                empty_root),
        cmocka_unit_test_teardown(counts_kills_for_memory, empty_root),
        cmocka_unit_test(reads_the_machine),
        cmocka_unit_test(measures_a_process),
    };
    return cmocka_run_group_tests_name("base_memory", tests, make_root,
            remove_root);
}
