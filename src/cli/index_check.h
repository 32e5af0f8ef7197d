/* `fovea index --check` and `--compact`: what goes through all vectors. Exit
   codes. */
#ifndef FOVEA_CLI_INDEX_CHECK_H
#define FOVEA_CLI_INDEX_CHECK_H

#include "cli/index_request.h"

struct fovea_index_folder;

/** Look for damage, in an index that may not be one that can be opened. */
int fovea_index_check_alone(const struct fovea_index_request *request,
        const char *path);

int fovea_index_compact_alone(const struct fovea_index_request *request,
        struct fovea_index_folder *folder);

#endif
