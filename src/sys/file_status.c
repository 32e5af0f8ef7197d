/* See file_status.h. */
#include "sys/file_status.h"

#include <errno.h>

enum fovea_status
fovea_file_status(int error)
{
    switch (error) {
    case EACCES:
    case EPERM:
    case EROFS:
        return FOVEA_ERR_FILE_DENIED;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return FOVEA_ERR_DISK_FULL;
    default:
        return FOVEA_ERR_IO;
    }
}
