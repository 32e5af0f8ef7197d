/* `fovea index`: keep folders of pictures searchable. */
#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "cli/cli.h"
#include "cli/index_alone.h"
#include "cli/index_check.h"
#include "cli/index_place.h"
#include "cli/index_request.h"
#include "cli/index_run.h"
#include "cli/nearest_index.h"
#include "cli/option_flags.h"
#include "cli/watch.h"
#include "index/folder.h"
#include "indexing/root.h"

/* clang-format off */
static const char about[] =
        "Usage: fovea index [FLAGS] [DIR...]\n"
        "       fovea index --check | --compact [-i INDEX] [DIR]\n"
        "       fovea index --remove PATH|ID|GLOB [-i INDEX] [DIR]\n"
        "       fovea index --relocate OLD NEW [-i INDEX]\n"
        "\n"
        "Keep the pictures of folders in an index, for fovea search and fovea\n"
        "duplicates. The first run embeds them all; later ones only what is new or has\n"
        "changed, and remove what has gone. A file that was moved, renamed or copied is\n"
        "known by its bytes and not embedded again; one that failed is not tried again\n"
        "until it changes. A run may be ended at any moment: the next one goes on.\n"
        "\n"
        "DIR is a folder; what counts in it is as of fovea embed, and files that are no\n"
        "images are passed over. Without DIR, all folders that the index knows. The\n"
        "index is the folder .fovea in the first DIR, without -i and --central; it moves\n"
        "with DIR. Nothing but the index is written.\n"
        "\n"
        "A folder that is missing, empty or on another file system than it was is an\n"
        "error, and so is one of which more than half has gone: a disk that is not\n"
        "plugged in removes nothing. What --include and --exclude leave out stays in the\n"
        "index as it is.\n";

static const char notes[] =
        "Exit status: 0 the index is up to date; 3 it is, but for some files that are bad\n"
        "or folders that cannot be read; 2 wrong usage, an unknown model, no index there;\n"
        "1 it is not: a folder is missing (others are updated), another process writes to\n"
        "it, the disk is full, it is damaged; 130 and 143 after Ctrl-C and SIGTERM, what\n"
        "was done until then committed.\n"
        "\n"
        "Examples:\n"
        "  fovea index photos/\n"
        "  fovea index -m openai/clip-vit-base-patch32 photos/\n"
        "  fovea index --watch photos/\n"
        "  fovea index --central ~/Pictures /media/camera\n"
        "  fovea index --remove 'thumbs/*' photos/\n";
/* clang-format on */

/* Which index is meant: the user's own; what -i names, or the one in there; that of
   the first folder; or the nearest one. Owned by the caller. */
static enum fovea_status
choose_index(const struct fovea_index_request *request, char **path_out,
        struct fovea_error *err)
{
    if (request->is_central) {
        return fovea_central_index(path_out, err);
    }
    bool has_word = request->n_words > 0 && !request->relocate;
    if (!request->index && !has_word) {
        return fovea_nearest_index(NULL, ".", path_out, err);
    }
    const char *given = request->index ? request->index : request->words[0];
    FOVEA_AUTO_FREE char *inside = fovea_index_in(given);
    bool is_itself = request->index &&
            (fovea_index_folder_is_there(given) || !inside ||
                    !fovea_index_folder_is_there(inside));
    *path_out = is_itself ? strdup(given) : FOVEA_TAKE(inside);
    return *path_out ? FOVEA_OK
                     : fovea_fail_memory(err, strlen(given), "a path");
}

static void
free_paths(char ***paths)
{
    for (size_t i = 0; *paths && (*paths)[i]; i++) {
        free((*paths)[i]);
    }
    free(*paths);
}

/* Models that are directories are kept by their whole paths, roots too. */
static enum fovea_status
make_whole(const char *const *words, size_t n, bool only_folders, char **paths,
        struct fovea_error *err)
{
    enum fovea_status status = FOVEA_OK;
    for (size_t i = 0; !status && i < n; i++) {
        FOVEA_AUTO_FREE char *folder = realpath(words[i], NULL);
        if (only_folders && !folder) {
            paths[i] = strdup(words[i]);
            status = paths[i]
                    ? FOVEA_OK
                    : fovea_fail_memory(err, strlen(words[i]), "a model's key");
        } else {
            status = fovea_whole_path(words[i], &paths[i], err);
        }
    }
    return status;
}

