/*
 * A folder of the file system: an object is a file below it, a part of a key that
 * is not the last a folder.
 *
 * A version is the file's device, inode, size and time of change. What is put
 * appears by a rename that replaces nothing, or that takes its place back if it was
 * another file that it replaced (sys/atomic_file.h).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/macros.h"
#include "objects/kind.h"
#include "sys/directories.h"
#include "sys/file_status.h"

FOVEA_DEFINE_AUTO(DIR *, closedir);

enum {
    PIECE_SIZE = 1 << 17
};

struct folder {
    char *top; /* with a slash at its end */
    const struct fovea_objects_settings *settings;
};

static bool
takes(const char *place)
{
    (void)place;
    return true;
}

static void
finish(void *state)
{
    struct folder *folder = state;
    free(folder->top);
}

/* Whether it begins as a URL does: results nobody would look for in a folder of that
   name. */
static bool
is_url(const char *place)
{
    size_t size = strspn(place,
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-");
    return size > 0 && strncmp(place + size, "://", 3) == 0;
}

/* What is there already must be a folder; what is not is made when it is needed. */
static enum fovea_status
check_place(const char *place, struct fovea_error *err)
{
    struct stat facts;
    if (is_url(place)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "%.160s: results go to a folder, or to s3://BUCKET/PREFIX "
                "(-o)",
                place);
    }
    bool is_there = stat(place, &facts) == 0;
    if (is_there ? !S_ISDIR(facts.st_mode) : errno == ENOTDIR) {
        return fovea_fail(err, FOVEA_ERR_OUTPUT_REFUSED,
                "%.160s: it, or a part of its path, is a file, and results "
                "need a folder (-o)",
                place);
    }
    return FOVEA_OK;
}

static enum fovea_status
open_folder(void *state, const char *place,
        const struct fovea_objects_settings *settings, struct fovea_error *err)
{
    struct folder *folder = state;
    size_t size = strlen(place);
    folder->settings = settings;
    if (size == 0) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "an empty name is no folder's");
    }
    enum fovea_status status = check_place(place, err);
    if (status) {
        return status;
    }
    if (asprintf(&folder->top, "%s%s", place,
                place[size - 1] == '/' ? "" : "/") < 0) {
        folder->top = NULL;
        return fovea_fail_memory(err, size, "a path");
    }
    return FOVEA_OK;
}

static enum fovea_status
path_of(const struct folder *folder, const char *key, char **path_out,
        struct fovea_error *err)
{
    if (asprintf(path_out, "%s%s", folder->top, key) < 0) {
        *path_out = NULL;
        return fovea_fail_memory(err, strlen(key), "a path");
    }
    return FOVEA_OK;
}

/* Of a system call that failed on a path. */
static enum fovea_status
fail_path(const char *path, int error, struct fovea_error *err)
{
    if (error == ENOENT) {
        return fovea_fail(err, FOVEA_ERR_FILE_NOT_FOUND, "%s: is not there",
                path);
    }
    if (error == ENOTDIR) {
        return fovea_fail(err, FOVEA_ERR_NOT_A_FILE,
                "%s: a file stands where a folder has to be", path);
    }
    if (error == ELOOP) {
        return fovea_fail(err, FOVEA_ERR_NOT_A_FILE,
                "%s: is a symbolic link, not a file of fovea's", path);
    }
    return fovea_fail_errno(err, fovea_file_status(error), error, "%s", path);
}

static void
describe(const struct stat *facts, struct fovea_object_info *info_out)
{
    *info_out = (struct fovea_object_info){ .size = (uint64_t)facts->st_size };
    (void)snprintf(info_out->version, sizeof info_out->version,
            "%" PRIxMAX "-%" PRIxMAX "-%" PRIxMAX "-%" PRIdMAX ".%09ld",
            (uintmax_t)facts->st_dev, (uintmax_t)facts->st_ino,
            (uintmax_t)facts->st_size, (intmax_t)facts->st_mtim.tv_sec,
            facts->st_mtim.tv_nsec);
}

static enum fovea_status
look(const char *path, struct stat *facts_out, struct fovea_error *err)
{
    if (lstat(path, facts_out)) {
        return fail_path(path, errno, err);
    }
    return S_ISREG(facts_out->st_mode)
            ? FOVEA_OK
            : fovea_fail(err, FOVEA_ERR_NOT_A_FILE, "%s: is not a regular file",
                      path);
}

static enum fovea_status
draft(void *state, struct fovea_draft *draft, struct fovea_error *err)
{
    const struct folder *folder = state;
    FOVEA_AUTO_FREE char *path = NULL;
    enum fovea_status status = path_of(folder, draft->key, &path, err);
    if (status) {
        return status;
    }
    char *slash = strrchr(path, '/');
    *slash = '\0';
    status = fovea_make_directories(path, err);
    *slash = '/';
    return status ? status : fovea_atomic_file_open(path, &draft->file, err);
}

/* What is to be replaced, if it is still this version. */
static enum fovea_status
expect_version(const char *path, const char *version,
        struct fovea_file_id *id_out, struct fovea_error *err)
{
    struct stat facts;
    struct fovea_object_info info = { 0 };
    enum fovea_status status = look(path, &facts, err);
    if (!status) {
        describe(&facts, &info);
    }
    if (status == FOVEA_ERR_FILE_NOT_FOUND ||
            (!status && strcmp(info.version, version) != 0)) {
        return fovea_fail(err, FOVEA_ERR_OBJECT_CHANGED,
                "%s: is not the file that it was, and is kept", path);
    }
    *id_out = (struct fovea_file_id){
        .is_there = !status,
        .device = facts.st_dev,
        .inode = facts.st_ino,
    };
    return status;
}

