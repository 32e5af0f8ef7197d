/* How a file begins. */
#ifndef FOVEA_BULK_FILE_HEAD_H
#define FOVEA_BULK_FILE_HEAD_H

#include <stdbool.h>
#include <stddef.h>

/** Read up to size bytes of a file's beginning; returns how many. */
size_t fovea_file_head(const char *path, char *head, size_t size);

/** Whether a file begins as fovea writes arrays (store/npy.h). */
bool fovea_file_is_npy(const char *path);

#endif
