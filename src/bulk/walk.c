/*
 * The files under a folder: see walk.h.
 *
 * A stack of levels, each one folder's names, sorted. A folder's name ends in a
 * slash there: this sorts it where its files' paths belong. Folders are opened
 * and files looked at from the folder above, so that no path is too long for the
 * kernel before it is one below the top; beyond FOVEA_WALK_OPEN levels from the
 * top.
 */
#include "bulk/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "base/size.h"

struct level {
    DIR *directory; /* NULL: it was closed, or cannot be opened */
    dev_t device;
    ino_t inode;
    size_t prefix; /* bytes of the path that are the folder's */
    char **names;
    size_t n_names;
    size_t next;
};

struct fovea_walk {
    struct fovea_walk_settings settings;
    int top_fd; /* -1: not begun, or it cannot be opened */
    bool has_begun;
    struct level *levels;
    size_t n_levels;
    char *path; /* that of the current entry */
    size_t size;
    size_t capacity;
};

static void
level_finish(struct level *level)
{
    for (size_t i = level->next; i < level->n_names; i++) {
        free(level->names[i]);
    }
    free(level->names);
    if (level->directory) {
        (void)closedir(level->directory);
    }
}

void
fovea_walk_destroy(struct fovea_walk *walk)
{
    if (!walk) {
        return;
    }
    for (size_t i = 0; i < walk->n_levels; i++) {
        level_finish(&walk->levels[i]);
    }
    if (walk->top_fd >= 0) {
        (void)close(walk->top_fd);
    }
    free(walk->levels);
    free(walk->path);
    free(walk);
}

/* Let the path be its first bytes with a name behind them. */
static enum fovea_status
set_path(struct fovea_walk *walk, size_t prefix, const char *name,
        struct fovea_error *err)
{
    size_t size = strlen(name);
    size_t needed = prefix + size + 1;
    if (needed > walk->capacity) {
        size_t grown = needed * 2 > 256 ? needed * 2 : 256;
        char *path = realloc(walk->path, grown);
        if (!path) {
            return fovea_fail_memory(err, grown, "a path");
        }
        walk->path = path;
        walk->capacity = grown;
    }
    memcpy(walk->path + prefix, name, size + 1);
    walk->size = prefix + size;
    return FOVEA_OK;
}

