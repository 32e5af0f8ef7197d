/* A folder: the files under it, as walk.h finds them, archives as names. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/macros.h"
#include "bulk/source.h"
#include "bulk/walk.h"

struct folder {
    char *top; /* with a slash at its end */
    size_t top_size;
    bool only_names; /* archives are not opened */
    struct fovea_walk *walk;
};

static void
finish(void *state)
{
    struct folder *folder = state;
    fovea_walk_destroy(folder->walk);
    free(folder->top);
}

static bool
takes(const struct fovea_source_settings *settings,
        const struct fovea_input_word *word)
{
    (void)settings;
    struct stat info;
    return stat(word->word, &info) == 0 && S_ISDIR(info.st_mode);
}

static enum fovea_status
open_folder(const struct fovea_source_settings *settings,
        const struct fovea_input_word *word, void *state,
        struct fovea_error *err)
{
    struct folder *folder = state;
    size_t size = strlen(word->word);
    bool has_slash = size > 0 && word->word[size - 1] == '/';
    folder->top = malloc(size + 2);
    if (!folder->top) {
        return fovea_fail_memory(err, size, "a path");
    }
    memcpy(folder->top, word->word, size);
    memcpy(folder->top + size, "/", sizeof "/");
    folder->top_size = has_slash ? size : size + 1;
    folder->top[folder->top_size] = '\0';
    folder->only_names = settings->purpose == FOVEA_PURPOSE_NAMES;
    const struct fovea_walk_settings walk = {
        .top = folder->top,
        .below = "",
        .filter = settings->filter,
        /* What is deeper could not be opened by its name. */
        .max_size = folder->top_size < PATH_MAX
                ? PATH_MAX - 1 - folder->top_size
                : 0,
    };
    return fovea_walk_create(&walk, &folder->walk, err);
}

static enum fovea_status
next(void *state, enum fovea_source_step *step_out,
        struct fovea_entry *entry_out, struct fovea_error *err)
{
    struct folder *folder = state;
    enum fovea_walk_step step = FOVEA_WALK_END;
    struct fovea_walk_entry found;
    enum fovea_status status =
            fovea_walk_next(folder->walk, &step, &found, err);
    *step_out = FOVEA_SOURCE_END;
    if (status || step == FOVEA_WALK_END) {
        return status;
    }
    size_t size = folder->top_size + found.size;
    char *path = malloc(size + 1);
    if (!path) {
        return fovea_fail_memory(err, size, "a path");
    }
    memcpy(path, folder->top, folder->top_size);
    memcpy(path + folder->top_size, found.path, found.size + 1);
    if (step == FOVEA_WALK_PROBLEM && size > 1) {
        path[size - 1] = '\0'; /* a folder is named without its slash */
    }
    bool is_archive = step == FOVEA_WALK_FILE && !folder->only_names &&
            fovea_archive_is_named(path);
    *step_out = is_archive ? FOVEA_SOURCE_NAME : FOVEA_SOURCE_ENTRY;
    *entry_out = (struct fovea_entry){
        .path = path,
        .found = step == FOVEA_WALK_FILE,
        .problem = found.problem,
    };
    return FOVEA_OK;
}

const struct fovea_source_kind fovea_source_folder = {
    .takes = takes,
    .state_size = sizeof(struct folder),
    .open = open_folder,
    .next = next,
    .finish = finish,
};
