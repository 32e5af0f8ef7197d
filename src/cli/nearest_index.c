/* See nearest_index.h. */
#include "cli/nearest_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "cli/index_place.h"
#include "index/folder.h"

/* The index in a folder; NULL: there is none, or no memory. */
static char *
index_in(const char *folder)
{
    char *path = fovea_index_in(folder);
    if (path && !fovea_index_folder_is_there(path)) {
        free(path);
        return NULL;
    }
    return path;
}

static enum fovea_status
take_given(const char *given, char **path_out, struct fovea_error *err)
{
    bool is_index = fovea_index_folder_is_there(given);
    char *path = is_index ? strdup(given) : index_in(given);
    if (!path && is_index) {
        return fovea_fail_memory(err, strlen(given), "a path");
    }
    if (!path) {
        return fovea_fail(err, FOVEA_ERR_INDEX_NOT_FOUND,
                "-i %s: there is no index, nor one in it; fovea index makes one",
                given);
    }
    *path_out = path;
    return FOVEA_OK;
}

enum fovea_status
fovea_nearest_index(const char *given, const char *start, char **path_out,
        struct fovea_error *err)
{
    if (given) {
        return take_given(given, path_out, err);
    }
    FOVEA_AUTO_FREE char *folder = realpath(start, NULL);
    if (!folder) {
        enum fovea_status code = errno == ENOENT || errno == ENOTDIR
                ? FOVEA_ERR_FILE_NOT_FOUND
                : errno == EACCES ? FOVEA_ERR_FILE_DENIED
                                  : FOVEA_ERR_IO;
        return fovea_fail_errno(err, code, errno, "%s", start);
    }
    for (;;) {
        *path_out = index_in(folder);
        if (*path_out) {
            return FOVEA_OK;
        }
        char *slash = strrchr(folder, '/');
        if (slash == folder && folder[1] == '\0') {
            return fovea_fail(err, FOVEA_ERR_INDEX_NOT_FOUND,
                    "there is no index in %s, nor above it: fovea index DIR "
                    "makes one in DIR, and -i names one elsewhere",
                    strcmp(start, ".") == 0 ? "this folder" : start);
        }
        slash[slash == folder] = '\0';
    }
}

enum fovea_status
fovea_nearest_index_open(bool is_central, const char *given,
        struct fovea_index_folder **folder_out, struct fovea_error *err)
{
    FOVEA_AUTO_FREE char *path = NULL;
    enum fovea_status status = is_central
            ? fovea_central_index(&path, err)
            : fovea_nearest_index(given, ".", &path, err);
    return status
            ? status
            : fovea_index_folder_open(path, FOVEA_INDEX_READ, folder_out, err);
}
