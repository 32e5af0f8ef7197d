/* See index_target.h. */
#include "cli/index_target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "cli/index_place.h"
#include "index/files.h"
#include "index/roots.h"

static enum fovea_status
refuse(const char *path, const char *what, const struct fovea_target *target,
        struct fovea_error *err)
{
    return fovea_fail(err, FOVEA_ERR_OUTPUT_REFUSED,
            "%s is %s, which is never replaced: give %s another name", path,
            what, target->form->flag ? target->form->flag : "-o");
}

/* What of a whole path is below a folder; NULL: it is not. */
static const char *
rest_below(const char *folder, const char *path)
{
    size_t size = strlen(folder);
    size -= size > 0 && folder[size - 1] == '/';
    return strncmp(folder, path, size) == 0 && path[size] == '/'
            ? path + size + 1
            : NULL;
}

static enum fovea_status
check_path(struct fovea_index_folder *folder, const char *path,
        const struct fovea_target *target, struct fovea_error *err)
{
    FOVEA_AUTO_FREE struct fovea_index_root *roots = NULL;
    size_t n = 0;
    if (rest_below(fovea_index_folder_path(folder), path)) {
        return refuse(path, "in the folder of the index", target, err);
    }
    enum fovea_status status = fovea_index_roots(folder, &roots, &n, err);
    for (size_t i = 0; !status && i < n; i++) {
        const struct fovea_index_file *file = NULL;
        const char *rest = rest_below(roots[i].path, path);
        if (!rest) {
            continue;
        }
        status = fovea_index_file_get(folder, roots[i].id, rest, &file, err);
        if (!status && file->content) {
            return refuse(path, "a picture of the index", target, err);
        }
        if (status == FOVEA_ERR_NO_ITEM) {
            fovea_error_clear(err);
            status = FOVEA_OK;
        }
    }
    return status;
}

/* The whole path of a name, which may be a link: of itself. */
static enum fovea_status
find_name(const char *path, char **whole_out, struct fovea_error *err)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    FOVEA_AUTO_FREE char *above =
            slash ? strndup(path, (size_t)(name - path)) : strdup(".");
    FOVEA_AUTO_FREE char *folder = NULL;
    if (!above) {
        return fovea_fail_memory(err, strlen(path), "a path");
    }
    enum fovea_status status = fovea_whole_path(above, &folder, err);
    if (!status &&
            asprintf(whole_out, "%s/%s", strcmp(folder, "/") == 0 ? "" : folder,
                    name) < 0) {
        *whole_out = NULL;
        status = fovea_fail_memory(err, strlen(path), "a path");
    }
    return status;
}

enum fovea_status
fovea_index_target_check(struct fovea_index_folder *folder,
        const struct fovea_target *target, struct fovea_error *err)
{
    enum fovea_status status = FOVEA_OK;
    for (size_t i = 0; !status && i < target->n_files; i++) {
        FOVEA_AUTO_FREE char *named = NULL;
        FOVEA_AUTO_FREE char *led = NULL;
        status = find_name(target->files[i].path, &named, err);
        if (!status) {
            status = check_path(folder, named, target, err);
        }
        if (!status) {
            status = fovea_whole_path(target->files[i].path, &led, err);
        }
        if (!status) {
            status = check_path(folder, led, target, err);
        }
    }
    return status;
}
