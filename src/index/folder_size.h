/* The room that an index takes. */
#ifndef FOVEA_INDEX_FOLDER_SIZE_H
#define FOVEA_INDEX_FOLDER_SIZE_H

#include <stdint.h>

/** Bytes on the disk of the files of an index folder, its segments included. */
uint64_t fovea_folder_size(int folder_fd);

#endif
