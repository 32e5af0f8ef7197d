/*
 * The files under a folder, recursively, in the order of their paths' bytes
 * (what `find -L DIR -type f | LC_ALL=C sort` prints, less what follows).
 *
 * Left out: names that begin with a dot; symbolic links to folders, so that no
 * loop is ever entered; what is not a file (pipes, sockets, devices). Links to
 * files count as files. Only the names of the folders between the top and the
 * current one are in memory.
 *
 * A stack of levels, each one folder's names, sorted. A folder's name ends in a
 * slash there: this sorts it where its files' paths belong.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/macros.h"
#include "base/size.h"
#include "bulk/source.h"

struct level {
    char *path; /* of the directory, with a slash at its end */
    char **names;
    size_t n_names;
    size_t next;
};

struct walk {
    char *top;       /* directory to begin with; NULL when it was begun */
    size_t top_size; /* bytes of every path that are the top's */
    const struct fovea_filter *filter;
    struct level *levels;
    size_t n_levels;
};

static void
level_finish(struct level *level)
{
    for (size_t i = level->next; i < level->n_names; i++) {
        free(level->names[i]);
    }
    free(level->names);
    free(level->path);
}

FOVEA_DEFINE_AUTO(DIR *, closedir);

/* Allocates; NULL without memory. */
static char *
join(const char *a, const char *b)
{
    char *joined = NULL;
    return asprintf(&joined, "%s%s", a, b) < 0 ? NULL : joined;
}

static void
finish(void *state)
{
    struct walk *walk = state;
    for (size_t i = 0; i < walk->n_levels; i++) {
        level_finish(&walk->levels[i]);
    }
    free(walk->levels);
    free(walk->top);
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
    struct walk *walk = state;
    size_t size = strlen(word->word);
    bool has_slash = size > 0 && word->word[size - 1] == '/';
    walk->top = join(word->word, has_slash ? "" : "/");
    if (!walk->top) {
        return fovea_fail_memory(err, size, "a path");
    }
    walk->top_size = strlen(walk->top);
    walk->filter = settings->filter;
    return FOVEA_OK;
}

enum kind {
    KIND_FILE,
    KIND_DIRECTORY,
    KIND_OTHER,
};

static enum kind
kind_of_mode(mode_t mode)
{
    return S_ISREG(mode)    ? KIND_FILE
            : S_ISDIR(mode) ? KIND_DIRECTORY
                            : KIND_OTHER;
}

static enum kind
kind_of(int directory_fd, const struct dirent *found)
{
    if (found->d_type == DT_REG) {
        return KIND_FILE;
    }
    if (found->d_type == DT_DIR) {
        return KIND_DIRECTORY;
    }
    struct stat info;
    if (fstatat(directory_fd, found->d_name, &info, AT_SYMLINK_NOFOLLOW)) {
        return KIND_OTHER; /* gone again */
    }
    if (!S_ISLNK(info.st_mode)) {
        return kind_of_mode(info.st_mode);
    }
    /* A broken link counts as a file: opening it will say what is wrong. */
    return fstatat(directory_fd, found->d_name, &info, 0) ||
                    S_ISREG(info.st_mode)
            ? KIND_FILE
            : KIND_OTHER;
}

static int
compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Take a name in, or free it; a NULL is the memory that was missing. */
static bool
add_name(struct level *level, size_t *capacity, char *name)
{
    if (level->n_names == *capacity) {
        size_t grown = *capacity ? *capacity * 2 : 64;
        size_t size = 0;
        char **names = name && fovea_mul_size(grown, sizeof *names, &size)
                ? realloc(level->names, size)
                : NULL;
        if (!names) {
            free(name);
            return false;
        }
        level->names = names;
        *capacity = grown;
    }
    level->names[level->n_names] = name;
    level->n_names += name != NULL;
    return name != NULL;
}

/* Take a name in, if it counts; false without memory. */
static bool
take_name(const struct walk *walk, struct level *level, size_t *capacity,
        const char *found, bool is_directory)
{
    const struct fovea_filter *filter = walk->filter;
    char *name = join(found, is_directory ? "/" : "");
    if (!name || !filter ||
            (filter->include.n == 0 && filter->exclude.n == 0)) {
        return add_name(level, capacity, name);
    }
    FOVEA_AUTO_FREE char *path = join(level->path + walk->top_size, name);
    if (path && fovea_filter_takes(filter, path)) {
        return add_name(level, capacity, name);
    }
    free(name);
    return path != NULL;
}

