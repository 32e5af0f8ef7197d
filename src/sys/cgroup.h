/*
 * The control groups that the process is in, and the numbers in their files.
 *
 * /proc/self/cgroup says which group the process is in, /proc/self/mountinfo
 * where the groups' files are. In a container the mount often shows only a part
 * of the tree: what the mount's root and the group's path have in common is
 * then not to be looked for below the mount point.
 *
 * Source: cgroups(7), proc(5).
 */
#ifndef FOVEA_SYS_CGROUP_H
#define FOVEA_SYS_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"

enum {
    FOVEA_CGROUP_PATH_SIZE = 2048 /* a group with a longer path is not found */
};

/* Where one group's files are. */
struct fovea_cgroup {
    char mount[FOVEA_CGROUP_PATH_SIZE];    /* with the root before it */
    char relative[FOVEA_CGROUP_PATH_SIZE]; /* below mount, "" or "/a/b" */
};

/**
 * The process's own group.
 *
 * @param root        Put before /proc and every mount point; "" for the
 *                    machine, the path of a fake tree in tests.
 * @param controller  Of version 1 ("cpu", "memory"); NULL: version 2.
 */
FOVEA_NODISCARD bool fovea_cgroup_find(const char *root, const char *controller,
        struct fovea_cgroup *group_out);

/** On to the group above; false if that one cannot be seen. */
FOVEA_NODISCARD bool fovea_cgroup_go_up(struct fovea_cgroup *group);

/** Read up to n numbers of a file of one line; "max", -1 and all other words
 *  end it. How many there were. */
size_t fovea_cgroup_read(const struct fovea_cgroup *group, const char *file,
        size_t n, uint64_t *numbers);

/** The number behind a name in a file of lines like "name 123" or "name: 123
 *  kB"; false if there is none. path: whole, with the root before it. */
FOVEA_NODISCARD bool fovea_field_read(const char *path, const char *name,
        uint64_t *number_out);

/** The same of a group's file. */
FOVEA_NODISCARD bool fovea_cgroup_read_field(const struct fovea_cgroup *group,
        const char *file, const char *name, uint64_t *number_out);

#endif
