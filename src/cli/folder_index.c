/* See folder_index.h. */
#include "cli/folder_index.h"

#include <string.h>

#include "base/error.h"
#include "cli/index_place.h"
#include "cli/index_run.h"
#include "cli/nearest_index.h"
#include "index/roots.h"

FOVEA_DEFINE_AUTO(struct fovea_index_folder *, fovea_index_folder_close);

/* Whether an index has files of a folder, by its whole path: it is below one of
   the roots, or the other way round. */
static enum fovea_status
has_folder(struct fovea_index_folder *index, const char *path, bool *has_out,
        struct fovea_error *err)
{
    FOVEA_AUTO_FREE struct fovea_index_root *roots = NULL;
    size_t n = 0;
    enum fovea_status status = fovea_index_roots(index, &roots, &n, err);
    *has_out = false;
    for (size_t i = 0; i < n && !status; i++) {
        const struct fovea_index_filter in_root = { .below = roots[i].path };
        const struct fovea_index_filter in_path = { .below = path };
        *has_out = *has_out || strcmp(path, roots[i].path) == 0 ||
                fovea_index_filter_is_below(&in_root, path) ||
                fovea_index_filter_is_below(&in_path, roots[i].path);
    }
    return status;
}

/* Make the index of a folder. The exit code. */
static int
index_first(const struct fovea_search_request *request, const char *path)
{
    struct fovea_error error;
    FOVEA_AUTO_FREE char *place = fovea_index_in(path);
    FOVEA_AUTO(fovea_index_folder_close_auto)
    struct fovea_index_folder *folder = NULL;
    const struct fovea_index_request wanted = {
        .quiet = request->quiet,
        .verbose = request->verbose,
        .no_progress = request->no_progress,
    };
    const struct fovea_filter filter = { .include = { .n = 0 } };
    struct fovea_update_settings update = {
        .models = { .options = &request->options, .store = FOVEA_STORE_F32 },
        .roots = &path,
        .n_roots = 1,
        .filter = &filter,
    };
    fovea_value_default(&fovea_option_rows[FOVEA_OPTION_COMMIT_TIME],
            &update.commit_ns, sizeof update.commit_ns);
    enum fovea_status status = place
            ? fovea_index_folder_open(place, FOVEA_INDEX_CREATE, &folder,
                      &error)
            : fovea_fail_memory(&error, strlen(path), "a path");
    if (status) {
        return fovea_cli_fail(&error);
    }
    update.folder = folder;
    return fovea_index_run(&wanted, &update);
}

int
fovea_folder_index_open(const struct fovea_search_request *request,
        const char *path, struct fovea_index_folder **folder_out)
{
    struct fovea_error error;
    FOVEA_AUTO_FREE char *place = NULL;
    bool has = false;
    enum fovea_status status = fovea_nearest_index(NULL, path, &place, &error);
    if (!status) {
        status = fovea_index_folder_open(place, FOVEA_INDEX_READ, folder_out,
                &error);
    }
    if (!status) {
        status = has_folder(*folder_out, path, &has, &error);
    }
    if (has || (status && status != FOVEA_ERR_INDEX_NOT_FOUND)) {
        return status ? fovea_cli_fail(&error) : FOVEA_EXIT_OK;
    }
    fovea_index_folder_close(*folder_out);
    *folder_out = NULL;
    free(FOVEA_TAKE(place));
    int exit_code = index_first(request, path);
    if (exit_code && exit_code != FOVEA_EXIT_SOME_BAD) {
        return exit_code;
    }
    place = fovea_index_in(path);
    status = place ? fovea_index_folder_open(place, FOVEA_INDEX_READ,
                             folder_out, &error)
                   : fovea_fail_memory(&error, strlen(path), "a path");
    return status ? fovea_cli_fail(&error) : FOVEA_EXIT_OK;
}
