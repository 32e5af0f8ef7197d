/* See index_alone.h. */
#include "cli/index_alone.h"

#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "cli/index_place.h"
#include "index/contents.h"
#include "index/folder.h"
#include "index/roots.h"
#include "indexing/remove.h"
#include "indexing/root.h"

/* What the folders are that lie at or below a path now. */
static enum fovea_status
identify(struct fovea_index_folder *folder, const char *path, size_t *n_out,
        struct fovea_error *err)
{
    FOVEA_AUTO_FREE struct fovea_index_root *roots = NULL;
    size_t n = 0;
    size_t size = strlen(path);
    enum fovea_status status = fovea_index_roots(folder, &roots, &n, err);
    *n_out = 0;
    for (size_t i = 0; !status && i < n; i++) {
        const char *rest = roots[i].path + size;
        struct fovea_root root = FOVEA_ROOT_INIT;
        int64_t id = 0;
        if (strncmp(roots[i].path, path, size) != 0 ||
                (*rest && *rest != '/')) {
            continue;
        }
        status = fovea_root_open(roots[i].path, &root, err);
        if (!status) {
            status = fovea_index_root_put(folder, roots[i].path, root.device,
                    root.inode, &id, err);
        }
        fovea_root_finish(&root);
        *n_out += !status;
    }
    return status;
}

int
fovea_index_alone_relocate(const struct fovea_index_request *request,
        struct fovea_index_folder *folder)
{
    struct fovea_error error;
    FOVEA_AUTO_FREE char *from = NULL;
    FOVEA_AUTO_FREE char *to = NULL;
    size_t n = 0;
    enum fovea_status status =
            fovea_whole_path(request->relocate, &from, &error);
    if (!status) {
        status = fovea_whole_path(request->words[0], &to, &error);
    }
    if (!status && strcmp(from, to) != 0) {
        status = fovea_index_relocate(folder, from, to, &n, &error);
    }
    if (!status) {
        status = identify(folder, to, &n, &error);
    }
    if (!status && n == 0) {
        status = fovea_fail(&error, FOVEA_ERR_NO_ITEM,
                "%s: no indexed folder is there", from);
    }
    if (!status) {
        status = fovea_index_commit(folder, &error);
    }
    if (status) {
        return fovea_cli_fail(&error);
    }
    if (!request->quiet) {
        fovea_cli_report("%zu %s now at or below %s", n,
                n == 1 ? "folder is" : "folders are", to);
    }
    return FOVEA_EXIT_OK;
}

int
fovea_index_alone_remove(const struct fovea_index_request *request,
        struct fovea_index_folder *folder)
{
    struct fovea_error error;
    struct fovea_removed all = { 0 };
    uint64_t n_contents = 0;
    int code = FOVEA_EXIT_OK;
    for (size_t i = 0; i < request->remove.n; i++) {
        FOVEA_AUTO_FREE char *path = NULL;
        struct fovea_removed removed = { 0 };
        enum fovea_status status =
                fovea_whole_path(request->remove.all[i], &path, &error);
        if (!status) {
            status = fovea_remove(folder, request->remove.all[i], path,
                    &removed, &error);
        }
        if (status) {
            code = fovea_cli_fail(&error);
        }
        if (status && status != FOVEA_ERR_NO_ITEM) {
            return code;
        }
        all.n_files += removed.n_files;
        all.n_items += removed.n_items;
    }
    enum fovea_status status = fovea_index_sweep(folder, &n_contents, &error);
    if (!status) {
        status = fovea_index_commit(folder, &error);
    }
    if (status) {
        return fovea_cli_fail(&error);
    }
    if (!request->quiet) {
        fovea_cli_report("removed %" PRIu64 " files and %" PRIu64 " items",
                all.n_files, all.n_items);
    }
    FOVEA_AUTO(fovea_text_finish) struct fovea_text line = { 0 };
    fovea_text_format(&line,
            "{\"removed_files\":%" PRIu64 ",\"removed_items\":%" PRIu64 "}\n",
            all.n_files, all.n_items);
    int printed = request->json ? fovea_cli_print_text(&line) : FOVEA_EXIT_OK;
    return printed ? printed : code;
}
