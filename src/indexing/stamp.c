/* See stamp.h. */
#include "indexing/stamp.h"

#include "base/clock.h"

struct fovea_stamp
fovea_stamp_of(const struct stat *info)
{
    return (struct fovea_stamp){
        .size_bytes = (uint64_t)info->st_size,
        .mtime_ns = (int64_t)info->st_mtim.tv_sec * FOVEA_NS_PER_S +
                info->st_mtim.tv_nsec,
        .inode = info->st_ino,
    };
}

bool
fovea_stamp_equal(const struct fovea_stamp *a, const struct fovea_stamp *b)
{
    return a->size_bytes == b->size_bytes && a->mtime_ns == b->mtime_ns &&
            a->inode == b->inode;
}

int64_t
fovea_stamp_wait_ns(const struct fovea_stamp *stamp, int64_t now_ns)
{
    bool is_whole = stamp->mtime_ns % FOVEA_NS_PER_S == 0;
    int64_t step_ns =
            is_whole ? FOVEA_STAMP_WHOLE_STEP_NS : FOVEA_STAMP_STEP_NS;
    int64_t age_ns = 0;
    bool is_recent =
            !__builtin_sub_overflow(now_ns, stamp->mtime_ns, &age_ns) &&
            age_ns >= 0 && age_ns < step_ns;
    return is_recent ? step_ns - age_ns : 0;
}
