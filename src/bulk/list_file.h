/* The file that a list is read from: see list.h. */
#ifndef FOVEA_BULK_LIST_FILE_H
#define FOVEA_BULK_LIST_FILE_H

#include "fovea/export.h"
#include "fovea/status.h"

/**
 * Open a file or a pipe, or take standard input for "-". A pipe that nobody
 * writes to yet is waited for.
 *
 * @param fd_out  To be ended with fovea_list_file_close().
 * @return FOVEA_OK; FOVEA_ERR_FILE_NOT_FOUND, FOVEA_ERR_FILE_DENIED,
 *         FOVEA_ERR_NOT_A_FILE (a directory), FOVEA_ERR_IO. The message names
 *         the path.
 */
FOVEA_NODISCARD enum fovea_status fovea_list_file_open(const char *path,
        int *fd_out, struct fovea_error *err);

/** Close it unless it is standard input, or -1. */
void fovea_list_file_close(int fd);

/** What messages call it: the path, or "standard input". */
const char *fovea_list_file_name(const char *path);

#endif
