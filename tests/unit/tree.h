/* Folders that tests fill and empty. */
#ifndef FOVEA_TESTS_UNIT_TREE_H
#define FOVEA_TESTS_UNIT_TREE_H

/** Remove everything below root, and follow no link. 0, or nftw()'s failure. */
int tree_empty(const char *root);

#endif
