/*
 * CPUs that the process may use: see cpu.h.
 *
 * /proc/self/cgroup says which group the process is in, /proc/self/mountinfo
 * where the groups' files are. In a container the mount often shows only a part
 * of the tree: what the mount's root and the group's path have in common is
 * then not to be looked for below the mount point.
 *
 * Source: cgroups(7), proc(5), the kernel's cgroup-v2 and cfs-bandwidth pages.
 */
#include "base/cpu.h"

#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/macros.h"

enum {
    PATH_SIZE = 2048 /* a longer path counts as no quota */
};

/* Where one hierarchy's files are, from the process's group upwards. */
struct group {
    char mount[PATH_SIZE];    /* with the root before it */
    char relative[PATH_SIZE]; /* below mount, "" or "/a/b" */
};

static void
close_file(FILE **file)
{
    if (*file) {
        (void)fclose(*file);
    }
}

/* Does a comma-separated list have this word in it? */
static bool
has_word(const char *list, const char *word)
{
    size_t size = strlen(word);
    for (const char *at = list; at; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, word, size) == 0 &&
                (at[size] == ',' || at[size] == '\0')) {
            return true;
        }
    }
    return false;
}

static bool
open_at(const char *root, const char *path, FILE **file_out)
{
    char full[PATH_SIZE];
    int n = snprintf(full, sizeof full, "%s%s", root, path);
    if (n < 0 || (size_t)n >= sizeof full) {
        return false;
    }
    *file_out = fopen(full, "re");
    return *file_out != NULL;
}

/* The process's group: line "0::/path" in version 2, "4:cpu,cpuacct:/path" in
   version 1. */
static bool
find_path(const char *root, bool is_v2, char path[PATH_SIZE])
{
    FOVEA_AUTO(close_file) FILE *file = NULL;
    if (!open_at(root, "/proc/self/cgroup", &file)) {
        return false;
    }
    bool found = false;
    FOVEA_AUTO_FREE char *line = NULL;
    size_t size = 0;
    while (!found && getline(&line, &size, file) > 0) {
        line[strcspn(line, "\n")] = '\0';
        char *controllers = strchr(line, ':');
        char *group = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!group || strlen(group + 1) >= PATH_SIZE) {
            continue;
        }
        *group = '\0';
        controllers++;
        if (is_v2 ? *controllers == '\0' : has_word(controllers, "cpu")) {
            memcpy(path, group + 1, strlen(group + 1) + 1);
            found = true;
        }
    }
    return found;
}

/* Words of a mountinfo line that matter here. */
struct mount {
    const char *root;
    const char *point;
    const char *type;
    const char *options;
};

/* "36 35 98:0 /root /point rw,noatime master:1 - type source options" */
static bool
parse_mount(char *line, struct mount *mount_out)
{
    struct mount mount = { 0 };
    char *rest = NULL;
    int n_before = 0;
    int n_after = -1; /* words since the lone "-" */
    for (char *word = strtok_r(line, " \n", &rest); word;
            word = strtok_r(NULL, " \n", &rest)) {
        if (n_after >= 0) {
            n_after++;
            mount.type = n_after == 1 ? word : mount.type;
            mount.options = n_after == 3 ? word : mount.options;
        } else if (strcmp(word, "-") == 0) {
            n_after = 0;
        } else {
            n_before++;
            mount.root = n_before == 4 ? word : mount.root;
            mount.point = n_before == 5 ? word : mount.point;
        }
    }
    *mount_out = mount;
    return mount.root && mount.point && mount.type && mount.options;
}

/* What of the group's path stands below the mount point. */
static const char *
below(const char *mount_root, const char *path)
{
    size_t size = strcmp(mount_root, "/") == 0 ? 0 : strlen(mount_root);
    if (strncmp(path, mount_root, size) != 0 ||
            (path[size] != '/' && path[size] != '\0')) {
        return ""; /* another container's view: only the mount is ours */
    }
    return strcmp(path + size, "/") == 0 ? "" : path + size;
}

static bool
find_group(const char *root, bool is_v2, struct group *group_out)
{
    char path[PATH_SIZE];
    FOVEA_AUTO(close_file) FILE *file = NULL;
    if (!find_path(root, is_v2, path) ||
            !open_at(root, "/proc/self/mountinfo", &file)) {
        return false;
    }
    bool found = false;
    FOVEA_AUTO_FREE char *line = NULL;
    size_t size = 0;
    while (!found && getline(&line, &size, file) > 0) {
        struct mount mount;
        if (!parse_mount(line, &mount)) {
            continue;
        }
        found = is_v2 ? strcmp(mount.type, "cgroup2") == 0
                      : strcmp(mount.type, "cgroup") == 0 &&
                        has_word(mount.options, "cpu");
        if (found) {
            int n = snprintf(group_out->mount, sizeof group_out->mount, "%s%s",
                    root, mount.point);
            int m = snprintf(group_out->relative, sizeof group_out->relative,
                    "%s", below(mount.root, path));
            found = n >= 0 && (size_t)n < sizeof group_out->mount && m >= 0 &&
                    (size_t)m < sizeof group_out->relative;
        }
    }
    return found;
}

/* Read up to n numbers of a file of one line; "max" and -1 end it. */
static size_t
read_numbers(const struct group *group, const char *name, size_t n,
        uint64_t *numbers)
{
    char path[PATH_SIZE];
    int size = snprintf(path, sizeof path, "%s%s/%s", group->mount,
            group->relative, name);
    if (size < 0 || (size_t)size >= sizeof path) {
        return 0;
    }
    FOVEA_AUTO(close_file) FILE *file = fopen(path, "re");
    char line[64] = "";
    if (!file || !fgets(line, sizeof line, file)) {
        return 0;
    }
    size_t n_read = 0;
    char *at = line;
    while (n_read < n && *at >= '0' && *at <= '9') {
        char *end = NULL;
        numbers[n_read++] = strtoull(at, &end, 10);
        at = end + (*end == ' ');
    }
    return n_read;
}

/* CPUs' worth that one group allows; 0 if it has no quota. */
static unsigned
group_quota(const struct group *group, bool is_v2)
{
    uint64_t time[2] = { 0, 0 }; /* quota, period */
    if (is_v2) {
        if (read_numbers(group, "cpu.max", 2, time) != 2) {
            return 0;
        }
    } else if (read_numbers(group, "cpu.cfs_quota_us", 1, &time[0]) < 1 ||
            read_numbers(group, "cpu.cfs_period_us", 1, &time[1]) < 1) {
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
    struct group group;
    if (!find_group(root, is_v2, &group)) {
        return 0;
    }
    unsigned quota = group_quota(&group, is_v2);
    for (char *slash; (slash = strrchr(group.relative, '/'));) {
        *slash = '\0';
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
