/* See local_file.h. */
#include "archive/local_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

enum fovea_status
fovea_local_file_open(const char *path, struct fovea_local_file *file_out,
        struct fovea_error *err)
{
    enum fovea_status status =
            fovea_input_open_file(path, &file_out->input, err);
    if (!status && fstat(file_out->input.fd, &file_out->info)) {
        status = fovea_fail_errno(err, FOVEA_ERR_IO, errno,
                "%s: cannot be looked at", path);
        fovea_local_file_close(file_out);
    }
    return status;
}

void
fovea_local_file_close(struct fovea_local_file *file)
{
    fovea_input_finish(&file->input);
}

void
fovea_local_file_describe(const struct fovea_local_file *file,
        struct fovea_archive_info *info_out)
{
    const struct timespec *time = &file->info.st_mtim;
    *info_out = (struct fovea_archive_info){
        .size = (uint64_t)file->info.st_size,
        .is_file = true,
    };
    (void)snprintf(info_out->version, sizeof info_out->version,
            "%" PRId64 ".%09ld-%" PRIu64, (int64_t)time->tv_sec, time->tv_nsec,
            info_out->size);
}

enum fovea_status
fovea_local_file_expect(const struct fovea_local_file *file,
        const char *version, struct fovea_error *err)
{
    struct fovea_archive_info info;
    fovea_local_file_describe(file, &info);
    return !version || strcmp(version, info.version) == 0
            ? FOVEA_OK
            : fovea_fail(err, FOVEA_ERR_ARCHIVE_CHANGED,
                      "it was changed: its time and size are %s, and were "
                      "%.60s",
                      info.version, version);
}

enum fovea_status
fovea_local_file_check(const struct fovea_local_file *file,
        struct fovea_error *err)
{
    const struct stat *then = &file->info;
    struct stat now;
    if (fstat(file->input.fd, &now) == 0 && now.st_size == then->st_size &&
            now.st_mtim.tv_sec == then->st_mtim.tv_sec &&
            now.st_mtim.tv_nsec == then->st_mtim.tv_nsec) {
        return FOVEA_OK;
    }
    return fovea_fail(err, FOVEA_ERR_ARCHIVE_CHANGED,
            "it was written to while it was read");
}
