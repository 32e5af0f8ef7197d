/* See tree.h. */
#include "tree.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum {
    N_OPEN = 8
};

static int
remove_entry(const char *path, const struct stat *info, int type,
        struct FTW *position)
{
    (void)info;
    (void)type;
    return position->level == 0 ? 0 : remove(path);
}

int
tree_empty(const char *root)
{
    return nftw(root, remove_entry, N_OPEN, FTW_DEPTH | FTW_PHYS);
}

int
tree_put(const char *root, const char *path, const char *text)
{
    char full[512];
    int size = snprintf(full, sizeof full, "%s%s", root, path);
    if (size < 0 || (size_t)size >= sizeof full) {
        return -1;
    }
    for (char *slash = full + strlen(root) + 1; (slash = strchr(slash, '/'));
            slash++) {
        *slash = '\0';
        if (mkdir(full, 0700) != 0 && errno != EEXIST) {
            return -1;
        }
        *slash = '/';
    }
    FILE *file = fopen(full, "we");
    if (!file) {
        return -1;
    }
    int result = fputs(text, file);
    return fclose(file) != 0 || result < 0 ? -1 : 0;
}

int
tree_make_in_memory(char *root)
{
    static const char memory[] = "/dev/shm/";
    static const char disk[] = "/tmp/";
    if (!mkdtemp(root)) {
        size_t rest = strlen(root + sizeof memory - 1) + 1;
        memmove(root + sizeof disk - 1, root + sizeof memory - 1, rest);
        memcpy(root, disk, sizeof disk - 1);
        /* What stood for the X may be gone. */
        memset(root + strlen(root) - 6, 'X', 6);
        return mkdtemp(root) ? 0 : -1;
    }
    return 0;
}
