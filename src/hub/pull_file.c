/*
 * One file of a model: asked about, fetched beside its place, checked, named.
 *
 * What is under blobs/<etag> is whole and good; until then the bytes stand in
 * blobs/<etag>.incomplete, where the next try goes on. A lock, the same one
 * that huggingface_hub takes, keeps two processes from writing one file.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/error.h"
#include "hub/pull_state.h"
#include "sys/file_status.h"

#define LOCK_PAUSE_NS (100 * FOVEA_NS_PER_MS)

/* A file's paths; owned. */
struct paths {
    char *blob;
    char *incomplete;
    char *lock;
    char *pointer; /* in the snapshot */
    char *target;  /* of the link there: relative */
};

static void
paths_finish(struct paths *paths)
{
    free(paths->blob);
    free(paths->incomplete);
    free(paths->lock);
    free(paths->pointer);
    free(paths->target);
}

static enum fovea_status
make_paths(const struct fovea_pull_state *pull, const char *name,
        const char *etag, struct paths *paths_out, struct fovea_error *err)
{
    *paths_out = (struct paths){
        .blob = fovea_place_join(pull->repository, "/blobs/", etag),
        .pointer = fovea_place_join(pull->snapshot, "/", name),
        .target = fovea_place_join("../../blobs/", etag, ""),
    };
    FOVEA_AUTO_FREE char *lock = fovea_place_join(pull->locks, "/", etag);
    if (lock && paths_out->blob) {
        paths_out->lock = fovea_place_join(lock, ".lock", "");
        paths_out->incomplete =
                fovea_place_join(paths_out->blob, ".incomplete", "");
    }
    if (!paths_out->lock || !paths_out->incomplete || !paths_out->pointer ||
            !paths_out->target) {
        (void)fovea_fail_memory(err, PATH_MAX, "a path");
        return FOVEA_ERR_NO_MEMORY;
    }
    return FOVEA_OK;
}

static bool
is_file(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

/* The failure of a system call on a path: errno. */
static enum fovea_status
fail_with(const char *path, const char *what, struct fovea_error *err)
{
    int error = errno;
    return fovea_fail_errno(err, fovea_file_status(error), error, "%s: %s",
            path, what);
}

/* The link in the snapshot; one that leads nowhere is replaced. */
static enum fovea_status
link_blob(const struct paths *paths, struct fovea_error *err)
{
    for (int n_left = 2; n_left > 0; n_left--) {
        if (symlink(paths->target, paths->pointer) == 0 ||
                (errno == EEXIST && is_file(paths->pointer))) {
            return FOVEA_OK;
        }
        if (errno != EEXIST || (unlink(paths->pointer) && errno != ENOENT)) {
            break;
        }
    }
    return fail_with(paths->pointer, "cannot make this link", err);
}

/* Wait for whoever fetches the same file. The lock ends with the descriptor. */
static enum fovea_status
take_lock(struct fovea_hub *hub, const char *path, int *fd_out,
        struct fovea_error *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) {
        return fail_with(path, "cannot open this lock", err);
    }
    *fd_out = fd;
    while (flock(fd, LOCK_EX | LOCK_NB)) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
            return fail_with(path, "cannot take this lock", err);
        }
        enum fovea_status status = fovea_hub_pause(hub, LOCK_PAUSE_NS, err);
        if (status) {
            return status;
        }
    }
    return FOVEA_OK;
}

/* How much of the file an earlier try left. More than all is nothing. */
static enum fovea_status
open_incomplete(const char *path, uint64_t total, int *fd_out,
        uint64_t *have_out, struct fovea_error *err)
{
    struct stat info;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd < 0) {
        return fail_with(path, "cannot open this file", err);
    }
    *fd_out = fd;
    if (fstat(fd, &info)) {
        return fail_with(path, "cannot see its size", err);
    }
    uint64_t have = (uint64_t)info.st_size;
    if (have > 0 && (!total || have > total)) {
        have = 0;
        if (ftruncate(fd, 0)) {
            return fail_with(path, "cannot begin anew", err);
        }
    }
    *have_out = have;
    return FOVEA_OK;
}