/* The next name; NULL with errno 0 at the end. A NULL directory keeps errno. */
static const struct dirent *
read_entry(DIR *directory)
{
    if (!directory) {
        return NULL;
    }
    errno = 0;
    return readdir(directory); /* NOLINT(concurrency-mt-unsafe) */
}

/* Read a directory's names. A directory that cannot be read is *problem. */
static enum fovea_status
read_names(const struct walk *walk, struct level *level,
        struct fovea_error *problem, struct fovea_error *err)
{
    FOVEA_AUTO(closedir_auto) DIR *directory = opendir(level->path);
    size_t capacity = 0;
    const struct dirent *found = NULL;
    while ((found = read_entry(directory))) {
        enum kind kind = found->d_name[0] == '.'
                ? KIND_OTHER
                : kind_of(dirfd(directory), found);
        if (kind == KIND_OTHER) {
            continue;
        }
        if (!take_name(walk, level, &capacity, found->d_name,
                    kind == KIND_DIRECTORY)) {
            return fovea_fail_memory(err, capacity, "the names in a directory");
        }
    }
    if (errno) {
        int error = errno;
        (void)fovea_fail_errno(problem,
                error == EACCES || error == EPERM ? FOVEA_ERR_FILE_DENIED
                        : error == ENOENT         ? FOVEA_ERR_FILE_NOT_FOUND
                                                  : FOVEA_ERR_IO,
                error, "the directory cannot be read");
    }
    if (level->n_names > 1) {
        qsort(level->names, level->n_names, sizeof *level->names,
                compare_names);
    }
    return FOVEA_OK;
}

/* Enter a directory; takes path, which ends in a slash. */
static enum fovea_status
enter(struct walk *walk, char *path, struct fovea_error *problem,
        struct fovea_error *err)
{
    struct level level = { .path = path };
    struct level *levels =
            realloc(walk->levels, (walk->n_levels + 1) * sizeof *levels);
    if (!levels) {
        level_finish(&level);
        return fovea_fail_memory(err, sizeof *levels, "a directory");
    }
    walk->levels = levels;
    enum fovea_status status = read_names(walk, &level, problem, err);
    if (status) {
        level_finish(&level);
        return status;
    }
    levels[walk->n_levels++] = level;
    return FOVEA_OK;
}

/* An entry for the directory that was entered last and has a problem. */
static enum fovea_status
report_directory(const struct walk *walk, const struct fovea_error *problem,
        struct fovea_entry *entry_out, struct fovea_error *err)
{
    const char *path = walk->levels[walk->n_levels - 1].path;
    size_t size = strlen(path);
    char *copy = strndup(path, size > 1 ? size - 1 : size);
    if (!copy) {
        return fovea_fail_memory(err, size, "a path");
    }
    *entry_out = (struct fovea_entry){ .path = copy, .problem = *problem };
    return FOVEA_OK;
}

/* The path of the next name in order, leaving the levels that are done; NULL
   in *path_out at the end. */
static enum fovea_status
next_path(struct walk *walk, char **path_out, struct fovea_error *err)
{
    *path_out = NULL;
    if (walk->top) {
        *path_out = FOVEA_TAKE(walk->top);
        return FOVEA_OK;
    }
    while (walk->n_levels > 0) {
        struct level *level = &walk->levels[walk->n_levels - 1];
        if (level->next < level->n_names) {
            FOVEA_AUTO_FREE char *name = level->names[level->next++];
            *path_out = join(level->path, name);
            return *path_out
                    ? FOVEA_OK
                    : fovea_fail_memory(err, strlen(level->path), "a path");
        }
        level_finish(level);
        walk->n_levels--;
    }
    return FOVEA_OK;
}

static enum fovea_status
next(void *state, enum fovea_source_step *step_out,
        struct fovea_entry *entry_out, struct fovea_error *err)
{
    struct walk *walk = state;
    *step_out = FOVEA_SOURCE_ENTRY;
    for (;;) {
        char *path = NULL;
        enum fovea_status status = next_path(walk, &path, err);
        if (status || !path) {
            *step_out = FOVEA_SOURCE_END;
            return status;
        }
        if (path[strlen(path) - 1] != '/') {
            *entry_out = (struct fovea_entry){ .path = path, .found = true };
            return FOVEA_OK;
        }
        struct fovea_error problem = { .code = FOVEA_OK };
        status = enter(walk, path, &problem, err);
        if (status || problem.code) {
            return status ? status
                          : report_directory(walk, &problem, entry_out, err);
        }
    }
}

const struct fovea_source_kind fovea_source_folder = {
    .takes = takes,
    .state_size = sizeof(struct walk),
    .open = open_folder,
    .next = next,
    .finish = finish,
};
