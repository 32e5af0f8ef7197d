/* What a failed system call on a file or folder comes to. */
#ifndef FOVEA_SYS_FILE_STATUS_H
#define FOVEA_SYS_FILE_STATUS_H

#include "fovea/status.h"

/** FOVEA_ERR_FILE_DENIED; FOVEA_ERR_DISK_FULL, of a quota and of ulimit -f too;
 *  else FOVEA_ERR_IO. error: an errno. */
enum fovea_status fovea_file_status(int error);

#endif
