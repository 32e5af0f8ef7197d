/* Files that appear whole or not at all: see atomic_file.h. */
#include "sys/atomic_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "base/error.h"
#include "sys/file_limit.h"
#include "sys/file_status.h"

enum {
    NAME_TRIES = 16
};

/* Where the new file and what it replaces stand. */
enum place {
    PLACE_NAMELESS,  /* O_TMPFILE: neither has the temporary name */
    PLACE_TEMPORARY, /* new: the temporary name; old, if any: the target's */
    PLACE_EXCHANGED, /* new: the target's name; old: the temporary one */
    PLACE_TARGET,    /* new: the target's name; there is no old one */
};

static enum fovea_status
failed(const struct fovea_atomic_file *file, const char *what,
        struct fovea_error *err)
{
    int error = errno;
    return fovea_fail_errno(err, fovea_file_status(error), error, "%s: %s",
            file->path, what);
}

static enum fovea_status
make_name(struct fovea_atomic_file *file, struct fovea_error *err)
{
    uint64_t number = 0;
    if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number) {
        return failed(file, "cannot make a temporary name", err);
    }
    (void)snprintf(file->temporary, sizeof file->temporary,
            ".fovea-%016" PRIx64 ".tmp", number);
    return FOVEA_OK;
}

static enum fovea_status
open_directory(struct fovea_atomic_file *file, struct fovea_error *err)
{
    const char *slash = strrchr(file->path, '/');
    file->name = slash ? slash + 1 : file->path;
    if (!*file->name || strcmp(file->name, ".") == 0 ||
            strcmp(file->name, "..") == 0) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "\"%s\" is not the name of a file", file->path);
    }
    FOVEA_AUTO_FREE char *directory = slash
            ? strndup(file->path, (size_t)(slash + 1 - file->path))
            : strdup(".");
    if (!directory) {
        return fovea_fail_memory(err, strlen(file->path), "a path");
    }
    file->directory_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file->directory_fd >= 0) {
        return FOVEA_OK;
    }
    if (errno == ENOENT || errno == ENOTDIR) {
        return fovea_fail(err, FOVEA_ERR_FILE_NOT_FOUND,
                "%s: there is no directory %s", file->path, directory);
    }
    return failed(file, "cannot open its directory", err);
}

static enum fovea_status
check_target(const struct fovea_atomic_file *file, struct fovea_error *err)
{
    struct stat info;
    if (fstatat(file->directory_fd, file->name, &info, AT_SYMLINK_NOFOLLOW)) {
        return errno == ENOENT ? FOVEA_OK : failed(file, "cannot be read", err);
    }
    if (!S_ISREG(info.st_mode) && !S_ISLNK(info.st_mode)) {
        return fovea_fail(err, FOVEA_ERR_NOT_A_FILE,
                "%s: is there already and is not a regular file", file->path);
    }
    return FOVEA_OK;
}

/* The path through which a file without a name gets one. */
static void
proc_path(int fd, char path[32])
{
    (void)snprintf(path, 32, "/proc/self/fd/%d", fd);
}

static bool
open_nameless(struct fovea_atomic_file *file)
{
    file->fd = openat(file->directory_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC,
            0666);
    if (file->fd < 0) {
        return false;
    }
    char path[32];
    proc_path(file->fd, path);
    if (access(path, F_OK) == 0) {
        file->place = PLACE_NAMELESS;
        return true;
    }
    /* No /proc: it could never get its name. */
    (void)close(file->fd);
    file->fd = -1;
    return false;
}

