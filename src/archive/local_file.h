/* Inside of archive/: an archive that is a file of this machine. */
#ifndef FOVEA_ARCHIVE_LOCAL_FILE_H
#define FOVEA_ARCHIVE_LOCAL_FILE_H

#include <sys/stat.h>

#include "archive/archive.h"
#include "sys/input.h"

struct fovea_local_file {
    struct fovea_input input; /* fd -1: none */
    struct stat info;         /* when it was opened */
};

#define FOVEA_LOCAL_FILE_INIT     \
    {                             \
        .input = FOVEA_INPUT_INIT \
    }

/** As fovea_input_open_file(). */
FOVEA_NODISCARD enum fovea_status fovea_local_file_open(const char *path,
        struct fovea_local_file *file_out, struct fovea_error *err);

/** Fine on one that was not opened, and twice. */
void fovea_local_file_close(struct fovea_local_file *file);

/** Fill in what is known of it. */
void fovea_local_file_describe(const struct fovea_local_file *file,
        struct fovea_archive_info *info_out);

/** FOVEA_ERR_ARCHIVE_CHANGED if it is not this version; NULL: any. */
FOVEA_NODISCARD enum fovea_status fovea_local_file_expect(
        const struct fovea_local_file *file, const char *version,
        struct fovea_error *err);

/** FOVEA_ERR_ARCHIVE_CHANGED if it was written to since it was opened. */
FOVEA_NODISCARD enum fovea_status fovea_local_file_check(
        const struct fovea_local_file *file, struct fovea_error *err);

#endif
