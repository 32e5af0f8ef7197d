/* An archive before it is read: fovea_archive_look(). */
#include <stdio.h>

#include "archive/archive.h"
#include "archive/local_file.h"
#include "archive/terms.h"

static enum fovea_status
look_at_file(const char *path, struct fovea_archive_info *info_out,
        struct fovea_error *err)
{
    struct fovea_local_file file = FOVEA_LOCAL_FILE_INIT;
    enum fovea_status status = fovea_local_file_open(path, &file, err);
    if (!status) {
        fovea_local_file_describe(&file, info_out);
    }
    fovea_local_file_close(&file);
    return status;
}

static bool
pass_over(void *context, const void *bytes, size_t n, struct fovea_error *err)
{
    (void)context;
    (void)bytes;
    (void)n;
    (void)err;
    return true;
}

/* A byte of it is asked for: not every server answers HEAD. */
static enum fovea_status
look_elsewhere(const struct fovea_archive_settings *settings,
        struct fovea_archive_info *info_out, struct fovea_error *err)
{
    const struct fovea_s3_range range = { .size = 1 };
    struct fovea_archive_terms terms;
    struct fovea_s3_object object = { 0 };
    struct fovea_s3 *s3 = NULL;
    enum fovea_status status = fovea_archive_agree(settings, &terms, err);
    if (!status) {
        status = fovea_archive_allow(&terms, settings->name, err);
    }
    if (!status) {
        status = fovea_s3_create(&terms.remote, &s3, err);
    }
    if (!status) {
        status = fovea_s3_read_url(s3, settings->name, &range, pass_over, NULL,
                &object, err);
    }
    fovea_s3_destroy(s3);
    if (!status) {
        *info_out = (struct fovea_archive_info){ .size = object.size };
        (void)snprintf(info_out->version, sizeof info_out->version, "%s",
                object.etag);
    }
    return status;
}

enum fovea_status
fovea_archive_look(const struct fovea_archive_settings *settings,
        struct fovea_archive_info *info_out, struct fovea_error *err)
{
    return fovea_archive_is_remote(settings->name)
            ? look_elsewhere(settings, info_out, err)
            : look_at_file(settings->name, info_out, err);
}
