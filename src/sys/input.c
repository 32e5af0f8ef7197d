/* Inputs: see input.h. */
#include "sys/input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"

static enum fovea_status
open_failed(const char *path, int error, struct fovea_error *err)
{
    if (error == ENOENT && !path[0]) {
        return fovea_fail(err, FOVEA_ERR_FILE_NOT_FOUND, "the name is empty");
    }
    if (error == ENOENT && strstr(path, "://")) {
        return fovea_fail(err, FOVEA_ERR_FILE_NOT_FOUND,
                "%.120s: no such file, and of URLs only http://, https:// and "
                "s3:// are fetched",
                path);
    }
    switch (error) {
    case ENOENT:
    case ENOTDIR:
        return fovea_fail_errno(err, FOVEA_ERR_FILE_NOT_FOUND, error, "%s",
                path);
    case EACCES:
    case EPERM:
        return fovea_fail_errno(err, FOVEA_ERR_FILE_DENIED, error, "%s", path);
    case ENXIO: /* a FIFO or socket without a peer */
        return fovea_fail(err, FOVEA_ERR_NOT_A_FILE,
                "%.200s: not a regular file", path);
    default:
        return fovea_fail_errno(err, FOVEA_ERR_IO, error, "%s", path);
    }
}

enum fovea_status
fovea_input_open_file(const char *path, struct fovea_input *input_out,
        struct fovea_error *err)
{
    /* O_NONBLOCK: a FIFO must not hang the open; no effect on files. */
    FOVEA_AUTO_FD int fd =
            open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) {
        return open_failed(path, errno, err);
    }
    struct stat info;
    if (fstat(fd, &info)) {
        return fovea_fail_errno(err, FOVEA_ERR_IO, errno, "%s", path);
    }
    if (!S_ISREG(info.st_mode)) {
        return fovea_fail(err, FOVEA_ERR_NOT_A_FILE, "%.200s: %s", path,
                S_ISDIR(info.st_mode) ? "is a directory"
                                      : "not a regular file");
    }
    *input_out = (struct fovea_input){
        .fd = fd,
        .size = (uint64_t)info.st_size,
    };
    fd = -1;
    return FOVEA_OK;
}

void
fovea_input_from_memory(const void *bytes, size_t size,
        struct fovea_input *input_out)
{
    *input_out = (struct fovea_input){
        .fd = -1,
        .bytes = bytes,
        .size = size,
    };
}

void
fovea_input_window(const struct fovea_input *whole, uint64_t offset,
        uint64_t size, struct fovea_input *input_out)
{
    uint64_t at = offset < whole->size ? offset : whole->size;
    uint64_t left = whole->size - at;
    *input_out = (struct fovea_input){
        .fd = whole->bytes ? -1 : whole->fd,
        .borrows_fd = true,
        .bytes = whole->bytes ? (const uint8_t *)whole->bytes + at : NULL,
        .start = whole->start + at,
        .size = size < left ? size : left,
    };
}

void
fovea_input_finish(struct fovea_input *input)
{
    if (!input) {
        return;
    }
    if (input->fd >= 0 && !input->borrows_fd) {
        (void)close(input->fd);
    }
    free(input->owned);
    *input = (struct fovea_input)FOVEA_INPUT_INIT;
}

static enum fovea_status
read_file(int fd, uint64_t offset, uint8_t *buffer, size_t size, size_t *n_out,
        struct fovea_error *err)
{
    size_t done = 0;
    while (done < size) {
        ssize_t n =
                pread(fd, buffer + done, size - done, (off_t)(offset + done));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return fovea_fail_errno(err, FOVEA_ERR_IO, errno,
                    "cannot read the file");
        }
        if (n == 0) {
            break;
        }
        done += (size_t)n;
    }
    *n_out = done;
    return FOVEA_OK;
}

enum fovea_status
fovea_input_read(const struct fovea_input *input, uint64_t offset, void *buffer,
        size_t size, size_t *n_out, struct fovea_error *err)
{
    if (offset >= input->size) {
        *n_out = 0;
        return FOVEA_OK;
    }
    uint64_t left = input->size - offset;
    size_t wanted = size < left ? size : (size_t)left;
    if (!input->bytes) {
        return read_file(input->fd, input->start + offset, buffer, wanted,
                n_out, err);
    }
    memcpy(buffer, (const uint8_t *)input->bytes + offset, wanted);
    *n_out = wanted;
    return FOVEA_OK;
}

enum fovea_status
fovea_input_load(struct fovea_input *input, const uint8_t **bytes_out,
        size_t *size_out, struct fovea_error *err)
{
    if (!input->bytes && input->size > 0) {
        size_t size = (size_t)input->size;
        FOVEA_AUTO_FREE uint8_t *memory = malloc(size);
        if (!memory) {
            return fovea_fail_memory(err, size, "the file");
        }
        size_t n = 0;
        enum fovea_status status =
                read_file(input->fd, input->start, memory, size, &n, err);
        if (status) {
            return status;
        }
        if (n < size) {
            return fovea_fail(err, FOVEA_ERR_IMAGE_TRUNCATED,
                    "the file became shorter while it was read");
        }
        input->owned = FOVEA_TAKE(memory);
        input->bytes = input->owned;
    }
    *bytes_out = input->bytes;
    *size_out = (size_t)input->size;
    return FOVEA_OK;
}
