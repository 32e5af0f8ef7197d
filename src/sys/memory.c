/* Memory facts: see memory.h. */
#include "sys/memory.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/size.h"
#include "sys/cgroup.h"

/* Version 1 says "no limit" with the largest number of whole pages. */
#define HUGE_BYTES (UINT64_C(1) << 62)

/* What one version of control groups calls things. */
struct names {
    const char *controller;
    const char *limit;
    const char *usage;
    const char *cache[2]; /* of memory.stat; files that could be dropped */
};

static const struct names versions[] = {
    { NULL, "memory.max", "memory.current",
            { "inactive_file", "active_file" } },
    { "memory", "memory.limit_in_bytes", "memory.usage_in_bytes",
            { "total_inactive_file", "total_active_file" } },
};

/* Let one group's limit count. */
static void
apply_group(const struct fovea_cgroup *group, const struct names *names,
        struct fovea_memory *memory)
{
    uint64_t limit = 0;
    if (fovea_cgroup_read(group, names->limit, 1, &limit) != 1 ||
            limit >= HUGE_BYTES) {
        return;
    }
    uint64_t used = 0;
    if (fovea_cgroup_read(group, names->usage, 1, &used) != 1) {
        used = 0; /* of its limit at least something is known */
    }
    for (size_t i = 0; i < 2; i++) {
        uint64_t cache = 0;
        if (fovea_cgroup_read_field(group, "memory.stat", names->cache[i],
                    &cache)) {
            used = fovea_bytes_left(used, cache);
        }
    }
    memory->total_bytes = fovea_least_bytes(memory->total_bytes, limit);
    memory->available_bytes = fovea_least_bytes(memory->available_bytes,
            fovea_bytes_left(limit, used));
}

static void
apply_groups(const char *root, const struct names *names,
        struct fovea_memory *memory)
{
    struct fovea_cgroup group;
    if (!fovea_cgroup_find(root, names->controller, &group)) {
        return;
    }
    do {
        apply_group(&group, names, memory);
    } while (fovea_cgroup_go_up(&group));
}

/* A field of a file below /proc; the root may be long, the rest is not. */
static bool
read_proc(const char *root, const char *file, const char *name,
        uint64_t *number_out)
{
    char path[FOVEA_CGROUP_PATH_SIZE];
    int size = snprintf(path, sizeof path, "%s/proc/%s", root, file);
    return size >= 0 && (size_t)size < sizeof path &&
            fovea_field_read(path, name, number_out);
}

bool
fovea_memory_read(const char *root, struct fovea_memory *memory_out)
{
    uint64_t total_kib = 0;
    uint64_t available_kib = 0;
    if (!read_proc(root, "meminfo", "MemTotal", &total_kib) ||
            !read_proc(root, "meminfo", "MemAvailable", &available_kib)) {
        return false;
    }
    struct fovea_memory memory = {
        .total_bytes = total_kib * 1024,
        .available_bytes = fovea_least_bytes(available_kib, total_kib) * 1024,
    };
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        apply_groups(root, &versions[i], &memory);
    }
    *memory_out = memory;
    return true;
}

uint64_t
fovea_memory_pss(int64_t pid)
{
    char file[48];
    uint64_t kib = 0;
    (void)snprintf(file, sizeof file, "%" PRId64 "/smaps_rollup", pid);
    return read_proc("", file, "Pss", &kib) ? kib * 1024 : 0;
}

uint64_t
fovea_memory_oom_kills(const char *root)
{
    uint64_t n = 0;
    return read_proc(root, "vmstat", "oom_kill", &n) ? n : 0;
}
