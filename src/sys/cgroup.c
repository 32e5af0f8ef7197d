/* Control groups: see cgroup.h. */
#include "sys/cgroup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/number.h"

enum {
    PATH_SIZE = FOVEA_CGROUP_PATH_SIZE
};

FOVEA_DEFINE_AUTO(FILE *, fclose);

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
find_path(const char *root, const char *controller, char path[PATH_SIZE])
{
    FOVEA_AUTO(fclose_auto) FILE *file = NULL;
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
        if (controller ? has_word(controllers, controller)
                       : *controllers == '\0') {
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

bool
fovea_cgroup_find(const char *root, const char *controller,
        struct fovea_cgroup *group_out)
{
    char path[PATH_SIZE];
    FOVEA_AUTO(fclose_auto) FILE *file = NULL;
    if (!find_path(root, controller, path) ||
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
        found = controller ? strcmp(mount.type, "cgroup") == 0 &&
                        has_word(mount.options, controller)
                           : strcmp(mount.type, "cgroup2") == 0;
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

bool
fovea_cgroup_go_up(struct fovea_cgroup *group)
{
    char *slash = strrchr(group->relative, '/');
    if (slash) {
        *slash = '\0';
    }
    return slash;
}

static bool
file_path(const struct fovea_cgroup *group, const char *file,
        char path[PATH_SIZE])
{
    int size = snprintf(path, PATH_SIZE, "%s%s/%s", group->mount,
            group->relative, file);
    return size >= 0 && size < PATH_SIZE;
}

size_t
fovea_cgroup_read(const struct fovea_cgroup *group, const char *file, size_t n,
        uint64_t *numbers)
{
    char path[PATH_SIZE];
    if (!file_path(group, file, path)) {
        return 0;
    }
    FOVEA_AUTO(fclose_auto) FILE *stream = fopen(path, "re");
    char line[64] = "";
    if (!stream || !fgets(line, sizeof line, stream)) {
        return 0;
    }
    size_t n_read = 0;
    const char *at = line;
    while (n_read < n && fovea_number_scan(&at, &numbers[n_read])) {
        n_read++;
        at += *at == ' ';
    }
    return n_read;
}

bool
fovea_field_read(const char *path, const char *name, uint64_t *number_out)
{
    FOVEA_AUTO(fclose_auto) FILE *stream = fopen(path, "re");
    size_t length = strlen(name);
    FOVEA_AUTO_FREE char *line = NULL;
    size_t size = 0;
    while (stream && getline(&line, &size, stream) > 0) {
        if (strncmp(line, name, length) != 0 ||
                (line[length] != ' ' && line[length] != ':')) {
            continue;
        }
        const char *at = line + length + strspn(line + length, ": \t");
        return fovea_number_scan(&at, number_out);
    }
    return false;
}

bool
fovea_cgroup_read_field(const struct fovea_cgroup *group, const char *file,
        const char *name, uint64_t *number_out)
{
    char path[PATH_SIZE];
    return file_path(group, file, path) &&
            fovea_field_read(path, name, number_out);
}
