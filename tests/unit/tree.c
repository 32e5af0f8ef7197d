/* See tree.h. */
#include "tree.h"

#include <ftw.h>
#include <stdio.h>

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