static int
update(const struct fovea_index_request *request,
        struct fovea_index_folder *folder)
{
    struct fovea_error error;
    FOVEA_AUTO(free_paths)
    char **roots = calloc(request->n_words + 1, sizeof *roots);
    FOVEA_AUTO(free_paths)
    char **models = calloc(request->models.n + 1, sizeof *models);
    enum fovea_status status = roots && models
            ? make_whole(request->words, request->n_words, false, roots, &error)
            : fovea_fail_memory(&error, request->n_words, "the arguments");
    if (!status) {
        status = make_whole(request->models.all, request->models.n, true,
                models, &error);
    }
    if (status) {
        return fovea_cli_fail(&error);
    }
    const struct fovea_filter filter = {
        .include = { request->include.all, request->include.n },
        .exclude = { request->exclude.all, request->exclude.n },
    };
    struct fovea_update_settings settings = {
        .folder = folder,
        .models = {
            .options = &request->options,
            .keys = (const char *const *)models,
            .n_keys = request->models.n,
            .has_dtype = request->has_dtype,
            .has_pixels = request->has_pixels,
            .has_store = request->has_store,
            .store = request->is_f16 ? FOVEA_STORE_F16 : FOVEA_STORE_F32,
        },
        .roots = (const char *const *)roots,
        .n_roots = request->n_words,
        .filter = &filter,
        .keeps_missing = request->keeps_missing,
        .prunes = request->prunes,
        .retries = request->retries,
        .commit_ns = request->commit_ns,
    };
    return fovea_index_run(request, &settings);
}

FOVEA_DEFINE_AUTO(struct fovea_index_folder *, fovea_index_folder_close);

/* Before an index is made for them: whether the folders are there. */
static enum fovea_status
check_folders(const struct fovea_index_request *request,
        struct fovea_error *err)
{
    enum fovea_status status = FOVEA_OK;
    for (size_t i = 0; !status && i < request->n_words; i++) {
        struct fovea_root root = FOVEA_ROOT_INIT;
        status = fovea_root_open(request->words[i], &root, err);
        fovea_root_finish(&root);
    }
    return status;
}

static int
carry_out(const struct fovea_index_request *request)
{
    struct fovea_error error;
    FOVEA_AUTO_FREE char *path = NULL;
    FOVEA_AUTO(fovea_index_folder_close_auto)
    struct fovea_index_folder *folder = NULL;
    if (choose_index(request, &path, &error)) {
        return fovea_cli_fail(&error);
    }
    if (request->check) {
        return fovea_index_check_alone(request, path);
    }
    bool is_alone =
            request->compact || request->relocate || request->remove.n > 0;
    bool is_new = !is_alone && request->n_words > 0;
    enum fovea_index_access access = !is_new ? FOVEA_INDEX_WRITE
            : request->is_central            ? FOVEA_INDEX_CREATE_PRIVATE
                                             : FOVEA_INDEX_CREATE;
    bool is_made = is_new && !fovea_index_folder_is_there(path);
    if ((is_made && check_folders(request, &error)) ||
            fovea_index_folder_open(path, access, &folder, &error)) {
        return fovea_cli_fail(&error);
    }
    return request->compact     ? fovea_index_compact_alone(request, folder)
            : request->relocate ? fovea_index_alone_relocate(request, folder)
            : request->remove.n > 0 ? fovea_index_alone_remove(request, folder)
                                    : update(request, folder);
}

static int
run(const struct fovea_command *self, int argc, char **argv)
{
    FOVEA_AUTO(fovea_index_request_finish)
    struct fovea_index_request request = { .options = FOVEA_OPTIONS_INIT };
    struct fovea_error error;
    enum fovea_status status =
            fovea_index_request_parse(&request, argc, argv, &error);
    if (!status && request.help) {
        return fovea_cli_help(self);
    }
    struct fovea_watch watch = {
        .is_verbose = request.verbose,
        .is_quiet = request.quiet,
    };
    if (!status) {
        request.options.on_event = fovea_watch_event;
        request.options.event_context = &watch;
        status = fovea_option_flags_resolve(&request.options, &error);
    }
    return status ? fovea_cli_misused(self, &error) : carry_out(&request);
}

const struct fovea_command fovea_cmd_index = {
    .id = FOVEA_COMMAND_INDEX,
    .about = about,
    .notes = notes,
    .run = run,
};