/* Some file systems say only when a file is closed that it could not be
   written. False, with errno. */
static bool
finish_writing(int *fd)
{
    bool is_written = fsync(*fd) == 0;
    int taken = *fd;
    *fd = -1;
    if (!is_written) {
        int error = errno;
        (void)close(taken);
        errno = error;
        return false;
    }
    return close(taken) == 0;
}

/* Under the lock. */
static enum fovea_status
fetch_blob(struct fovea_pull_state *pull, const char *url_path,
        const struct paths *paths, const struct fovea_hub_answer *answer,
        struct fovea_error *err)
{
    struct fovea_hub *hub = &pull->hub;
    FOVEA_AUTO_FD int fd = -1;
    uint64_t have = 0;
    enum fovea_status status =
            open_incomplete(paths->incomplete, answer->size, &fd, &have, err);
    if (!status && (!answer->size || have < answer->size)) {
        status = fovea_hub_download(hub, url_path, fd, have, answer->size, err);
    }
    if (!status) {
        status = fovea_pull_check(hub, fd, answer, err);
    }
    if (status == FOVEA_ERR_FETCH_CHECKSUM) {
        (void)unlink(paths->incomplete);
    }
    if (status) {
        return status;
    }
    if (!finish_writing(&fd) || rename(paths->incomplete, paths->blob)) {
        return fail_with(paths->blob, "cannot give the file its name", err);
    }
    return fovea_hub_show_done(hub, err);
}

static enum fovea_status
bring_blob(struct fovea_pull_state *pull, const char *url_path,
        const struct paths *paths, const struct fovea_hub_answer *answer,
        struct fovea_error *err)
{
    FOVEA_AUTO_FD int lock = -1;
    if (is_file(paths->blob)) {
        return FOVEA_OK;
    }
    enum fovea_status status = take_lock(&pull->hub, paths->lock, &lock, err);
    if (status || is_file(paths->blob)) {
        return status;
    }
    return fetch_blob(pull, url_path, paths, answer, err);
}

static enum fovea_status
ask(struct fovea_pull_state *pull, const char *url_path, const char *name,
        struct fovea_hub_answer *answer, struct fovea_error *err)
{
    enum fovea_status status =
            fovea_hub_head(&pull->hub, url_path, answer, err);
    if (status) {
        return status;
    }
    if (!answer->etag[0]) {
        return fovea_fail(err, FOVEA_ERR_FETCH_STATUS,
                "%.100s does not say which file %s is (no ETag)",
                pull->hub.url.host, name);
    }
    if (answer->commit[0] && strcmp(answer->commit, pull->commit) != 0) {
        return fovea_fail(err, FOVEA_ERR_FETCH_STATUS,
                "%.100s gives %s of another commit than asked for",
                pull->hub.url.host, name);
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_pull_file(struct fovea_pull_state *pull, const char *name,
        struct fovea_error *err)
{
    FOVEA_AUTO_FREE char *pointer = fovea_place_join(pull->snapshot, "/", name);
    FOVEA_AUTO_FREE char *start =
            fovea_place_join("/", pull->hub.key, "/resolve/");
    FOVEA_AUTO_FREE char *folder =
            start ? fovea_place_join(start, pull->commit, "/") : NULL;
    FOVEA_AUTO_FREE char *url_path =
            folder ? fovea_place_join(folder, name, "") : NULL;
    if (!pointer || !url_path) {
        return fovea_fail_memory(err, PATH_MAX, "a path");
    }
    if (is_file(pointer)) {
        return FOVEA_OK;
    }
    struct fovea_hub_answer answer = { .code = 0 };
    pull->hub.file = name;
    pull->hub.have = 0;
    pull->hub.n_total = 0;
    enum fovea_status status = ask(pull, url_path, name, &answer, err);
    if (status) {
        return status;
    }
    pull->hub.n_total = answer.size;
    FOVEA_AUTO(paths_finish) struct paths paths = { 0 };
    status = make_paths(pull, name, answer.etag, &paths, err);
    if (!status) {
        status = bring_blob(pull, url_path, &paths, &answer, err);
    }
    return status ? status : link_blob(&paths, err);
}
