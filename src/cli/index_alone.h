/* What `fovea index` does to an index without an update. Exit codes. */
#ifndef FOVEA_CLI_INDEX_ALONE_H
#define FOVEA_CLI_INDEX_ALONE_H

#include "cli/index_request.h"

struct fovea_index_folder;

int fovea_index_alone_relocate(const struct fovea_index_request *request,
        struct fovea_index_folder *folder);

int fovea_index_alone_remove(const struct fovea_index_request *request,
        struct fovea_index_folder *folder);

#endif