static enum fovea_status
open_named(struct fovea_atomic_file *file, struct fovea_error *err)
{
    for (int i = 0; i < NAME_TRIES; i++) {
        enum fovea_status status = make_name(file, err);
        if (status) {
            return status;
        }
        file->fd = openat(file->directory_fd, file->temporary,
                O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (file->fd >= 0) {
            file->place = PLACE_TEMPORARY;
            return FOVEA_OK;
        }
        file->temporary[0] = '\0';
        if (errno != EEXIST) {
            break;
        }
    }
    return failed(file, "cannot be written", err);
}

enum fovea_status
fovea_atomic_file_open(const char *path, struct fovea_atomic_file *file_out,
        struct fovea_error *err)
{
    struct fovea_atomic_file file = FOVEA_ATOMIC_FILE_INIT;
    file.path = strdup(path);
    if (!file.path) {
        return fovea_fail_memory(err, strlen(path), "a path");
    }
    enum fovea_status status = open_directory(&file, err);
    if (!status) {
        status = check_target(&file, err);
    }
    if (!status && !open_nameless(&file)) {
        status = open_named(&file, err);
    }
    if (status) {
        fovea_atomic_file_abandon(&file);
        return status;
    }
    *file_out = file;
    return FOVEA_OK;
}

void
fovea_atomic_file_expect(struct fovea_atomic_file *file,
        const struct fovea_file_id *id)
{
    file->expects = true;
    file->expected = *id;
}

/* Write all, at an offset or, if it is negative, where the file ends. False,
   with errno, if that cannot be. */
static bool
put(int fd, const void *bytes, size_t size, off_t offset)
{
    struct fovea_file_limit hold;
    size_t done = 0;
    ssize_t n = 1;
    fovea_file_limit_hold(&hold);
    while (done < size && (n > 0 || (n < 0 && errno == EINTR))) {
        const char *at = (const char *)bytes + done;
        n = offset < 0 ? write(fd, at, size - done)
                       : pwrite(fd, at, size - done, offset + (off_t)done);
        done += n > 0 ? (size_t)n : 0;
    }
    fovea_file_limit_release(&hold);
    return done == size;
}

enum fovea_status
fovea_atomic_file_write(struct fovea_atomic_file *file, const void *bytes,
        size_t size, struct fovea_error *err)
{
    return put(file->fd, bytes, size, -1)
            ? FOVEA_OK
            : failed(file, "cannot be written", err);
}

enum fovea_status
fovea_atomic_file_write_at(struct fovea_atomic_file *file, uint64_t offset,
        const void *bytes, size_t size, struct fovea_error *err)
{
    return put(file->fd, bytes, size, (off_t)offset)
            ? FOVEA_OK
            : failed(file, "cannot be written", err);
}

/* Some file systems (NFS) tell only now that bytes could not be written. */
static enum fovea_status
close_file(struct fovea_atomic_file *file, struct fovea_error *err)
{
    int fd = file->fd;
    file->fd = -1;
    return close(fd) && errno != EINTR
            ? failed(file, "cannot be written to the disk", err)
            : FOVEA_OK;
}

/* Give the temporary name to a file without one. */
static enum fovea_status
take_name(struct fovea_atomic_file *file, struct fovea_error *err)
{
    char path[32];
    proc_path(file->fd, path);
    for (int i = 0; i < NAME_TRIES; i++) {
        enum fovea_status status = make_name(file, err);
        if (status) {
            return status;
        }
        if (linkat(AT_FDCWD, path, file->directory_fd, file->temporary,
                    AT_SYMLINK_FOLLOW) == 0) {
            file->place = PLACE_TEMPORARY;
            return FOVEA_OK;
        }
        file->temporary[0] = '\0';
        if (errno != EEXIST) {
            break;
        }
    }
    return failed(file, "cannot get a name", err);
}

enum fovea_status
fovea_atomic_file_temporary_path(struct fovea_atomic_file *file,
        char **path_out, struct fovea_error *err)
{
    enum fovea_status status =
            file->place == PLACE_NAMELESS ? take_name(file, err) : FOVEA_OK;
    if (!status &&
            asprintf(path_out, "%.*s%s", (int)(file->name - file->path),
                    file->path, file->temporary) < 0) {
        *path_out = NULL;
        status = fovea_fail_memory(err, strlen(file->path), "a path");
    }
    return status;
}

/* Bytes on the disk, and a name to rename from, unless it gets its own name from
   none. One that was refused may be there already. */
static enum fovea_status
prepare(struct fovea_atomic_file *file, struct fovea_error *err)
{
    if (file->fd < 0) {
        return FOVEA_OK;
    }
    if (fsync(file->fd)) {
        return failed(file, "cannot be written to the disk", err);
    }
    if (file->place == PLACE_NAMELESS && file->expects &&
            !file->expected.is_there) {
        return FOVEA_OK;
    }
    enum fovea_status status =
            file->place == PLACE_NAMELESS ? take_name(file, err) : FOVEA_OK;
    return status ? status : close_file(file, err);
}

static bool
is_expected(const struct fovea_atomic_file *file, const char *name)
{
    struct stat info;
    return file->expected.is_there &&
            fstatat(file->directory_fd, name, &info, AT_SYMLINK_NOFOLLOW) ==
            0 &&
            info.st_dev == file->expected.device &&
            info.st_ino == file->expected.inode;
}

static enum fovea_status
refuse(const struct fovea_atomic_file *file, struct fovea_error *err)
{
    return fovea_fail(err, FOVEA_ERR_OUTPUT_REFUSED,
            "%s: another file has come there meanwhile, and is kept",
            file->path);
}

/* Give a file without a name the target's, where nothing stands: a process that is
   killed on the way leaves nothing. */
static enum fovea_status
publish_nameless(struct fovea_atomic_file *file, struct fovea_error *err)
{
    char path[32];
    proc_path(file->fd, path);
    if (linkat(AT_FDCWD, path, file->directory_fd, file->name,
                AT_SYMLINK_FOLLOW)) {
        return errno == EEXIST ? refuse(file, err)
                               : failed(file, "cannot get its name", err);
    }
    enum fovea_status status = close_file(file, err);
    if (status) {
        (void)unlinkat(file->directory_fd, file->name, 0);
        return status;
    }
    file->place = PLACE_TARGET;
    return FOVEA_OK;
}

/* Put it under the target's name, where nothing stands. */
static enum fovea_status
publish_new(struct fovea_atomic_file *file, struct fovea_error *err)
{
    if (file->place == PLACE_NAMELESS) {
        return publish_nameless(file, err);
    }
    int at = file->directory_fd;
    if (renameat2(at, file->temporary, at, file->name, RENAME_NOREPLACE) == 0) {
        file->place = PLACE_TARGET;
        return FOVEA_OK;
    }
    if (errno == EINVAL) { /* a file system that has no such thing */
        if (linkat(at, file->temporary, at, file->name, 0) == 0) {
            (void)unlinkat(at, file->temporary, 0);
            file->place = PLACE_TARGET;
            return FOVEA_OK;
        }
    }
    return errno == EEXIST ? refuse(file, err)
                           : failed(file, "cannot be renamed into place", err);
}

/* Keep others who expect something from exchanging in this folder: three of them, each
   of whom puts back what he took by mistake, could put back each other's. Best effort:
   where no lock is to be had, or who has it is stopped, it is done without. */
static void
lock_folder(const struct fovea_atomic_file *file)
{
    enum {
        TRIES = 1000,
        PAUSE_MS = 1 /* a lock has no time-out of its own */
    };
    for (int i = 0; i < TRIES && flock(file->directory_fd, LOCK_EX | LOCK_NB) &&
            (errno == EWOULDBLOCK || errno == EINTR);
            i++) {
        (void)poll(NULL, 0, PAUSE_MS);
    }
}

/* Put it under the target's name, keeping what stood there, if it can. */
static enum fovea_status
publish_over(struct fovea_atomic_file *file, struct fovea_error *err)
{
    int at = file->directory_fd;
    if (file->expects && !is_expected(file, file->name)) {
        return publish_new(file, err);
    }
    if (renameat2(at, file->temporary, at, file->name, RENAME_EXCHANGE) == 0) {
        if (file->expects && !is_expected(file, file->temporary)) {
            /* It came between the look and the exchange. */
            (void)renameat2(at, file->temporary, at, file->name,
                    RENAME_EXCHANGE);
            return refuse(file, err);
        }
        file->place = PLACE_EXCHANGED;
        return FOVEA_OK;
    }
    /* Nothing to exchange with, or a file system that cannot. */
    if (renameat(at, file->temporary, at, file->name)) {
        return failed(file, "cannot be renamed into place", err);
    }
    file->place = PLACE_TARGET;
    return FOVEA_OK;
}

static enum fovea_status
publish(struct fovea_atomic_file *file, struct fovea_error *err)
{
    if (file->expects) {
        lock_folder(file);
    }
    enum fovea_status status = publish_over(file, err);
    if (file->expects) {
        (void)flock(file->directory_fd, LOCK_UN);
    }
    return status;
}

/* Undo publish as well as it can be undone. What cannot be put back stays
   under its temporary name: the old content is never deleted here. */
static void
withdraw(struct fovea_atomic_file *file)
{
    int at = file->directory_fd;
    if (file->place == PLACE_TARGET) {
        (void)unlinkat(at, file->name, 0);
        file->place = PLACE_NAMELESS;
        return;
    }
    file->place = PLACE_TEMPORARY;
    if (renameat2(at, file->temporary, at, file->name, RENAME_EXCHANGE)) {
        (void)renameat(at, file->temporary, at, file->name);
        file->place = PLACE_NAMELESS;
    }
}

static enum fovea_status
sync_directory(const struct fovea_atomic_file *file, struct fovea_error *err)
{
    /* Some file systems have no such thing as syncing a directory. */
    if (fsync(file->directory_fd) && errno != EINVAL) {
        return failed(file, "its directory cannot be written to the disk", err);
    }
    return FOVEA_OK;
}

/* Close and free; drops whatever has the temporary name. */
static void
finish(struct fovea_atomic_file *file)
{
    bool has_temporary =
            file->place == PLACE_TEMPORARY || file->place == PLACE_EXCHANGED;
    if (has_temporary) {
        (void)unlinkat(file->directory_fd, file->temporary, 0);
    }
    if (file->fd >= 0) {
        (void)close(file->fd);
    }
    if (file->directory_fd >= 0) {
        (void)close(file->directory_fd);
    }
    free(file->path);
    *file = (struct fovea_atomic_file)FOVEA_ATOMIC_FILE_INIT;
}

enum fovea_status
fovea_atomic_files_commit(struct fovea_atomic_file *const *files, size_t n,
        struct fovea_error *err)
{
    enum fovea_status status = FOVEA_OK;
    for (size_t i = 0; i < n && !status; i++) {
        status = prepare(files[i], err);
    }
    size_t n_published = 0;
    while (n_published < n && !status) {
        status = publish(files[n_published], err);
        n_published += !status;
    }
    for (size_t i = 0; i < n && !status; i++) {
        status = sync_directory(files[i], err);
    }
    if (status) {
        while (n_published > 0) {
            withdraw(files[--n_published]);
        }
        return status;
    }
    for (size_t i = 0; i < n; i++) {
        finish(files[i]);
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_atomic_file_commit(struct fovea_atomic_file *file,
        struct fovea_error *err)
{
    return fovea_atomic_files_commit(&file, 1, err);
}

void
fovea_atomic_file_abandon(struct fovea_atomic_file *file)
{
    if (file) {
        finish(file);
    }
}