static enum fovea_status
put(void *state, struct fovea_draft *draft, const char *version,
        bool *was_there_out, struct fovea_error *err)
{
    (void)state;
    struct fovea_file_id id = { .is_there = false };
    struct stat facts;
    enum fovea_status status = FOVEA_OK;
    if (version) {
        status = expect_version(draft->file.path, version, &id, err);
    } else if (lstat(draft->file.path, &facts) == 0) {
        *was_there_out = true;
        return FOVEA_OK;
    }
    if (status) {
        return status;
    }
    fovea_atomic_file_expect(&draft->file, &id);
    status = fovea_atomic_file_commit(&draft->file, err);
    if (status == FOVEA_ERR_OUTPUT_REFUSED && version) {
        return fovea_fail(err, FOVEA_ERR_OBJECT_CHANGED,
                "%s: is not the file that it was, and is kept",
                draft->file.path);
    }
    bool was_there = status == FOVEA_ERR_OUTPUT_REFUSED;
    if (!status || was_there) {
        *was_there_out = was_there;
        return FOVEA_OK;
    }
    return status;
}

static enum fovea_status
read_pieces(int fd, const char *path, fovea_object_piece_fn *take,
        void *context, struct fovea_error *err)
{
    enum fovea_status status = FOVEA_OK;
    ssize_t n = 1;
    FOVEA_AUTO_FREE char *piece = malloc(PIECE_SIZE);
    if (!piece) {
        return fovea_fail_memory(err, PIECE_SIZE, "a piece of a file");
    }
    while (!status && n != 0) {
        n = read(fd, piece, PIECE_SIZE);
        if (n < 0 && errno != EINTR) {
            return fail_path(path, errno, err);
        }
        if (n > 0) {
            status = take(context, piece, (size_t)n, err);
        }
    }
    return status;
}

static enum fovea_status
read_file(void *state, const char *key, fovea_object_piece_fn *take,
        void *context, struct fovea_object_info *info_out,
        struct fovea_error *err)
{
    struct stat facts;
    FOVEA_AUTO_FREE char *path = NULL;
    enum fovea_status status = path_of(state, key, &path, err);
    if (status) {
        return status;
    }
    /* Not to be kept waiting by a pipe. */
    FOVEA_AUTO_FD int fd =
            open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &facts)) {
        return fail_path(path, errno, err);
    }
    if (!S_ISREG(facts.st_mode)) {
        return fovea_fail(err, FOVEA_ERR_NOT_A_FILE,
                "%s: is not a regular file", path);
    }
    describe(&facts, info_out);
    return read_pieces(fd, path, take, context, err);
}

static enum fovea_status
stat_file(void *state, const char *key, struct fovea_object_info *info_out,
        struct fovea_error *err)
{
    struct stat facts;
    FOVEA_AUTO_FREE char *path = NULL;
    enum fovea_status status = path_of(state, key, &path, err);
    if (!status) {
        status = look(path, &facts, err);
    }
    if (!status) {
        describe(&facts, info_out);
    }
    return status;
}

static enum fovea_status
visit_all(DIR *stream, const char *path, fovea_object_fn *visit, void *context,
        struct fovea_error *err)
{
    for (;;) {
        errno = 0;
        /* The stream is this call's. NOLINTNEXTLINE(concurrency-mt-unsafe) */
        const struct dirent *entry = readdir(stream);
        if (!entry) {
            return errno ? fail_path(path, errno, err) : FOVEA_OK;
        }
        struct stat facts;
        if (!fovea_object_key_is_good(entry->d_name) ||
                fstatat(dirfd(stream), entry->d_name, &facts,
                        AT_SYMLINK_NOFOLLOW) ||
                !S_ISREG(facts.st_mode)) {
            continue;
        }
        enum fovea_status status =
                visit(context, entry->d_name, (uint64_t)facts.st_size, err);
        if (status) {
            return status;
        }
    }
}

static enum fovea_status
list(void *state, const char *key, fovea_object_fn *visit, void *context,
        struct fovea_error *err)
{
    FOVEA_AUTO_FREE char *path = NULL;
    enum fovea_status status = path_of(state, key, &path, err);
    if (status) {
        return status;
    }
    FOVEA_AUTO(closedir_auto) DIR *stream = opendir(path);
    if (!stream) {
        return errno == ENOENT ? FOVEA_OK : fail_path(path, errno, err);
    }
    return visit_all(stream, path, visit, context, err);
}

static enum fovea_status
remove_file(void *state, const char *key, struct fovea_error *err)
{
    FOVEA_AUTO_FREE char *path = NULL;
    enum fovea_status status = path_of(state, key, &path, err);
    if (status) {
        return status;
    }
    return unlink(path) == 0 || errno == ENOENT || errno == ENOTDIR
            ? FOVEA_OK
            : fail_path(path, errno, err);
}

const struct fovea_objects_kind fovea_objects_folder = {
    .takes = takes,
    .state_size = sizeof(struct folder),
    .open = open_folder,
    .finish = finish,
    .draft = draft,
    .put = put,
    .read = read_file,
    .stat = stat_file,
    .list = list,
    .remove = remove_file,
};
