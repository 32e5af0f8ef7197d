/* index.sqlite.new, which is to become index.sqlite once it is whole. */
#ifndef FOVEA_INDEX_DRAFT_H
#define FOVEA_INDEX_DRAFT_H

/** Remove what a killed process may have left of one. */
void fovea_draft_remove(int folder_fd);

#endif
