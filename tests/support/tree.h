/* Folders that tests fill and empty. */
#ifndef FOVEA_SUPPORT_TREE_H
#define FOVEA_SUPPORT_TREE_H

#include <stdlib.h>
#include <unistd.h>

/** Remove everything below root, and follow no link. 0, or nftw()'s failure. */
int tree_empty(const char *root);

/** Write a file below root, with the directories above it. path begins with a
 *  slash. 0 or -1. */
int tree_put(const char *root, const char *path, const char *text);

/** Make a folder in memory, where what is synced costs nothing, or in /tmp where
 *  there is no such place. root: "/dev/shm/fovea-...-XXXXXX". */
int tree_make_in_memory(char *root);

/** For a group of tests: make_root(), empty_root() and remove_root() of a folder,
 *  whose name is an array that ends in XXXXXX. */
#define TREE_FIXTURE(root) TREE_FIXTURE_IF(root, mkdtemp(root))

/** The same; the folder is the working directory as well. */
#define TREE_FIXTURE_INSIDE(root) \
    TREE_FIXTURE_IF(root, mkdtemp(root) && chdir(root) == 0)

/** The same in memory, as the working directory. */
#define TREE_FIXTURE_IN_MEMORY(root) \
    TREE_FIXTURE_IF(root, tree_make_in_memory(root) == 0 && chdir(root) == 0)

#define TREE_FIXTURE_IF(root, is_made)   \
    static int make_root(void **state)   \
    {                                    \
        (void)state;                     \
        return (is_made) ? 0 : -1;       \
    }                                    \
    static int empty_root(void **state)  \
    {                                    \
        (void)state;                     \
        return tree_empty(root);         \
    }                                    \
    static int remove_root(void **state) \
    {                                    \
        (void)state;                     \
        return rmdir(root);              \
    }

#endif
