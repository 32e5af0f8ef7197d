/* Folders that tests fill and empty. */
#ifndef FOVEA_SUPPORT_TREE_H
#define FOVEA_SUPPORT_TREE_H

/** Remove everything below root, and follow no link. 0, or nftw()'s failure. */
int tree_empty(const char *root);

/** Write a file below root, with the directories above it. path begins with a
 *  slash. 0 or -1. */
int tree_put(const char *root, const char *path, const char *text);

#endif
