/* See pair_list.h. */
#include "find/pair_list.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "sys/file_status.h"

enum fovea_status
fovea_pair_list_init(struct fovea_pair_list *list, const char *folder,
        size_t capacity, struct fovea_error *err)
{
    *list = (struct fovea_pair_list){
        .folder = folder,
        .capacity = capacity,
        .pairs = calloc(capacity, sizeof *list->pairs),
        .fd = -1,
    };
    return list->pairs ? FOVEA_OK
                       : fovea_fail_memory(err, capacity * sizeof *list->pairs,
                                 "the pairs");
}

void
fovea_pair_list_finish(struct fovea_pair_list *list)
{
    free(list->pairs);
    free(list->read);
    if (list->fd >= 0) {
        (void)close(list->fd);
    }
}

static enum fovea_status
fail(const struct fovea_pair_list *list, const char *what,
        struct fovea_error *err)
{
    int number = errno;
    return fovea_fail_errno(err, fovea_file_status(number), number,
            "cannot %s a temporary file for pairs in %s (TMPDIR names another "
            "folder)",
            what, list->folder);
}

/* Without a name from the start where the file system can do that. */
static enum fovea_status
open_file(struct fovea_pair_list *list, struct fovea_error *err)
{
    char path[PATH_MAX];
    list->fd = open(list->folder, O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC,
            S_IRUSR | S_IWUSR);
    if (list->fd < 0) {
        int size = snprintf(path, sizeof path, "%s/fovea-pairs-XXXXXX",
                list->folder);
        list->fd = size < (int)sizeof path ? mkostemp(path, O_CLOEXEC) : -1;
        if (list->fd >= 0) {
            (void)unlink(path);
        }
    }
    return list->fd < 0 ? fail(list, "make", err) : FOVEA_OK;
}

/* Move what is in memory to the end of the file. */
static enum fovea_status
spill(struct fovea_pair_list *list, struct fovea_error *err)
{
    enum fovea_status status = list->fd < 0 ? open_file(list, err) : FOVEA_OK;
    const char *bytes = (const char *)list->pairs;
    size_t left = list->n * sizeof *list->pairs;
    while (!status && left > 0) {
        ssize_t n = write(list->fd, bytes, left);
        if (n < 0 && errno != EINTR) {
            status = fail(list, "write", err);
        } else if (n > 0) {
            bytes += n;
            left -= (size_t)n;
        }
    }
    if (!status) {
        list->n_in_file += list->n;
        list->n = 0;
    }
    return status;
}

enum fovea_status
fovea_pair_list_add(struct fovea_pair_list *list,
        const struct fovea_row_pair *pair, struct fovea_error *err)
{
    if (list->n == list->capacity) {
        enum fovea_status status = spill(list, err);
        if (status) {
            return status;
        }
    }
    list->pairs[list->n++] = *pair;
    return FOVEA_OK;
}

/* The block of the file that begins with its pair `first`, of n. */
static enum fovea_status
read_block(struct fovea_pair_list *list, uint64_t first, size_t n,
        struct fovea_error *err)
{
    char *bytes = (char *)list->read;
    size_t left = n * sizeof *list->read;
    off_t at = (off_t)(first * sizeof *list->read);
    while (left > 0) {
        ssize_t got = pread(list->fd, bytes, left, at);
        if (got == 0 || (got < 0 && errno != EINTR)) {
            errno = got == 0 ? EIO : errno;
            return fail(list, "read", err);
        }
        if (got > 0) {
            bytes += got;
            at += got;
            left -= (size_t)got;
        }
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_pair_list_each(struct fovea_pair_list *list,
        void (*see)(void *context, const struct fovea_row_pair *pair),
        void *context, struct fovea_error *err)
{
    if (list->n_in_file > 0 && !list->read) {
        list->read = calloc(list->capacity, sizeof *list->read);
        if (!list->read) {
            return fovea_fail_memory(err, list->capacity * sizeof *list->read,
                    "the pairs");
        }
    }
    /* Whole blocks went to the file. */
    for (uint64_t first = 0; first < list->n_in_file; first += list->capacity) {
        enum fovea_status status = read_block(list, first, list->capacity, err);
        for (size_t i = 0; i < list->capacity && !status; i++) {
            see(context, &list->read[i]);
        }
        if (status) {
            return status;
        }
    }
    for (size_t i = 0; i < list->n; i++) {
        see(context, &list->pairs[i]);
    }
    return FOVEA_OK;
}