enum fovea_status
fovea_walk_create(const struct fovea_walk_settings *settings,
        struct fovea_walk **walk_out, struct fovea_error *err)
{
    struct fovea_walk *walk = calloc(1, sizeof *walk);
    if (!walk) {
        return fovea_fail_memory(err, sizeof *walk, "a walk");
    }
    walk->settings = *settings;
    walk->top_fd = -1;
    enum fovea_status status = set_path(walk, 0, settings->below, err);
    if (status) {
        fovea_walk_destroy(walk);
        return status;
    }
    *walk_out = walk;
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
        /* Gone again, or whoever opens it says what is wrong. */
        return errno == ENOENT ? KIND_OTHER : KIND_FILE;
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

/* Take what was found in, if it counts. */
static enum fovea_status
take_name(struct fovea_walk *walk, struct level *level, size_t *capacity,
        const char *found, bool is_directory, struct fovea_error *err)
{
    const struct fovea_filter *filter = walk->settings.filter;
    enum fovea_status status = set_path(walk, level->prefix, found, err);
    if (!status && is_directory) {
        status = set_path(walk, walk->size, "/", err);
    }
    if (status || (filter && !fovea_filter_takes(filter, walk->path))) {
        return status;
    }
    return add_name(level, capacity, strdup(walk->path + level->prefix))
            ? FOVEA_OK
            : fovea_fail_memory(err, *capacity, "the names in a directory");
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

static void
fail_directory(struct fovea_error *problem, int error, const char *what)
{
    (void)fovea_fail_errno(problem,
            error == EACCES || error == EPERM ? FOVEA_ERR_FILE_DENIED
                    : error == ENOENT         ? FOVEA_ERR_FILE_NOT_FOUND
                                              : FOVEA_ERR_IO,
            error, "%s", what);
}

/* Read a directory's names. A directory that cannot be read is *problem. */
static enum fovea_status
read_names(struct fovea_walk *walk, struct level *level,
        struct fovea_error *problem, struct fovea_error *err)
{
    size_t capacity = 0;
    const struct dirent *found = NULL;
    while ((found = read_entry(level->directory))) {
        enum kind kind = found->d_name[0] == '.'
                ? KIND_OTHER
                : kind_of(dirfd(level->directory), found);
        if (kind == KIND_OTHER) {
            continue;
        }
        enum fovea_status status = take_name(walk, level, &capacity,
                found->d_name, kind == KIND_DIRECTORY, err);
        if (status) {
            return status;
        }
    }
    if (errno) {
        fail_directory(problem, errno, "the directory cannot be read");
    }
    if (level->n_names > 1) {
        qsort(level->names, level->n_names, sizeof *level->names,
                compare_names);
    }
    return FOVEA_OK;
}

/* The folder above that is still open, and the path from there. */
static int
above(const struct fovea_walk *walk, const char **path_out)
{
    const struct level *last =
            walk->n_levels > 0 ? &walk->levels[walk->n_levels - 1] : NULL;
    bool is_open = last && last->directory;
    *path_out = walk->path + (is_open ? last->prefix : 0);
    return is_open ? dirfd(last->directory) : walk->top_fd;
}

/* Open the folder that the path is at; NULL with errno. */
static DIR *
open_folder(struct fovea_walk *walk)
{
    if (!walk->has_begun) {
        walk->has_begun = true;
        walk->top_fd = open(walk->settings.top, O_DIRECTORY | O_CLOEXEC);
        if (walk->top_fd < 0) {
            return NULL;
        }
    }
    if (walk->size > walk->settings.max_size) {
        errno = ENAMETOOLONG;
        return NULL;
    }
    const char *path = NULL;
    int above_fd = above(walk, &path);
    int fd = openat(above_fd, *path ? path : ".",
            O_DIRECTORY | O_CLOEXEC | (*path ? O_NOFOLLOW : 0));
    DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
    if (fd >= 0 && !directory) {
        int error = errno;
        (void)close(fd);
        errno = error;
    }
    return directory;
}

/* Whether it is one of those that lead to it. */
static bool
is_loop(const struct fovea_walk *walk, struct level *level)
{
    struct stat info;
    if (!level->directory || fstat(dirfd(level->directory), &info)) {
        return false;
    }
    level->device = info.st_dev;
    level->inode = info.st_ino;
    for (size_t i = 0; i < walk->n_levels; i++) {
        if (walk->levels[i].device == info.st_dev &&
                walk->levels[i].inode == info.st_ino) {
            return true;
        }
    }
    return false;
}

/* Enter the folder that the path is at, whose problem may be another step. */
static enum fovea_status
enter(struct fovea_walk *walk, struct fovea_error *problem,
        struct fovea_error *err)
{
    struct level *levels =
            realloc(walk->levels, (walk->n_levels + 1) * sizeof *levels);
    if (!levels) {
        return fovea_fail_memory(err, sizeof *levels, "a directory");
    }
    walk->levels = levels;
    struct level level = { .prefix = walk->size };
    level.directory = open_folder(walk);
    int error = errno;
    enum fovea_status status = FOVEA_OK;
    if (!is_loop(walk, &level)) {
        if (level.directory && walk->settings.on_folder) {
            walk->settings.on_folder(walk->settings.context,
                    dirfd(level.directory));
        }
        errno = error;
        status = read_names(walk, &level, problem, err);
    }
    if (status) {
        level_finish(&level);
        return status;
    }
    walk->path[level.prefix] = '\0';
    walk->size = level.prefix;
    if (walk->n_levels >= FOVEA_WALK_OPEN && level.directory) {
        (void)closedir(FOVEA_TAKE(level.directory));
    }
    walk->levels[walk->n_levels++] = level;
    return FOVEA_OK;
}

/* Let the path be that of the next name in order, leaving the levels that are
   done. */
static enum fovea_status
next_path(struct fovea_walk *walk, bool *is_over_out, struct fovea_error *err)
{
    *is_over_out = false;
    if (!walk->has_begun) {
        return FOVEA_OK;
    }
    while (walk->n_levels > 0) {
        struct level *level = &walk->levels[walk->n_levels - 1];
        if (level->next < level->n_names) {
            FOVEA_AUTO_FREE char *name = level->names[level->next++];
            return set_path(walk, level->prefix, name, err);
        }
        level_finish(level);
        walk->n_levels--;
    }
    *is_over_out = true;
    return FOVEA_OK;
}

/* Look at the file that the path is at; false with errno, which is ENOENT if it
   is gone again. */
static bool
look(const struct fovea_walk *walk, struct stat *info_out)
{
    const char *path = NULL;
    int above_fd = above(walk, &path);
    return fstatat(above_fd, path, info_out, 0) == 0 ||
            fstatat(above_fd, path, info_out, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Leave the folder whose file the path is at, and which says nothing of its files:
   it may be listed but not searched, or its disk fails. They may well be there. */
static void
give_up(struct fovea_walk *walk, int error, struct fovea_error *problem)
{
    struct level *level = &walk->levels[walk->n_levels - 1];
    fail_directory(problem, error, "the directory's files cannot be looked at");
    for (size_t i = level->next; i < level->n_names; i++) {
        free(level->names[i]);
    }
    level->n_names = level->next;
    walk->path[level->prefix] = '\0';
    walk->size = level->prefix;
}

enum fovea_status
fovea_walk_next(struct fovea_walk *walk, enum fovea_walk_step *step_out,
        struct fovea_walk_entry *entry_out, struct fovea_error *err)
{
    for (;;) {
        bool is_over = false;
        *entry_out = (struct fovea_walk_entry){ .size = 0 };
        enum fovea_status status = next_path(walk, &is_over, err);
        *step_out = FOVEA_WALK_END;
        if (status || is_over) {
            return status;
        }
        if (walk->size > 0 && walk->path[walk->size - 1] != '/') {
            *step_out = FOVEA_WALK_FILE;
            if (walk->settings.wants_info && !look(walk, &entry_out->info)) {
                if (errno == ENOENT) {
                    continue;
                }
                give_up(walk, errno, &entry_out->problem);
                *step_out = FOVEA_WALK_PROBLEM;
            }
        } else {
            status = enter(walk, &entry_out->problem, err);
            if (!status && !entry_out->problem.code) {
                continue;
            }
            *step_out = status ? FOVEA_WALK_END : FOVEA_WALK_PROBLEM;
        }
        entry_out->path = walk->path;
        entry_out->size = walk->size;
        return status;
    }
}
