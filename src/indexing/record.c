/* See record.h. */
#include "indexing/record.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

bool
fovea_record_is_lasting(enum fovea_status failure)
{
    bool is_of_images = failure / 100 == 2; /* the group of status.def */
    return is_of_images || failure == FOVEA_ERR_WORKER_CRASHED ||
            failure == FOVEA_ERR_WORKER_TIMEOUT ||
            failure == FOVEA_ERR_FILE_NOT_FOUND; /* a link that leads nowhere */
}

enum fovea_reread
fovea_record_look(const struct fovea_reading *reading)
{
    struct stat info;
    if (fstatat(reading->root_fd, reading->path, &info, 0) &&
            fstatat(reading->root_fd, reading->path, &info,
                    AT_SYMLINK_NOFOLLOW)) {
        return FOVEA_REREAD_GONE;
    }
    const struct fovea_stamp stamp = fovea_stamp_of(&info);
    return fovea_stamp_equal(&stamp, &reading->stamp) ? FOVEA_REREAD_SAME
                                                      : FOVEA_REREAD_CHANGED;
}

enum fovea_status
fovea_record_put(struct fovea_index_folder *folder,
        const struct fovea_reading *reading, int64_t content,
        const struct fovea_error *failure, struct fovea_error *err)
{
    const struct fovea_index_file file = {
        .root = reading->root,
        .path = reading->path,
        .size_bytes = reading->stamp.size_bytes,
        .mtime_ns = reading->stamp.mtime_ns,
        .inode = reading->stamp.inode,
        .content = content,
        .failure = failure ? failure->code : FOVEA_OK,
        .message = failure ? failure->message : "",
        .failed_at_s = failure ? (int64_t)time(NULL) : 0,
    };
    return fovea_index_file_put(folder, &file, err);
}
